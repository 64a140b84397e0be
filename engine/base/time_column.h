/*
 * Does a column hold times, and in which format?
 *
 *     struct time_column column;
 *     time_column_init(&column, &format);               // TIME_FORMAT_DEFAULT, or as the user said
 *     time_column_add(&column, line, bytes, length);    // every cell, texts and numbers alike
 *     time_column_merge(&column, &of_another_thread);
 *     time_column_decide(&column, &decision);
 *
 * The decision depends on the cells and their places only, not on their order nor on how they were
 * split among threads.  A column of numbers is taken for times only if all of it can be: one
 * plausible era, not years, not 5-digit serial days.  Missing cells (value.h) are only counted.
 */
#ifndef TRIAGE_TIME_COLUMN_H
#define TRIAGE_TIME_COLUMN_H

#include "base/first_cell.h"
#include "base/time_format.h"

enum { TIME_EXTREMES = 4, TIME_DECISION_SIZE = 256 };

struct time_extreme {
    double key; /* seconds since the epoch, or the number as written */
    struct first_cell cell;
};

/* The lowest and the highest different values, from the outermost inwards. */
struct time_extremes {
    struct time_extreme low[TIME_EXTREMES], high[TIME_EXTREMES];
    unsigned low_count, high_count;
};

/* How a cell can be read, beside its value. */
enum time_cell_kind {
    CELL_MISSING,     /* value_is_missing */
    CELL_TIME,        /* by instant_parse, or by the format that was given */
    CELL_NUMBER,      /* a number, in the format auto */
    CELL_DAY_MONTH,   /* 1/2/2026: day first or month first */
    CELL_DAY_FIRST,   /* 22/11/2026 */
    CELL_MONTH_FIRST, /* 11/22/2026 */
    CELL_SHORT_YEAR,  /* 22/11/26, 22/Nov/26 */
    CELL_ZERO_DATE,   /* 0000-00-00, "infinity": placeholders that are not times */
    CELL_NEAR,        /* a time in a form that is not read: 2026-11-22 10:04 CET */
    CELL_CLOCK,       /* 10:04:00: a time of day, or a duration */
    CELL_OTHER,       /* anything else */
    CELL_KINDS
};

/* The members are for time_column.c. */
struct time_column {
    struct time_format format;
    struct first_cell kinds[CELL_KINDS];
    struct first_cell without_zone, with_zone; /* of CELL_TIME with a time of day */
    /* Dates, and times at midnight; times of whole hours; numbers that are whole days in these units. */
    struct first_cell midnight, whole_hours, days, days_of_milliseconds;
    struct first_cell given_numbers; /* of CELL_TIME, if the format was given */
    struct first_cell powers;        /* numbers as 1.7E+12 */
    struct first_cell of_unit[4]; /* numbers that are times of our era in s, ms, us, ns */
    /* Of CELL_NUMBER: -12 to 14, which may be hours of a zone. */
    struct first_cell offsets;
    struct first_cell utc_zones, other_zones; /* of CELL_OTHER: +00:00, UTC; CET */
    uint32_t hours;                           /* bit h: a time of day with the hour h */
    /* How the numbers can be read; each count is at most that of CELL_NUMBER. */
    struct first_cell whole, years, serials, compact_days, compact_hours, compact_minutes,
        compact_seconds;
    struct time_extremes times, numbers, day_first, month_first;
};

void time_column_init(struct time_column *column, const struct time_format *format);

/* place orders the cells and comes back in the decision: a line, or any number. */
void time_column_add(struct time_column *column, uint64_t place, const char *bytes,
                     size_t length);

/*
 * Count a text that is a date and time of day, in UTC or without a zone, as instant_parse reads it.
 * It must be neither among the TIME_EXTREMES lowest nor the TIME_EXTREMES highest different times so
 * far.  False, and nothing is counted, if it is the first of its kind: then it must be added.
 */
static inline bool time_column_count(struct time_column *column, uint64_t place,
                                     bool has_zone, int64_t us)
{
    const int64_t hour = INT64_C(3600000000), day = 24 * hour;
    struct first_cell *time = &column->kinds[CELL_TIME];
    struct first_cell *zone = has_zone ? &column->with_zone : &column->without_zone;
    struct first_cell *midnight = &column->midnight, *whole = &column->whole_hours;
    bool is_whole_hour = us % hour == 0, is_midnight = us % day == 0;
    if (time->count == 0 || place < time->place || zone->count == 0 ||
        place < zone->place ||
        (is_midnight && (midnight->count == 0 || place < midnight->place)) ||
        (is_whole_hour && (whole->count == 0 || place < whole->place)))
        return false;
    time->count++;
    zone->count++;
    midnight->count += is_midnight;
    whole->count += is_whole_hour;
    column->hours |= us < 0 ? 1 : UINT32_C(1) << (us % day / hour);
    return true;
}

/* Add the cells of `from`; both must have been initialised with the same format. */
void time_column_merge(struct time_column *column, const struct time_column *from);

enum time_verdict {
    TIME_COLUMN_NOT,   /* not times */
    TIME_COLUMN_TIMES, /* times: the cells alone say so */
    TIME_COLUMN_PERHAPS, /* readable by `format` if the user says that it is the time column */
    TIME_COLUMN_UNREADABLE, /* times, probably, but not readable without a decision */
    TIME_COLUMN_CLOCKS,     /* times of day without a date, or durations */
    TIME_COLUMN_ZONES,      /* time zones, not all UTC */
};

struct time_placeholder {
    struct first_cell cell;
    /* Year 1, year 9999, 1900-01-01, ...; else only far from all other times. */
    bool is_known;
};

struct time_decision {
    enum time_verdict verdict;
    struct time_format format; /* of TIMES and PERHAPS */

    /*
     * The cells may as well be no times at all (numbers): of interest only if the user says that
     * this is the time column.  True of PERHAPS, and of UNREADABLE numbers.
     */
    bool needs_user;

    /* How many cells are not missing, and how many of these `format` reads. */
    uint64_t cells, times;

    /* The first cell that `format` does not read, or the one that text is about; count 0: none. */
    struct first_cell first_bad;

    /*
     * It completes `column "x" ...`: "holds milliseconds since the epoch", or why the column cannot
     * be read, with the flags that decide.  "" when there is nothing to say.
     */
    char text[TIME_DECISION_SIZE];

    /* Of TIMES and PERHAPS, in the same form: what deserves a warning ("lies in 1970", ...); "". */
    char warning[TIME_DECISION_SIZE];

    bool has_dates_only; /* all are dates, or times at midnight */
    double first, last;  /* of TIMES and PERHAPS, in seconds, known placeholders apart */
    bool has_no_zone;    /* there are texts without a zone, which are read as UTC */

    struct time_placeholder placeholders[2 * TIME_EXTREMES + 1];
    unsigned placeholder_count;
};

/*
 * TIMES: at least 99 % of the cells are read as times, placeholders included; if times < cells, some
 * are not.  UNREADABLE: most cells are read as times, or nearly all look like times; `text` names the
 * first cell that is not read.  In a given format, a column of numbers is TIMES only if all are of one
 * era.
 */
void time_column_decide(const struct time_column *column, struct time_decision *decision);

#endif
