/* The proleptic Gregorian calendar as arithmetic on days since 1970-01-01. */
#ifndef TRIAGE_CALENDAR_H
#define TRIAGE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

/* 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z, in seconds since 1970. */
#define CALENDAR_FIRST_SECOND INT64_C(-62135596800)
#define CALENDAR_END_SECOND INT64_C(253402300800)

/* The quotient rounded down, and the remainder: days and times before 1970 are negative. */
static inline int64_t calendar_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static inline int64_t calendar_modulo(int64_t value, int64_t by)
{
    return value % by + (value % by < 0 ? by : 0);
}

static inline int calendar_days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

/*
 * Dates to days since 1970-01-01 and back (Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms").  Years begin in March, so that the leap day is their last day.  An era is 400
 * years, which are 146097 days.
 */
static inline int64_t calendar_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = calendar_divide(year, 400), year_of_era = calendar_modulo(year, 400);
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static inline void calendar_date(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = calendar_divide(days, 146097),
            day_of_era = calendar_modulo(days, 146097);
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year =
        (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* 0 (Monday) to 6 (Sunday); 1970-01-01 was a Thursday. */
static inline int calendar_weekday(int64_t days)
{
    return (int)calendar_modulo(days + 3, 7);
}

#endif
