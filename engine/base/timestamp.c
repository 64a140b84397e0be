/*
 * Instants: reading and writing them, and the calendar that features need.
 *
 * Nearly every time has its digits where RFC 3339 has them: read_plain reads these at their fixed
 * places.  Everything else is left to time_text.c.
 */
#include "base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/digits.h"
#include "base/time_text.h"

/* In microseconds. */
#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

static bool is_in_range(int64_t micros)
{
    return micros >= CALENDAR_FIRST_SECOND * SECOND &&
           micros < CALENDAR_END_SECOND * SECOND;
}

/* ---- order ---- */

static int compare_timed(const void *a, const void *b)
{
    const struct timed_index *x = a, *y = b;
    int order = instant_compare(x->time, y->time);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static size_t digit_of(const struct timed_index *item, int64_t first, int shift)
{
    return ((uint64_t)item->time.us - (uint64_t)first) >> shift & (DIGITS - 1);
}

/* Sort to `sorted` by one digit of the time since `first`; items of equal digits keep their order. */
static void sort_by_digit(const struct timed_index *items, size_t count, int64_t first,
                          int shift, struct timed_index *sorted)
{
    size_t starts[DIGITS + 1] = {0};
    for (size_t i = 0; i < count; i++)
        starts[digit_of(&items[i], first, shift) + 1]++;
    for (size_t digit = 1; digit < DIGITS; digit++)
        starts[digit] += starts[digit - 1];
    for (size_t i = 0; i < count; i++)
        sorted[starts[digit_of(&items[i], first, shift)]++] = items[i];
}

/* Sort by the microseconds alone, in linear time.  false: no memory. */
static bool sort_by_digits(struct timed_index *items, size_t count)
{
    struct timed_index *other = malloc(count * sizeof *other);
    int64_t first = items[0].time.us, last = first;
    if (!other)
        return false;
    for (size_t i = 1; i < count; i++) {
        first = items[i].time.us < first ? items[i].time.us : first;
        last = items[i].time.us > last ? items[i].time.us : last;
    }
    struct timed_index *from = items, *to = other, *swap;
    for (int shift = 0; shift < 64 && ((uint64_t)last - (uint64_t)first) >> shift != 0;
         shift += DIGIT_BITS) {
        sort_by_digit(from, count, first, shift, to);
        swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
    free(other);
    return true;
}

/* Of items that are sorted by their microseconds: sort those of the same one. */
static void sort_ties(struct timed_index *items, size_t count)
{
    for (size_t begin = 0, end; begin < count; begin = end) {
        bool is_sorted = true;
        for (end = begin + 1; end < count && items[end].time.us == items[begin].time.us;
             end++)
            is_sorted = is_sorted && compare_timed(&items[end - 1], &items[end]) < 0;
        if (!is_sorted)
            qsort(items + begin, end - begin, sizeof *items, compare_timed);
    }
}

void timed_index_sort(struct timed_index *items, size_t count)
{
    enum { FEW = 1000 };
    if (count < FEW || !sort_by_digits(items, count))
        qsort(items, count, sizeof *items, compare_timed);
    else
        sort_ties(items, count);
}

/* ---- texts ---- */

/* The two digits at `at`, or a number above 99. */
static unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

/* Digits from text[20]; returns where they end, or 0 when there are none. */
static size_t read_plain_fraction(const char *text, size_t length, int32_t *nanoseconds)
{
    size_t next = 20;
    int32_t unit = 100000000;
    for (; next < length && text[next] >= '0' && text[next] <= '9'; next++, unit /= 10)
        *nanoseconds += (text[next] - '0') * unit;
    return next == 20 ? 0 : next;
}

/* Nothing, Z, +01:00 or +0100. */
static bool read_plain_zone(const char *text, size_t length, int *offset_minutes)
{
    *offset_minutes = 0;
    if (length == 0 || (length == 1 && *text == 'Z'))
        return true;
    if ((*text != '+' && *text != '-') || (length == 6 ? text[3] != ':' : length != 5))
        return false;
    unsigned hours = two_digits(text + 1), minutes = two_digits(text + length - 2);
    if (hours > 23 || minutes > 59)
        return false;
    *offset_minutes = (*text == '-' ? -1 : 1) * (int)(60 * hours + minutes);
    return true;
}

static bool read_plain_date(const char *text, int64_t *days)
{
    unsigned century = two_digits(text), of_century = two_digits(text + 2);
    unsigned month = two_digits(text + 5), day = two_digits(text + 8);
    if (century > 99 || of_century > 99 || month - 1 > 11 || day == 0)
        return false;
    int year = (int)(100 * century + of_century);
    if (year == 0 || day > (unsigned)calendar_days_in_month(year, (int)month))
        return false;
    *days = calendar_days(year, (int)month, (int)day);
    return true;
}

/*
 * 2026-11-22T10:04:00Z; also with a blank for T, a fraction, an offset, or no zone.  False does not
 * mean that the text is no time.
 */
static bool read_plain(const char *text, size_t length, struct instant *instant)
{
    if (length < 19 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
        return false;
    unsigned hour = two_digits(text + 11), minute = two_digits(text + 14);
    unsigned second = two_digits(text + 17);
    int64_t days;
    if (hour > 23 || minute > 59 || second > 59 || !read_plain_date(text, &days))
        return false;
    int32_t nanoseconds = 0;
    size_t zone = 19;
    if (length > 19 && text[19] == '.')
        zone = read_plain_fraction(text, length, &nanoseconds);
    int offset_minutes;
    if (zone == 0 || !read_plain_zone(text + zone, length - zone, &offset_minutes))
        return false;
    int64_t us = SECOND * (days * 86400 + (int64_t)(3600 * hour + 60 * minute + second) -
                           60 * (int64_t)offset_minutes) +
                 nanoseconds / 1000;
    if (!is_in_range(us))
        return false;
    *instant = (struct instant){.us = us, .rank = nanoseconds % 1000};
    return true;
}

bool instant_parse(const char *bytes, size_t length, struct instant *instant)
{
    if (read_plain(bytes, length, instant))
        return true;
    struct time_parts parts;
    return time_text_read(&parts, bytes, length) == TIME_FINE &&
           parts.order == ORDER_CERTAIN && !parts.is_short_year &&
           time_parts_to_instant(&parts, instant) == TIME_FINE;
}

/* ---- numbers ---- */

enum { SECOND_DIGITS = 12 }; /* at most, within the years 1 to 9999 */

/* Seconds and nanoseconds of a number, rounded down. */
static bool split_number(const struct decimal *number, int unit, int64_t *seconds,
                         int64_t *nanoseconds)
{
    size_t count = number->whole_count + number->fraction_count, first = 0;
    while (first < count && decimal_digit(number, first) == 0)
        first++;
    /* how many digits, leading zeros included, are whole seconds */
    int64_t whole = (int64_t)number->whole_count + number->exponent - unit;
    if (first < count && whole - (int64_t)first > SECOND_DIGITS)
        return false;
    *seconds = *nanoseconds = 0;
    for (int64_t i = (int64_t)first; first < count && i < whole; i++)
        *seconds = 10 * *seconds + decimal_digit(number, (size_t)i);
    for (int64_t i = whole; i < whole + 9; i++)
        *nanoseconds = 10 * *nanoseconds + (i < 0 ? 0 : decimal_digit(number, (size_t)i));
    bool has_more = false;
    for (size_t i = whole + 9 > 0 ? (size_t)(whole + 9) : 0; i < count; i++)
        has_more |= decimal_digit(number, i) != 0;
    if (!number->is_negative)
        return true;
    int64_t total_down = *nanoseconds + has_more;
    *seconds = -*seconds - (total_down > 0);
    *nanoseconds = total_down > 0 ? 1000000000 - total_down : 0;
    return true;
}

/*
 * Seconds below 2^31 with at most 6 digits after the point: their double is nearer than a
 * quarter of a microsecond, so its microseconds are these digits.  False: another number.
 */
static bool read_plain_seconds(const char *text, size_t length, struct instant *instant)
{
    int64_t whole = 0, micros = 0, unit = SECOND;
    size_t next = 0;
    for (; next < length && next < 11 && text[next] >= '0' && text[next] <= '9'; next++)
        whole = 10 * whole + (text[next] - '0');
    if (next == 0 || next > 10 || (next > 1 && *text == '0') || whole > INT32_MAX)
        return false;
    if (next < length && text[next] == '.')
        for (next++; next < length && text[next] >= '0' && text[next] <= '9' && unit > 1;
             next++) {
            unit /= 10;
            micros += unit * (text[next] - '0');
        }
    if (next < length)
        return false;
    *instant = (struct instant){.us = whole * SECOND + micros};
    return true;
}

/*
 * Microseconds of a number of seconds are those of the nearest double, which features have always
 * been computed from; the rank is what the digits add to them or take away.
 */
static bool from_seconds(const struct decimal *number, int64_t seconds,
                         int64_t nanoseconds, struct instant *instant)
{
    double value;
    int64_t us;
    if (!decimal_to_double(number, &value) || !timestamp_from_seconds(value, &us))
        return false;
    int64_t rank =
        (seconds * SECOND + nanoseconds / 1000 - us) * 1000 + nanoseconds % 1000;
    rank = rank < -999 ? -999 : rank > 999 ? 999 : rank;
    *instant = (struct instant){.us = us, .rank = (int32_t)rank};
    return true;
}

bool instant_parse_number(const char *bytes, size_t length, enum time_unit unit,
                          struct instant *instant)
{
    if (unit == UNIT_SECONDS && read_plain_seconds(bytes, length, instant))
        return true;
    struct decimal number;
    int64_t seconds, nanoseconds;
    if (!decimal_scan(&number, bytes, length, '.') ||
        !split_number(&number, (int)unit, &seconds, &nanoseconds))
        return false;
    if (unit == UNIT_SECONDS && !number.is_plain)
        return from_seconds(&number, seconds, nanoseconds, instant);
    int64_t us = seconds * SECOND + nanoseconds / 1000;
    if (!is_in_range(us))
        return false;
    *instant = (struct instant){.us = us, .rank = (int32_t)(nanoseconds % 1000)};
    return true;
}

bool timestamp_from_seconds(double seconds, int64_t *micros)
{
    if (!(seconds >= (double)CALENDAR_FIRST_SECOND &&
          seconds < (double)CALENDAR_END_SECOND))
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

bool instant_is_placeholder(struct instant instant)
{
    /* 0002-01-01 and 9999-01-01 */
    return instant.us < INT64_C(-62104060800) * SECOND ||
           instant.us >= INT64_C(253370764800) * SECOND;
}

/* ---- RFC 3339 alone ---- */

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
    int day = read_number(cursor, 2, 1, calendar_days_in_month(year, month));
    return calendar_days(year, month, day) * DAY;
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

/* ---- writing ---- */

/* Write the last `digits` digits of value, and the character after. */
static char *write_part(char *out, uint64_t value, int digits, char after)
{
    out = digits_last(out, value, digits);
    *out = after;
    return out + 1;
}

/* The date and the hour and minute, and a colon: up to the second. */
static char *write_to_minute(char *text, int64_t micros)
{
    uint64_t minutes = (uint64_t)(calendar_modulo(micros, DAY) / (60 * SECOND));
    int64_t year;
    int month, day;
    calendar_date(calendar_divide(micros, DAY), &year, &month, &day);

    char *out = text;
    if (year >= 0 && year <= 9999)
        out = digits_last(out, (uint64_t)year, 4);
    else
        out += snprintf(out, TIMESTAMP_SIZE, "%04lld", (long long)year);
    *out++ = '-';
    out = write_part(out, (uint64_t)month, 2, '-');
    out = write_part(out, (uint64_t)day, 2, 'T');
    out = write_part(out, minutes / 60, 2, ':');
    return write_part(out, minutes % 60, 2, ':');
}

void timestamp_format(char text[TIMESTAMP_SIZE], int64_t micros)
{
    instant_format(text, (struct instant){.us = micros});
}

void instant_format(char text[TIMESTAMP_SIZE], struct instant instant)
{
    bool is_leap = instant.rank >= LEAP_SECOND;
    if (instant.rank < 0) { /* a number that was rounded up */
        instant.us--;
        instant.rank += 1000;
    }
    uint64_t of_minute = (uint64_t)calendar_modulo(instant.us, 60 * SECOND);
    uint64_t second = is_leap ? 60 : of_minute / SECOND;
    uint64_t nanoseconds = is_leap ? (uint64_t)(instant.rank - LEAP_SECOND)
                                   : of_minute % SECOND * 1000 + (uint64_t)instant.rank;
    char *out = write_to_minute(text, instant.us);
    out = write_part(out, second, 2, nanoseconds != 0 ? '.' : 'Z');
    if (nanoseconds % 1000 != 0)
        out = write_part(out, nanoseconds, 9, 'Z');
    else if (nanoseconds != 0)
        out = write_part(out, nanoseconds / 1000, 6, 'Z');
    *out = '\0';
}

unsigned timestamp_hour(int64_t micros)
{
    return (unsigned)(calendar_modulo(micros, DAY) / (3600 * SECOND));
}

unsigned timestamp_weekday(int64_t micros)
{
    return (unsigned)calendar_modulo(calendar_divide(micros, DAY) + 3,
                                     7); /* 1970-01-01 was a Thursday */
}
