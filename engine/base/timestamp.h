/*
 * Points in time in the proleptic Gregorian calendar, years 1 to 9999: the calendar, and the forms
 * of text that can be read in one way only.  time_format.h has the forms that need a decision.
 *
 *     struct instant at;
 *     if (instant_parse("Nov 22, 2026 10:04 AM", 21, &at))
 *         instant_format(text, at);       // "2026-11-22T10:04:00Z"
 *
 * An instant is exact to the nanosecond.  Features are computed from its microseconds alone; events
 * are ordered by instant_compare.
 */
#ifndef TRIAGE_TIMESTAMP_H
#define TRIAGE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_SIZE = 40 }; /* bytes that instant_format and timestamp_format need */

/*
 * us: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
 *
 * rank: the order within the microsecond, in nanoseconds: 0 to 999, and from -999 for a number of
 * seconds that was rounded up.  A leap second (":60") has the last microsecond of second 59 and the
 * rank LEAP_SECOND + its nanoseconds, so it is later than all of second 59 and earlier than the
 * next minute.
 */
struct instant {
    int64_t us;
    int32_t rank;
};

#define LEAP_SECOND 1000

/* Negative, zero or positive: a is earlier than, the same as or later than b. */
static inline int instant_compare(struct instant a, struct instant b)
{
    if (a.us != b.us)
        return a.us < b.us ? -1 : 1;
    return (a.rank > b.rank) - (a.rank < b.rank);
}

/* Something with a time, for the sort below: index says what. */
struct timed_index {
    struct instant time;
    uint32_t index;
};

/* Sort by time; items of equal time by index.  The indices are different. */
void timed_index_sort(struct timed_index *items, size_t count);

/*
 * Read a text that can mean only one time; false, and *instant unchanged, when it is anything else.
 * Blanks around it are ignored.
 *
 *   date   2026-11-22, 2026/11/22, 2026.11.22 (one digit for month and day is enough);
 *          2026-Nov-22, 22 Nov 2026, 22/Nov/2026, Nov 22, 2026, November 22nd 2026, and each after
 *          the name of a weekday, which must be the right one; 20261122 before a T
 *   T, t, blanks, a comma, "at", or ":" after 22/Nov/2026
 *   time   10:04, 10:04:00, 10:04:00.123456789 or with a decimal comma, each with AM or PM;
 *          100400 after 20261122T; second 60 is a leap second
 *   zone   Z, UTC, GMT, +01:00, +0100, +01, GMT+0100 and a comment in parentheses after a number;
 *          a blank may precede it; UTC when there is none
 *
 * Also "Sun Nov 22 10:04:00 UTC 2026", as the programs date and ctime print it.  The time of day
 * may be absent: midnight.  Digits after the nanosecond are cut.
 */
bool instant_parse(const char *bytes, size_t length, struct instant *instant);

/* A unit of a number of time since the epoch, in digits after the point of a second. */
enum time_unit { UNIT_SECONDS = 0, UNIT_MILLI = 3, UNIT_MICRO = 6, UNIT_NANO = 9 };

/*
 * Read a decimal number, as JSON or text has it (`1795341840`, `1795341840.25`, `-1.5e3`), as time
 * since the epoch; false when it is not a number or outside the years 1 to 9999.  The microseconds
 * of UNIT_SECONDS are those of timestamp_from_seconds; no digit is lost in comparisons.
 */
bool instant_parse_number(const char *bytes, size_t length, enum time_unit unit,
                          struct instant *instant);

/* In year 1 or 9999: what programs write for "no time".  Other placeholders need the column. */
bool instant_is_placeholder(struct instant instant);

/* "2026-11-22T10:04:00.250000Z", "2016-12-31T23:59:60Z": a fraction of 0, 6 or 9 digits. */
void instant_format(char text[TIMESTAMP_SIZE], struct instant instant);

/*
 * RFC 3339 alone, as microseconds; second 60 is the next minute's second 0.  For callers that do
 * not order events; new code calls instant_parse.
 */
bool timestamp_parse(const char *text, size_t length, int64_t *micros);

/* From seconds since the epoch, rounded to the microsecond; false outside years 0001 to 9999. */
bool timestamp_from_seconds(double seconds, int64_t *micros);

/* "2026-11-22T10:04:00.250000Z"; no fraction when it is zero. */
void timestamp_format(char text[TIMESTAMP_SIZE], int64_t micros);

/* 0 to 23, and 0 (Monday) to 6 (Sunday), both in UTC. */
unsigned timestamp_hour(int64_t micros);
unsigned timestamp_weekday(int64_t micros);

#endif
