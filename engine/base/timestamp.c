/* Reading and writing RFC 3339, and the calendar that both need. */
#include "base/timestamp.h"

#include <stdio.h>

#include "base/digits.h"

/* In microseconds. */
#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z, in seconds. */
#define FIRST_SECOND INT64_C(-62135596800)
#define END_SECOND INT64_C(253402300800)

/* The quotient rounded down, and the remainder: times before 1970 are negative. */
static int64_t divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t modulo(int64_t value, int64_t by)
{
    return value % by + (value % by < 0 ? by : 0);
}

/*
 * Dates to days since 1970-01-01 and back (Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms").  Years begin in March, so that the leap day is their last day.  An era is 400
 * years, which are 146097 days.
 */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = divide(year, 400), year_of_era = modulo(year, 400);
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = divide(days, 146097), day_of_era = modulo(days, 146097);
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year =
        (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

/* A position in the text.  has_failed stays set, so it is checked once, at the end. */
struct cursor {
    const char *next, *end;
    bool has_failed;
};

static bool next_is_one_of(const struct cursor *cursor, const char *characters)
{
    if (cursor->next == cursor->end)
        return false;
    for (; *characters != '\0'; characters++)
        if (*cursor->next == *characters)
            return true;
    return false;
}

static void read_one_of(struct cursor *cursor, const char *characters)
{
    if (next_is_one_of(cursor, characters))
        cursor->next++;
    else
        cursor->has_failed = true;
}

/* Exactly `digits` digits whose value is min to max. */
static int read_number(struct cursor *cursor, int digits, int min, int max)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!next_is_one_of(cursor, "0123456789")) {
            cursor->has_failed = true;
            return min;
        }
        value = value * 10 + (*cursor->next++ - '0');
    }
    if (value < min || value > max) {
        cursor->has_failed = true;
        return min;
    }
    return value;
}

static int64_t read_date(struct cursor *cursor)
{
    int year = read_number(cursor, 4, 1, 9999);
    read_one_of(cursor, "-");
    int month = read_number(cursor, 2, 1, 12);
    read_one_of(cursor, "-");
    int day = read_number(cursor, 2, 1, days_in_month(year, month));
    return days_from_date(year, month, day) * DAY;
}

/* The digits after the point; those after the sixth are ignored. */
static int64_t read_fraction(struct cursor *cursor)
{
    int64_t micros = 0, unit = SECOND;
    do {
        unit /= 10;
        micros += read_number(cursor, 1, 0, 9) * unit;
    } while (next_is_one_of(cursor, "0123456789"));
    return micros;
}

static int64_t read_time(struct cursor *cursor)
{
    int64_t seconds = 3600 * read_number(cursor, 2, 0, 23);
    read_one_of(cursor, ":");
    seconds += 60 * read_number(cursor, 2, 0, 59);
    read_one_of(cursor, ":");
    seconds += read_number(cursor, 2, 0, 60);

    int64_t micros = 0;
    if (next_is_one_of(cursor, ".")) {
        cursor->next++;
        micros = read_fraction(cursor);
    }
    return seconds * SECOND + micros;
}

static int64_t read_offset(struct cursor *cursor)
{
    if (next_is_one_of(cursor, "Zz")) {
        cursor->next++;
        return 0;
    }
    int64_t sign = next_is_one_of(cursor, "-") ? -1 : 1;
    read_one_of(cursor, "+-");
    int64_t minutes = 60 * read_number(cursor, 2, 0, 23);
    read_one_of(cursor, ":");
    minutes += read_number(cursor, 2, 0, 59);
    return sign * minutes * 60 * SECOND;
}

static bool is_in_range(int64_t micros)
{
    return micros >= FIRST_SECOND * SECOND && micros < END_SECOND * SECOND;
}

bool timestamp_parse(const char *text, size_t length, int64_t *micros)
{
    struct cursor cursor = {.next = text, .end = text + length};
    int64_t local = read_date(&cursor);
    read_one_of(&cursor, "Tt ");
    local += read_time(&cursor);
    local -= read_offset(&cursor);

    if (cursor.has_failed || cursor.next != cursor.end || !is_in_range(local))
        return false;
    *micros = local;
    return true;
}

bool timestamp_from_seconds(double seconds, int64_t *micros)
{
    if (!(seconds >= (double)FIRST_SECOND && seconds < (double)END_SECOND))
        return false;
    int64_t whole = (int64_t)seconds;
    whole -= (double)whole > seconds;
    double fraction = seconds - (double)whole; /* exact */
    int64_t sum = whole * SECOND + (int64_t)(fraction * (double)SECOND + 0.5);
    if (!is_in_range(sum))
        return false;
    *micros = sum;
    return true;
}

/* Write the last `digits` digits of value, and the character after. */
static char *write_part(char *out, uint64_t value, int digits, char after)
{
    out = digits_last(out, value, digits);
    *out = after;
    return out + 1;
}

void timestamp_format(char text[TIMESTAMP_SIZE], int64_t micros)
{
    int64_t of_day = modulo(micros, DAY);
    uint64_t seconds = (uint64_t)(of_day / SECOND);
    uint64_t fraction = (uint64_t)(of_day % SECOND);
    int64_t year;
    int month, day;
    date_from_days(divide(micros, DAY), &year, &month, &day);

    char *out = text;
    if (year >= 0 && year <= 9999)
        out = digits_last(out, (uint64_t)year, 4);
    else
        out += snprintf(out, TIMESTAMP_SIZE, "%04lld", (long long)year);
    *out++ = '-';
    out = write_part(out, (uint64_t)month, 2, '-');
    out = write_part(out, (uint64_t)day, 2, 'T');
    out = write_part(out, seconds / 3600, 2, ':');
    out = write_part(out, seconds / 60 % 60, 2, ':');
    out = write_part(out, seconds % 60, 2, fraction != 0 ? '.' : 'Z');
    if (fraction != 0)
        out = write_part(out, fraction, 6, 'Z');
    *out = '\0';
}

unsigned timestamp_hour(int64_t micros)
{
    return (unsigned)(modulo(micros, DAY) / (3600 * SECOND));
}

unsigned timestamp_weekday(int64_t micros)
{
    return (unsigned)modulo(divide(micros, DAY) + 3, 7); /* 1970-01-01 was a Thursday */
}
