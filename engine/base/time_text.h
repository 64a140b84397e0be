/*
 * The parts of a time as written: what a text says, before it is known whether 1/2/2026 begins with
 * the day or the month.  For timestamp.c, time_format.c and time_column.c.
 */
#ifndef TRIAGE_TIME_TEXT_H
#define TRIAGE_TIME_TEXT_H

#include "base/timestamp.h"

/* How day and month are written. */
enum time_order {
    ORDER_CERTAIN,     /* year first, or with the name of the month */
    ORDER_DAY_OR_MONTH /* 1/2/2026: `day` is the first number and `month` the second */
};

struct time_parts {
    int year, month, day;
    int hour, minute, second; /* second 60 is a leap second */
    int32_t nanoseconds;
    int offset_minutes; /* of the zone, east of Greenwich */
    int weekday;        /* 0 (Monday) to 6; -1: none is named */
    enum time_order order;
    char separator;     /* between the numbers of the date */
    bool is_short_year; /* two digits */
    bool is_named;      /* the month has a name */
    bool is_month_before_day;
    bool has_clock, has_seconds, has_half; /* half: AM or PM */
    bool has_zone;
};

/* What is wrong with a text. */
enum time_problem {
    TIME_FINE,
    TIME_NO_TIME,      /* not the form of a time */
    TIME_NO_DATE,      /* 10:04:00 */
    TIME_NO_YEAR,      /* Nov 22 10:04:00 */
    TIME_WEEK_DATE,    /* 2026-W47-7 */
    TIME_DAY_OF_YEAR,  /* 2026-327 */
    TIME_ZERO_DATE,    /* 0000-00-00 */
    TIME_BAD_MONTH,    /* month 13 */
    TIME_BAD_DAY,      /* 30 February */
    TIME_BAD_CLOCK,    /* 25:00, 10:61, 13 PM */
    TIME_HOUR_24,      /* 24:00 */
    TIME_BAD_WEEKDAY,  /* Monday, 22 November 2026 */
    TIME_BAD_OFFSET,   /* +24:00, +1 */
    TIME_ZONE_NAME,    /* 10:04 CET */
    TIME_ZONE_BRACKET, /* 10:04+01:00[Europe/Berlin] */
    TIME_OUT_OF_RANGE  /* before year 1 or after year 9999, as written or in UTC */
};

/*
 * Read the parts of a text that is a time in any form, blanks around it apart.  parts is set as far
 * as the text was understood.  Month and day are not checked: the caller may have to swap them.
 */
enum time_problem time_text_read(struct time_parts *parts, const char *bytes,
                                 size_t length);

/* Is the text a time of day, or a duration of less than a day: 10:04, 10:04:00.25, 10:04 AM? */
bool time_text_is_clock(const char *bytes, size_t length);

/*
 * Is the text a time zone: +01:00, CET, Europe/Berlin?  *is_utc: it is UTC by any of its names.
 */
bool time_text_is_zone(const char *bytes, size_t length, bool *is_utc);

/*
 * Does a text that time_text_read refuses because of `problem` look like the time of an event, with a
 * time of day?
 */
bool time_text_is_near(enum time_problem problem, const char *bytes, size_t length);

/* The instant of parts with an order that is certain. */
enum time_problem time_parts_to_instant(const struct time_parts *parts,
                                        struct instant *instant);

/* ---- for the patterns of time_format.c ---- */

struct time_cursor {
    const char *next, *end;
};

/* Each moves past what it reads, and returns false when there is something else. */
bool time_take(struct time_cursor *cursor, char c);
bool time_take_blanks(struct time_cursor *cursor); /* one or more */
bool time_take_number(struct time_cursor *cursor, int min_digits, int max_digits,
                      int *number);
bool time_take_month(struct time_cursor *cursor, int *month);
bool time_take_weekday(struct time_cursor *cursor, int *weekday);
bool time_take_half(struct time_cursor *cursor, bool *is_pm);
/* Digits; those after the ninth are cut. */
bool time_take_nanoseconds(struct time_cursor *cursor, int32_t *nanoseconds);
/* Z, UTC, GMT, +01:00, +0100, +01. */
enum time_problem time_take_zone(struct time_cursor *cursor, int *offset_minutes);

/* "November"; month is 1 to 12. */
const char *time_month_name(int month);
const char *time_weekday_name(int weekday);

#endif
