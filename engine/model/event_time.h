/*
 * The time of an event, from its JSON value: a string or a number, in the format of the schema.
 *
 * The times of a history are mostly of one day and written as 2026-11-22T10:04:00Z.  These are read
 * with one computation of the date; the result is always that of time_format_read.
 */
#ifndef TRIAGE_EVENT_TIME_H
#define TRIAGE_EVENT_TIME_H

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/json_reader.h"
#include "base/time_format.h"
#include "base/timestamp.h"

enum { DATE_BYTES = 11 /* 2026-11-22T */ };

struct event_time {
    struct time_format format;
    char date[DATE_BYTES]; /* the date that the last plain time began with */
    int64_t date_us;       /* of its midnight, in UTC */
};

/* Parts of event_time_read. */
bool event_time_begin_day(struct event_time *times, struct span text, int second,
                          struct instant *time);
bool event_time_read_other(const struct event_time *times, const struct json_value *value,
                           bool is_golden, struct instant *time);

/* The two digits at `at`, or a number above 99. */
static inline unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

/* The seconds of the day of 2026-11-22T10:04:00Z; -1 if the text has another form. */
static inline int second_of_day(struct span text)
{
    if (text.length != DATE_BYTES + 9)
        return -1;
    const char *at = text.bytes + DATE_BYTES;
    unsigned hour = two_digits(at), minute = two_digits(at + 3);
    unsigned second = two_digits(at + 6);
    bool is_plain = hour < 24 && minute < 60 && second < 60 && at[-1] == 'T' &&
                    at[2] == ':' && at[5] == ':' && at[8] == 'Z';
    return is_plain ? (int)(3600 * hour + 60 * minute + second) : -1;
}

/*
 * 2026-11-22T10:04:00Z, as instant_parse reads it, but the date is computed once for all times of a
 * day.  false: it may be a time in another form.
 */
static inline bool read_plain_time(struct event_time *times, struct span text,
                                   struct instant *time)
{
    int second = second_of_day(text);
    if (second < 0)
        return false;
    if (memcmp(text.bytes, times->date, DATE_BYTES) != 0)
        return event_time_begin_day(times, text, second, time);
    *time = (struct instant){.us = times->date_us + second * (int64_t)1000000};
    return true;
}

/* Does the value mean a time?  A golden one has any number of seconds. */
static inline bool event_time_read(struct event_time *times,
                                   const struct json_value *value, bool is_golden,
                                   struct instant *time)
{
    if (value->type == JSON_IS_STRING && times->format.kind == TIME_AUTO && !is_golden &&
        read_plain_time(times, value->text, time))
        return true;
    return event_time_read_other(times, value, is_golden, time);
}

/* Why the value is no time, as text and expected of *reason. */
void event_time_refusal(const struct event_time *times, const struct json_value *value,
                        struct error *reason);

#endif
