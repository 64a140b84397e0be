/*
 * Formats of times: their names and patterns, and reading by them.
 *
 * A cell is first trimmed.  What is a decimal number is read as the format says; everything else as
 * a text.
 */
#include "base/time_format.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/suggest.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "base/value.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* In the order of enum time_format_kind; NULL ends it. */
static const char *const names[] = {"auto",
                                    "seconds",
                                    "milliseconds",
                                    "microseconds",
                                    "nanoseconds",
                                    "excel",
                                    "excel-1904",
                                    "compact",
                                    "day-first",
                                    "month-first",
                                    "relative-milliseconds",
                                    "relative-microseconds",
                                    "relative-nanoseconds",
                                    NULL};

/* ---- the text of a format ---- */

/* What follows % in a pattern, and what each is a part of. */
enum pattern_part {
    PART_YEAR = 1,
    PART_MONTH = 2,
    PART_DAY = 4,
    PART_HOUR = 8,
    PART_HALF = 16, /* AM or PM */
    PART_HOUR_OF_HALF = 32,
    PART_NONE = 64
};

static unsigned parts_of(char letter)
{
    switch (letter) {
    case 'Y':
    case 'y':
        return PART_YEAR;
    case 'm':
    case 'b':
    case 'B':
        return PART_MONTH;
    case 'd':
    case 'e':
        return PART_DAY;
    case 'j':
        return PART_MONTH | PART_DAY;
    case 'F':
    case 'D':
        return PART_YEAR | PART_MONTH | PART_DAY;
    case 's':
        return PART_YEAR | PART_MONTH | PART_DAY | PART_HOUR;
    case 'H':
    case 'T':
    case 'R':
        return PART_HOUR;
    case 'I':
        return PART_HOUR_OF_HALF;
    case 'p':
        return PART_HALF;
    default:
        return letter != '\0' && strchr("MSfzZaA%", letter) ? PART_NONE : 0;
    }
}

static enum status check_pattern(const char *pattern, struct error *err)
{
    unsigned parts = 0;
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c != '%')
            continue;
        c++;
        unsigned more = parts_of(*c);
        if (*c == '\0')
            return error_set(err, STATUS_BAD_OPTION, "",
                             "time format \"%s\" ends with a single %%", pattern);
        if (more == 0) {
            size_t size = utf8_character(c, strlen(c));
            return error_set(err, STATUS_BAD_OPTION, "",
                             "time format \"%s\" has an unknown letter, %%%.*s", pattern,
                             (int)(size > 0 ? size : 1), c);
        }
        parts |= more;
    }
    const char *missing =
        !(parts & PART_YEAR)                                  ? "no year"
        : (parts & PART_DAY) && !(parts & PART_MONTH)         ? "no month"
        : (parts & PART_HOUR_OF_HALF) && !(parts & PART_HALF) ? "%I without %p"
        : (parts & PART_HALF) && !(parts & PART_HOUR_OF_HALF) ? "%p without %I"
                                                              : NULL;
    return missing ? error_set(err, STATUS_BAD_OPTION, "", "time format \"%s\" has %s",
                               pattern, missing)
                   : STATUS_OK;
}

static enum status refuse_name(const char *text, struct error *err)
{
    char phrase[SUGGEST_PHRASE];
    return error_set(
        err, STATUS_BAD_OPTION, "",
        "unknown time format \"%.40s\"%s; it is a name such as day-first or a "
        "pattern such as %%d.%%m.%%Y %%H:%%M",
        text, suggest_phrase(text, names, phrase, sizeof phrase));
}

enum status time_format_parse(struct time_format *format, const char *text,
                              struct error *err)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(text, names[i]) == 0) {
            *format = (struct time_format){.kind = (enum time_format_kind)i};
            return STATUS_OK;
        }
    if (!strchr(text, '%'))
        return refuse_name(text, err);
    if (strlen(text) >= TIME_FORMAT_SIZE)
        return error_set(err, STATUS_BAD_OPTION, "",
                         "time format \"%.40s...\" has more than %d bytes", text,
                         TIME_FORMAT_SIZE - 1);
    RETURN_IF_ERROR(check_pattern(text, err));
    *format = (struct time_format){.kind = TIME_PATTERN};
    memcpy(format->pattern, text, strlen(text));
    return STATUS_OK;
}

const char *time_format_text(const struct time_format *format)
{
    return format->kind == TIME_PATTERN ? format->pattern : names[format->kind];
}

bool time_format_equals(const struct time_format *a, const struct time_format *b)
{
    return a->kind == b->kind &&
           (a->kind != TIME_PATTERN || strcmp(a->pattern, b->pattern) == 0);
}

/* ---- patterns ---- */

/* What a pattern has read, beside the parts. */
struct matched {
    struct time_parts parts;
    bool is_pm, has_half;
    int day_of_year;      /* 0: none */
    bool has_epoch;       /* %s */
    struct instant epoch; /* of has_epoch */
};

/* Decimal digits as seconds since the epoch. */
static bool match_epoch(struct time_cursor *cursor, struct matched *matched)
{
    const char *begin = cursor->next;
    (void)time_take(cursor, '-');
    while (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9')
        cursor->next++;
    matched->has_epoch = instant_parse_number(begin, (size_t)(cursor->next - begin),
                                              UNIT_SECONDS, &matched->epoch);
    return matched->has_epoch;
}

static bool match_pattern(struct time_cursor *cursor, const char *pattern,
                          struct matched *matched);

static bool match_short_year(struct time_cursor *cursor, struct time_parts *parts)
{
    if (!time_take_number(cursor, 2, 2, &parts->year))
        return false;
    parts->year += parts->year < 69 ? 2000 : 1900; /* as POSIX has it */
    return true;
}

static bool match_letter(struct time_cursor *cursor, char letter, struct matched *matched)
{
    struct time_parts *parts = &matched->parts;
    switch (letter) {
    case 'Y':
        return time_take_number(cursor, 4, 4, &parts->year);
    case 'y':
        return match_short_year(cursor, parts);
    case 'm':
        return time_take_number(cursor, 1, 2, &parts->month);
    case 'b':
    case 'B':
        return time_take_month(cursor, &parts->month);
    case 'e':
        (void)time_take_blanks(cursor);
        return time_take_number(cursor, 1, 2, &parts->day);
    case 'd':
        return time_take_number(cursor, 1, 2, &parts->day);
    case 'j':
        return time_take_number(cursor, 3, 3, &matched->day_of_year);
    case 'a':
    case 'A':
        return time_take_weekday(cursor, &parts->weekday);
    case 'H':
    case 'I':
        return time_take_number(cursor, 1, 2, &parts->hour);
    case 'M':
        return time_take_number(cursor, 1, 2, &parts->minute);
    case 'S':
        return time_take_number(cursor, 1, 2, &parts->second);
    case 'f':
        return time_take_nanoseconds(cursor, &parts->nanoseconds);
    case 'p':
        matched->has_half = time_take_half(cursor, &matched->is_pm);
        return matched->has_half;
    case 'z':
    case 'Z':
        return time_take_zone(cursor, &parts->offset_minutes) == TIME_FINE;
    case 's':
        return match_epoch(cursor, matched);
    case 'F':
        return match_pattern(cursor, "%Y-%m-%d", matched);
    case 'D':
        return match_pattern(cursor, "%m/%d/%y", matched);
    case 'T':
        return match_pattern(cursor, "%H:%M:%S", matched);
    case 'R':
        return match_pattern(cursor, "%H:%M", matched);
    default:
        return time_take(cursor, letter); /* %% */
    }
}

static bool match_pattern(struct time_cursor *cursor, const char *pattern,
                          struct matched *matched)
{
    for (; *pattern != '\0'; pattern++) {
        bool is_matched;
        if (*pattern == ' ')
            is_matched = time_take_blanks(cursor) || pattern[1] == ' ';
        else if (*pattern == '%')
            is_matched = match_letter(cursor, *++pattern, matched);
        else
            is_matched = time_take(cursor, *pattern);
        if (!is_matched)
            return false;
    }
    return true;
}

static bool apply_half(struct matched *matched)
{
    struct time_parts *parts = &matched->parts;
    if (!matched->has_half)
        return true;
    if (parts->hour < 1 || parts->hour > 12)
        return false;
    parts->hour = parts->hour % 12 + (matched->is_pm ? 12 : 0);
    return true;
}

static bool apply_day_of_year(struct matched *matched)
{
    struct time_parts *parts = &matched->parts;
    if (matched->day_of_year == 0)
        return true;
    int64_t year;
    calendar_date(calendar_days(parts->year, 1, 1) + matched->day_of_year - 1, &year,
                  &parts->month, &parts->day);
    return year == parts->year;
}

static bool read_by_pattern(const char *pattern, const char *bytes, size_t length,
                            struct instant *instant)
{
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    struct matched matched = {.parts = {.month = 1, .day = 1, .weekday = -1}};
    const struct time_parts *parts = &matched.parts;
    if (!match_pattern(&cursor, pattern, &matched) || cursor.next != cursor.end)
        return false;
    if (matched.has_epoch) {
        *instant = matched.epoch;
        return true;
    }
    return apply_half(&matched) && apply_day_of_year(&matched) && parts->hour <= 23 &&
           parts->minute <= 59 && parts->second <= 60 &&
           time_parts_to_instant(parts, instant) == TIME_FINE;
}

/* Is RFC 3339 with its T and zone another text than those of the pattern, or means the same? */
static bool is_apart(const char *pattern, const char *bytes, size_t length)
{
    const char *month = strstr(pattern, "%m"), *day = strstr(pattern, "%d");
    if (!day)
        day = strstr(pattern, "%e");
    bool is_day_first = day && month && day < month;
    return !is_day_first && bytes[10] == 'T' &&
           (memchr(bytes + 19, 'Z', length - 19) ||
            memchr(bytes + 19, '+', length - 19) || memchr(bytes + 19, '-', length - 19));
}

/* A text that begins as RFC 3339 does is not in a pattern that begins in another way. */
static bool read_beside_pattern(const char *pattern, const char *bytes, size_t length,
                                struct instant *instant)
{
    bool begins_with_year =
        strncmp(pattern, "%Y", 2) == 0 || strncmp(pattern, "%F", 2) == 0;
    return length >= 19 && bytes[4] == '-' && bytes[7] == '-' &&
           (!begins_with_year || is_apart(pattern, bytes, length)) &&
           instant_parse(bytes, length, instant);
}

/* ---- numbers ---- */

/* Is a number of seconds a date as yyyymmdd, of the years 1900 to 2199? */
static bool is_compact_date(int64_t seconds)
{
    int64_t year = seconds / 10000;
    int month = (int)(seconds / 100 % 100), day = (int)(seconds % 100);
    return year >= 1900 && year <= 2199 && month >= 1 && month <= 12 && day >= 1 &&
           day <= calendar_days_in_month(year, month);
}

/* Seconds, unless they are probably something else: a compact date, or milliseconds. */
static bool read_plausible_seconds(const char *bytes, size_t length,
                                   struct instant *instant)
{
    struct instant read;
    if (!instant_parse_number(bytes, length, UNIT_SECONDS, &read) ||
        read.us >= TIME_AUTO_END_SECOND * SECOND ||
        (read.us % SECOND == 0 && is_compact_date(read.us / SECOND)))
        return false;
    *instant = read;
    return true;
}

/* 1990-01-01 to 2100-12-31. */
static bool is_of_our_era(struct instant instant)
{
    return instant.us >= INT64_C(631152000) * SECOND &&
           instant.us < INT64_C(4133980800) * SECOND;
}

/* A number of a unit finer than a second, unless it is probably of a coarser one. */
static bool read_plausible_unit(const char *bytes, size_t length, enum time_unit unit,
                                struct instant *instant)
{
    struct instant read, coarser;
    if (!instant_parse_number(bytes, length, unit, &read))
        return false;
    if (read.us < INT64_C(631152000) * SECOND)
        for (int other = UNIT_SECONDS; other < (int)unit; other += UNIT_MILLI)
            if (instant_parse_number(bytes, length, (enum time_unit)other, &coarser) &&
                is_of_our_era(coarser))
                return false;
    *instant = read;
    return true;
}

/*
 * Days of a spreadsheet, to the millisecond: it shows no more, and its fractions of a day have too
 * few digits for an exact second.  Day 60 of the system of 1900 is a day that never was.
 */
static bool read_serial(const char *bytes, size_t length, bool is_1904,
                        struct instant *instant)
{
    const double end = 2958466; /* 10000-01-01 in the system of 1900 */
    double days;
    if (!value_number(bytes, length, DECIMAL_POINT, &days) ||
        !(days >= (is_1904 ? 0 : 1) && days < (is_1904 ? end - 1462 : end)) ||
        (!is_1904 && days >= 60 && days < 61))
        return false;
    int64_t first = is_1904 ? 24107 : days < 60 ? 25568 : 25569;
    int64_t milliseconds = (int64_t)(days * 86400e3 + 0.5) - first * 86400000;
    if (milliseconds >= CALENDAR_END_SECOND * 1000)
        return false;
    *instant = (struct instant){.us = milliseconds * 1000};
    return true;
}

/* ---- compact ---- */

/* Digits in pairs: hour, minute, second; then a fraction. */
static bool read_compact_clock(struct time_cursor *cursor, struct time_parts *parts)
{
    size_t digits = 0;
    while (cursor->next + digits < cursor->end && cursor->next[digits] >= '0' &&
           cursor->next[digits] <= '9')
        digits++;
    bool has_fraction = digits == 9 || digits == 12 || digits == 15;
    if (digits != 2 && digits != 4 && digits != 6 && !has_fraction)
        return false;
    (void)time_take_number(cursor, 2, 2, &parts->hour);
    (void)time_take_number(cursor, 0, 2, &parts->minute);
    (void)time_take_number(cursor, 0, 2, &parts->second);
    if (has_fraction)
        return time_take_nanoseconds(cursor, &parts->nanoseconds);
    return digits < 6 || !(time_take(cursor, '.') || time_take(cursor, ',')) ||
           time_take_nanoseconds(cursor, &parts->nanoseconds);
}

/* yyyymmdd, and HH, HHMM or HHMMSS after it or after one of " -_T"; then perhaps a zone. */
static bool read_compact(const char *bytes, size_t length, struct instant *instant)
{
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    struct time_parts parts = {.weekday = -1};
    if (!time_take_number(&cursor, 4, 4, &parts.year) ||
        !time_take_number(&cursor, 2, 2, &parts.month) ||
        !time_take_number(&cursor, 2, 2, &parts.day))
        return false;
    if (cursor.next < cursor.end) {
        for (const char *c = " -_T"; *c != '\0' && !time_take(&cursor, *c);)
            c++;
        if (!read_compact_clock(&cursor, &parts))
            return false;
        (void)time_take_blanks(&cursor);
        if (cursor.next < cursor.end &&
            time_take_zone(&cursor, &parts.offset_minutes) != TIME_FINE)
            return false;
    }
    return cursor.next == cursor.end && parts.hour <= 23 && parts.minute <= 59 &&
           parts.second <= 60 && time_parts_to_instant(&parts, instant) == TIME_FINE;
}

/* ---- day first and month first ---- */

static bool read_ordered(const char *bytes, size_t length, bool is_day_first,
                         struct instant *instant)
{
    struct time_parts parts;
    if (time_text_read(&parts, bytes, length) != TIME_FINE || parts.is_short_year)
        return false;
    if (parts.order == ORDER_DAY_OR_MONTH && !is_day_first) {
        int day = parts.month;
        parts.month = parts.day;
        parts.day = day;
    }
    return time_parts_to_instant(&parts, instant) == TIME_FINE;
}

/* What only this format reads: numbers, and texts that others refuse. */
static bool read_own_form(const struct time_format *format, const char *bytes,
                          size_t length, struct instant *instant)
{
    switch (format->kind) {
    case TIME_AUTO:
        return read_plausible_seconds(bytes, length, instant);
    case TIME_SECONDS:
        return instant_parse_number(bytes, length, UNIT_SECONDS, instant);
    case TIME_MILLISECONDS:
        return read_plausible_unit(bytes, length, UNIT_MILLI, instant);
    case TIME_MICROSECONDS:
        return read_plausible_unit(bytes, length, UNIT_MICRO, instant);
    case TIME_NANOSECONDS:
        return read_plausible_unit(bytes, length, UNIT_NANO, instant);
    case TIME_RELATIVE_MILLISECONDS:
        return instant_parse_number(bytes, length, UNIT_MILLI, instant);
    case TIME_RELATIVE_MICROSECONDS:
        return instant_parse_number(bytes, length, UNIT_MICRO, instant);
    case TIME_RELATIVE_NANOSECONDS:
        return instant_parse_number(bytes, length, UNIT_NANO, instant);
    case TIME_EXCEL:
    case TIME_EXCEL_1904:
        return read_serial(bytes, length, format->kind == TIME_EXCEL_1904, instant);
    case TIME_COMPACT:
        return read_compact(bytes, length, instant);
    case TIME_DAY_FIRST:
    case TIME_MONTH_FIRST:
        return read_plausible_seconds(bytes, length, instant) ||
               read_ordered(bytes, length, format->kind == TIME_DAY_FIRST, instant);
    case TIME_PATTERN:
        return read_by_pattern(format->pattern, bytes, length, instant) ||
               read_beside_pattern(format->pattern, bytes, length, instant);
    }
    return false;
}

bool time_format_scan_comma(struct decimal *decimal, const char *bytes, size_t length)
{
    return decimal_scan(decimal, bytes, length, ',') && decimal->whole_count >= 4 &&
           decimal->fraction_count > 0;
}

/* A number with a decimal comma, read as the same with a point. */
static bool read_comma(const struct time_format *format, const char *bytes, size_t length,
                       struct instant *instant)
{
    char number[64];
    struct decimal decimal;
    if (length >= sizeof number || !time_format_scan_comma(&decimal, bytes, length))
        return false;
    memcpy(number, bytes, length);
    *(char *)memchr(number, ',', length) = '.';
    return read_own_form(format, number, length, instant);
}

bool time_format_read(const struct time_format *format, const char *bytes, size_t length,
                      struct instant *instant)
{
    /* with these, a text that instant_parse reads has been read, or means something else */
    bool is_strict = format->kind == TIME_DAY_FIRST || format->kind == TIME_MONTH_FIRST ||
                     format->kind == TIME_PATTERN;
    bytes = value_trim(bytes, &length);
    return read_own_form(format, bytes, length, instant) ||
           (!is_strict && instant_parse(bytes, length, instant)) ||
           (format->kind != TIME_PATTERN && read_comma(format, bytes, length, instant));
}
