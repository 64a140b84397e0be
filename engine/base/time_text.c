/*
 * Reading the text of a time.
 *
 * A parser by hand: weekday, date, time of day, zone, each optional but the date.  The first two
 * characters decide which form of date it is, so nothing is read twice.  Names are English, in any
 * case, whole or their first three letters.
 */
#include "base/time_text.h"

#include <string.h>

#include "base/calendar.h"
#include "base/value.h"

/* ---- small pieces ---- */

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

const char *time_month_name(int month)
{
    return months[month - 1];
}

const char *time_weekday_name(int weekday)
{
    return weekdays[weekday];
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next byte, or 0 at the end. */
static char peek(const struct time_cursor *cursor)
{
    return cursor->next < cursor->end ? *cursor->next : '\0';
}

static char peek_at(const struct time_cursor *cursor, size_t offset)
{
    return (size_t)(cursor->end - cursor->next) > offset ? cursor->next[offset] : '\0';
}

static bool is_at_end(const struct time_cursor *cursor)
{
    return cursor->next == cursor->end;
}

bool time_take(struct time_cursor *cursor, char c)
{
    if (is_at_end(cursor) || *cursor->next != c)
        return false;
    cursor->next++;
    return true;
}

static bool take_one_of(struct time_cursor *cursor, const char *characters)
{
    if (is_at_end(cursor) || *cursor->next == '\0' || !strchr(characters, *cursor->next))
        return false;
    cursor->next++;
    return true;
}

/* The bytes of the blank at this position; 0: there is none. */
static size_t blank_bytes(const struct time_cursor *cursor)
{
    size_t left = (size_t)(cursor->end - cursor->next);
    return left == 0 ? 0 : value_blank(cursor->next, left);
}

bool time_take_blanks(struct time_cursor *cursor)
{
    const char *begin = cursor->next;
    for (size_t bytes; (bytes = blank_bytes(cursor)) > 0;)
        cursor->next += bytes;
    return cursor->next > begin;
}

bool time_take_number(struct time_cursor *cursor, int min_digits, int max_digits,
                      int *number)
{
    int count = 0;
    for (*number = 0; count < max_digits && is_digit(peek(cursor)); count++)
        *number = 10 * *number + (*cursor->next++ - '0');
    return count >= min_digits;
}

static size_t count_digits(const struct time_cursor *cursor)
{
    size_t count = 0;
    while (is_digit(peek_at(cursor, count)))
        count++;
    return count;
}

/* The letters at this position are the first `length` of a name, in any case. */
static bool take_word(struct time_cursor *cursor, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (lower(peek_at(cursor, i)) != lower(name[i]))
            return false;
    if (is_letter(peek_at(cursor, length)))
        return false;
    cursor->next += length;
    return true;
}

/* The index of the name at this position, whole or its first three letters; -1: none. */
static int take_name(struct time_cursor *cursor, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (take_word(cursor, names[i], 3) ||
            take_word(cursor, names[i], strlen(names[i]))) {
            (void)time_take(cursor, '.');
            return i;
        }
    return -1;
}

bool time_take_month(struct time_cursor *cursor, int *month)
{
    *month = take_name(cursor, months, 12) + 1;
    if (*month == 0 && take_word(cursor, "Sept", 4)) {
        (void)time_take(cursor, '.');
        *month = 9;
    }
    return *month > 0;
}

bool time_take_weekday(struct time_cursor *cursor, int *weekday)
{
    *weekday = take_name(cursor, weekdays, 7);
    return *weekday >= 0;
}

bool time_take_half(struct time_cursor *cursor, bool *is_pm)
{
    static const char *const words[] = {"am", "pm", "a.m.", "p.m."};
    for (size_t i = 0; i < 4; i++)
        if (take_word(cursor, words[i], strlen(words[i]))) {
            *is_pm = i % 2 == 1;
            return true;
        }
    return false;
}

bool time_take_nanoseconds(struct time_cursor *cursor, int32_t *nanoseconds)
{
    const char *begin = cursor->next;
    *nanoseconds = 0;
    for (int32_t unit = 100000000; is_digit(peek(cursor)); unit /= 10)
        *nanoseconds += (*cursor->next++ - '0') * unit;
    return cursor->next > begin;
}

/* ---- the zone ---- */

/* U+2212, the minus sign that ISO 8601 prefers. */
static bool take_minus_sign(struct time_cursor *cursor)
{
    if (cursor->end - cursor->next < 3 || memcmp(cursor->next, "\xE2\x88\x92", 3) != 0)
        return false;
    cursor->next += 3;
    return true;
}

static bool is_at_sign(const struct time_cursor *cursor)
{
    struct time_cursor copy = *cursor;
    return peek(cursor) == '+' || peek(cursor) == '-' || take_minus_sign(&copy);
}

/* +01:00, +0100 or +01. */
static enum time_problem take_offset(struct time_cursor *cursor, int *offset_minutes)
{
    bool is_west = take_minus_sign(cursor) || peek(cursor) == '-';
    (void)take_one_of(cursor, "+-");
    int hours, minutes = 0;
    if (!time_take_number(cursor, 2, 2, &hours))
        return TIME_BAD_OFFSET;
    bool has_colon = time_take(cursor, ':');
    if ((has_colon || is_digit(peek(cursor))) &&
        !time_take_number(cursor, 2, 2, &minutes))
        return TIME_BAD_OFFSET;
    if (hours > 23 || minutes > 59 || is_digit(peek(cursor)) || peek(cursor) == ':')
        return TIME_BAD_OFFSET;
    *offset_minutes = (is_west ? -1 : 1) * (60 * hours + minutes);
    return TIME_FINE;
}

/* CET, Europe/Berlin. */
static bool is_at_zone_name(const struct time_cursor *cursor)
{
    size_t capitals = 0;
    while (peek_at(cursor, capitals) >= 'A' && peek_at(cursor, capitals) <= 'Z')
        capitals++;
    return (capitals >= 2 && !is_letter(peek_at(cursor, capitals))) ||
           (is_letter(peek(cursor)) &&
            memchr(cursor->next, '/', (size_t)(cursor->end - cursor->next)));
}

enum time_problem time_take_zone(struct time_cursor *cursor, int *offset_minutes)
{
    *offset_minutes = 0;
    if (is_at_sign(cursor))
        return take_offset(cursor, offset_minutes);
    if (take_word(cursor, "Z", 1))
        return TIME_FINE;
    if (take_word(cursor, "UTC", 3) || take_word(cursor, "GMT", 3) ||
        take_word(cursor, "UT", 2))
        return is_at_sign(cursor) ? take_offset(cursor, offset_minutes) : TIME_FINE;
    return is_at_zone_name(cursor) ? TIME_ZONE_NAME : TIME_NO_TIME;
}

/* "+0100 CET": after an offset, the name of the zone at the end says nothing more. */
static void take_zone_name(struct time_cursor *cursor)
{
    struct time_cursor copy = *cursor;
    bool has_blank = time_take_blanks(&copy);
    const char *begin = copy.next;
    while (peek(&copy) >= 'A' && peek(&copy) <= 'Z')
        copy.next++;
    if (has_blank && is_at_end(&copy) && copy.next - begin >= 3 && copy.next - begin <= 5)
        *cursor = copy;
}

/* "(Central European Time)", after an offset; parentheses do not nest. */
static void take_comment(struct time_cursor *cursor)
{
    struct time_cursor copy = *cursor;
    (void)time_take_blanks(&copy);
    if (!time_take(&copy, '('))
        return;
    while (!is_at_end(&copy) && *copy.next != ')' && *copy.next != '(')
        copy.next++;
    if (time_take(&copy, ')'))
        *cursor = copy;
}

static enum time_problem read_zone(struct time_cursor *cursor, struct time_parts *parts)
{
    bool is_offset = is_at_sign(cursor);
    enum time_problem problem = time_take_zone(cursor, &parts->offset_minutes);
    if (problem != TIME_FINE)
        return problem;
    parts->has_zone = true;
    take_comment(cursor);
    if (is_offset)
        take_zone_name(cursor);
    return TIME_FINE;
}

/* ---- the time of day ---- */

/* ":04:00.25" or ".04.00.25" after the hour. */
static enum time_problem read_after_hour(struct time_cursor *cursor,
                                         struct time_parts *parts)
{
    char separator = peek(cursor);
    if (!take_one_of(cursor, ":."))
        return TIME_NO_TIME;
    if (!time_take_number(cursor, 2, 2, &parts->minute))
        return TIME_NO_TIME;
    parts->has_seconds = time_take(cursor, separator);
    if (!parts->has_seconds)
        return separator == ':' ? TIME_FINE : TIME_NO_TIME; /* 10.04 is a number */
    if (!time_take_number(cursor, 2, 2, &parts->second))
        return TIME_NO_TIME;
    if (take_one_of(cursor, ".,") && !time_take_nanoseconds(cursor, &parts->nanoseconds))
        return TIME_NO_TIME;
    return TIME_FINE;
}

static enum time_problem apply_half(struct time_parts *parts, bool is_pm)
{
    if (parts->hour < 1 || parts->hour > 12)
        return TIME_BAD_CLOCK;
    parts->hour = parts->hour % 12 + (is_pm ? 12 : 0);
    parts->has_half = true;
    return TIME_FINE;
}

static enum time_problem check_clock(const struct time_parts *parts)
{
    if (parts->hour == 24 && parts->minute == 0 && parts->second == 0)
        return TIME_HOUR_24;
    return parts->hour > 23 || parts->minute > 59 || parts->second > 60 ? TIME_BAD_CLOCK
                                                                        : TIME_FINE;
}

static enum time_problem read_half(struct time_cursor *cursor, struct time_parts *parts)
{
    struct time_cursor copy = *cursor;
    bool is_pm;
    (void)time_take_blanks(&copy);
    if (!time_take_half(&copy, &is_pm))
        return TIME_FINE;
    *cursor = copy;
    return apply_half(parts, is_pm);
}

static enum time_problem read_clock(struct time_cursor *cursor, struct time_parts *parts)
{
    if (!time_take_number(cursor, 1, 2, &parts->hour))
        return TIME_NO_TIME;
    enum time_problem problem = read_after_hour(cursor, parts);
    if (problem == TIME_FINE)
        problem = read_half(cursor, parts);
    parts->has_clock = problem == TIME_FINE;
    return problem == TIME_FINE ? check_clock(parts) : problem;
}

/* 100400 or 1004, after 20261122T. */
static enum time_problem read_compact_clock(struct time_cursor *cursor,
                                            struct time_parts *parts)
{
    size_t digits = count_digits(cursor);
    if (digits != 4 && digits != 6)
        return TIME_NO_TIME;
    (void)time_take_number(cursor, 2, 2, &parts->hour);
    (void)time_take_number(cursor, 2, 2, &parts->minute);
    parts->has_seconds = digits == 6;
    if (parts->has_seconds)
        (void)time_take_number(cursor, 2, 2, &parts->second);
    if (parts->has_seconds && take_one_of(cursor, ".,") &&
        !time_take_nanoseconds(cursor, &parts->nanoseconds))
        return TIME_NO_TIME;
    parts->has_clock = true;
    return check_clock(parts);
}

/* ---- the date ---- */

/* Between the parts of a date with the name of a month: nothing, blanks, or one of -/., */
static void skip_separator(struct time_cursor *cursor)
{
    if (!time_take_blanks(cursor))
        (void)take_one_of(cursor, "-/.,");
    (void)time_take_blanks(cursor);
}

/* A year of four digits, or of two. */
static bool take_year(struct time_cursor *cursor, struct time_parts *parts)
{
    size_t digits = count_digits(cursor);
    parts->is_short_year = digits == 2;
    return (digits == 4 || digits == 2) && time_take_number(cursor, 2, 4, &parts->year);
}

/* "st", "nd", "rd" or "th" after the day. */
static void skip_ordinal(struct time_cursor *cursor)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < 4; i++)
        if (take_word(cursor, endings[i], 2))
            return;
}

/* After "2026-": W47, 327, a month or its name; then the day. */
static enum time_problem read_after_year(struct time_cursor *cursor,
                                         struct time_parts *parts)
{
    char separator = parts->separator;
    if (lower(peek(cursor)) == 'w' && is_digit(peek_at(cursor, 1)))
        return TIME_WEEK_DATE;
    size_t digits = count_digits(cursor);
    if (digits == 3 && separator == '-')
        return TIME_DAY_OF_YEAR;
    parts->is_named = digits == 0;
    if (digits == 0 ? !time_take_month(cursor, &parts->month)
                    : !time_take_number(cursor, 1, 2, &parts->month))
        return TIME_NO_TIME;
    if (separator == ' ' ? !time_take_blanks(cursor) : !time_take(cursor, separator))
        return TIME_NO_TIME;
    parts->is_month_before_day = true;
    return time_take_number(cursor, 1, 2, &parts->day) && !is_digit(peek(cursor))
               ? TIME_FINE
               : TIME_NO_TIME;
}

/* 2026-11-22, 2026/11/22, 2026.11.22, 2026-Nov-22, 2026 Nov 22. */
static enum time_problem read_year_first(struct time_cursor *cursor,
                                         struct time_parts *parts)
{
    (void)time_take_number(cursor, 4, 4, &parts->year);
    parts->separator = peek(cursor);
    if (take_one_of(cursor, "-/."))
        return read_after_year(cursor, parts);
    parts->separator = ' ';
    if (!time_take_blanks(cursor) || !is_letter(peek(cursor)))
        return TIME_NO_TIME;
    return read_after_year(cursor, parts);
}

/* 20261122, of which the caller has counted the digits. */
static enum time_problem read_compact_date(struct time_cursor *cursor,
                                           struct time_parts *parts)
{
    (void)time_take_number(cursor, 4, 4, &parts->year);
    (void)time_take_number(cursor, 2, 2, &parts->month);
    (void)time_take_number(cursor, 2, 2, &parts->day);
    parts->is_month_before_day = true;
    return lower(peek(cursor)) == 't' ? TIME_FINE : TIME_NO_TIME;
}

/* Is there a time of day at this position, rather than a year? */
static bool is_at_clock(const struct time_cursor *cursor)
{
    size_t digits = count_digits(cursor);
    return (digits == 1 || digits == 2) && peek_at(cursor, digits) == ':';
}

/* 22/11/2026 after 22: the same separator twice, and a year. */
static enum time_problem read_numeric(struct time_cursor *cursor,
                                      struct time_parts *parts)
{
    parts->separator = peek(cursor);
    if (!take_one_of(cursor, "-/.") || !time_take_number(cursor, 1, 2, &parts->month))
        return TIME_NO_TIME;
    struct time_cursor copy = *cursor;
    if (time_take_blanks(&copy) && is_at_clock(&copy))
        return TIME_NO_YEAR; /* 22/11 10:04 */
    if (!time_take(cursor, parts->separator) || !take_year(cursor, parts))
        return TIME_NO_TIME;
    parts->order = ORDER_DAY_OR_MONTH;
    return TIME_FINE;
}

/* 22 Nov 2026, 22/Nov/2026, 22nd November, 2026; or numbers only. */
static enum time_problem read_day_first(struct time_cursor *cursor,
                                        struct time_parts *parts)
{
    (void)time_take_number(cursor, 1, 2, &parts->day);
    if (peek(cursor) == ':')
        return TIME_NO_DATE;
    if (strchr("-/.", peek(cursor)) && is_digit(peek_at(cursor, 1)))
        return read_numeric(cursor, parts);
    skip_ordinal(cursor);
    char separator = peek(cursor);
    skip_separator(cursor);
    if (take_word(cursor, "of", 2))
        (void)time_take_blanks(cursor);
    if (!time_take_month(cursor, &parts->month))
        return TIME_NO_TIME;
    parts->is_named = true;
    parts->separator = is_letter(separator) ? '\0' : separator;
    skip_separator(cursor);
    return !is_at_clock(cursor) && take_year(cursor, parts) ? TIME_FINE : TIME_NO_YEAR;
}

/* Nov 22, 2026, or "Nov 22 10:04:00 UTC 2026" up to the day. */
static enum time_problem read_month_first(struct time_cursor *cursor,
                                          struct time_parts *parts)
{
    if (!time_take_month(cursor, &parts->month))
        return TIME_NO_TIME;
    parts->is_named = parts->is_month_before_day = true;
    parts->separator = peek(cursor);
    skip_separator(cursor);
    if (count_digits(cursor) > 2 || !time_take_number(cursor, 1, 2, &parts->day))
        return TIME_NO_TIME;
    skip_ordinal(cursor);
    struct time_cursor copy = *cursor;
    if (time_take_blanks(&copy) && is_at_clock(&copy))
        return TIME_FINE; /* the year comes last, or never */
    skip_separator(cursor);
    return take_year(cursor, parts) ? TIME_FINE : TIME_NO_YEAR;
}

static enum time_problem read_date(struct time_cursor *cursor, struct time_parts *parts)
{
    size_t digits = count_digits(cursor);
    if (digits == 4)
        return read_year_first(cursor, parts);
    if (digits == 8)
        return read_compact_date(cursor, parts);
    if (digits == 1 || digits == 2)
        return read_day_first(cursor, parts);
    if (digits > 0)
        return TIME_NO_TIME;
    if (time_take_weekday(cursor, &parts->weekday)) {
        (void)time_take(cursor, ',');
        (void)time_take_blanks(cursor);
        digits = count_digits(cursor);
        if (digits == 1 || digits == 2)
            return read_day_first(cursor, parts);
        if (digits == 4)
            return read_year_first(cursor, parts);
    }
    return read_month_first(cursor, parts);
}

/* ---- milliseconds, as .NET writes them ---- */

/* Milliseconds since 1970, as the parts of a time in UTC. */
static void set_milliseconds(struct time_parts *parts, int64_t milliseconds)
{
    int64_t seconds = calendar_divide(milliseconds, 1000), year;
    int of_day = (int)calendar_modulo(seconds, 86400);
    calendar_date(calendar_divide(seconds, 86400), &year, &parts->month, &parts->day);
    parts->year = (int)year;
    parts->hour = of_day / 3600;
    parts->minute = of_day / 60 % 60;
    parts->second = of_day % 60;
    parts->nanoseconds = (int32_t)calendar_modulo(milliseconds, 1000) * 1000000;
    parts->has_clock = parts->has_seconds = parts->has_zone = true;
}

/* A slash, which JSON texts write as "\/". */
static bool take_slash(struct time_cursor *cursor)
{
    (void)time_take(cursor, '\\');
    return time_take(cursor, '/');
}

/*
 * /Date(1767236333000)/ or /Date(1767236333000+0100)/: the milliseconds are in UTC, and the offset is
 * that of the writer.
 */
static enum time_problem read_milliseconds(struct time_cursor *cursor,
                                           struct time_parts *parts)
{
    enum { MAX_DIGITS = 15 };
    int64_t milliseconds = 0;
    int ignored;
    if (!take_slash(cursor) || !take_word(cursor, "Date", 4) || !time_take(cursor, '('))
        return TIME_NO_TIME;
    bool is_negative = time_take(cursor, '-');
    size_t digits = count_digits(cursor);
    if (digits == 0 || digits > MAX_DIGITS)
        return TIME_NO_TIME;
    while (is_digit(peek(cursor)))
        milliseconds = 10 * milliseconds + (*cursor->next++ - '0');
    if (is_at_sign(cursor) && take_offset(cursor, &ignored) != TIME_FINE)
        return TIME_BAD_OFFSET;
    if (!time_take(cursor, ')') || !take_slash(cursor) || !is_at_end(cursor))
        return TIME_NO_TIME;
    milliseconds = is_negative ? -milliseconds : milliseconds;
    if (milliseconds < CALENDAR_FIRST_SECOND * 1000 ||
        milliseconds >= CALENDAR_END_SECOND * 1000)
        return TIME_OUT_OF_RANGE;
    set_milliseconds(parts, milliseconds);
    return TIME_FINE;
}

/* ---- the whole ---- */

/* What separates the date from the time of day. */
static bool take_middle(struct time_cursor *cursor, const struct time_parts *parts)
{
    if (take_one_of(cursor, "Tt"))
        return true;
    if (parts->is_named && time_take(cursor, ':')) /* 22/Nov/2026:10:04:00 */
        return true;
    if (peek(cursor) == '-' &&
        count_digits(&(struct time_cursor){cursor->next + 1, cursor->end}) == 2)
        return time_take(cursor, '-') && peek_at(cursor, 2) == '.'; /* as DB2 writes it */
    bool has_comma = time_take(cursor, ',');
    bool has_blank = time_take_blanks(cursor);
    if (has_blank && take_word(cursor, "at", 2))
        return time_take_blanks(cursor);
    return has_comma || has_blank;
}

/* "UTC 2026", as date writes it, "+0000 2026", or "2026". */
static enum time_problem read_last_year(struct time_cursor *cursor,
                                        struct time_parts *parts)
{
    if (!time_take_blanks(cursor))
        return TIME_NO_YEAR;
    if (!is_digit(peek(cursor))) {
        enum time_problem problem = read_zone(cursor, parts);
        if (problem != TIME_FINE)
            return problem;
        if (!time_take_blanks(cursor))
            return TIME_NO_YEAR;
    }
    return count_digits(cursor) == 4 && take_year(cursor, parts) ? TIME_FINE
                                                                 : TIME_NO_YEAR;
}

static enum time_problem read_rest(struct time_cursor *cursor, struct time_parts *parts)
{
    bool has_year = parts->year >= 0;
    if (!take_middle(cursor, parts))
        return TIME_NO_TIME;
    bool is_compact = parts->separator == '\0' && !parts->is_named;
    enum time_problem problem =
        is_compact ? read_compact_clock(cursor, parts) : read_clock(cursor, parts);
    if (problem != TIME_FINE)
        return problem;
    if (!has_year && (problem = read_last_year(cursor, parts)) != TIME_FINE)
        return problem;
    if (is_at_end(cursor))
        return TIME_FINE;
    (void)time_take_blanks(cursor);
    if (!parts->has_zone && peek(cursor) != '[' &&
        (problem = read_zone(cursor, parts)) != TIME_FINE)
        return problem;
    return is_at_end(cursor)                               ? TIME_FINE
           : peek(cursor) == '[' && cursor->end[-1] == ']' ? TIME_ZONE_BRACKET
                                                           : TIME_NO_TIME;
}

enum time_problem time_text_read(struct time_parts *parts, const char *bytes,
                                 size_t length)
{
    *parts = (struct time_parts){.year = -1, .weekday = -1};
    bytes = value_trim(bytes, &length);
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    if (peek(&cursor) == '/' || peek(&cursor) == '\\')
        return read_milliseconds(&cursor, parts);
    enum time_problem problem = read_date(&cursor, parts);
    if (problem == TIME_FINE && (parts->year < 0 || !is_at_end(&cursor)))
        problem = parts->year < 0 && is_at_end(&cursor) ? TIME_NO_YEAR
                                                        : read_rest(&cursor, parts);
    if (problem == TIME_FINE && parts->year == 0 && !parts->is_short_year)
        return parts->month == 0 && parts->day == 0 ? TIME_ZERO_DATE : TIME_OUT_OF_RANGE;
    return problem;
}

/* ---- texts that are nearly times ---- */

enum { LONGEST_TIME = 48 };

bool time_text_is_clock(const char *bytes, size_t length)
{
    struct time_parts parts = {.weekday = -1};
    bytes = value_trim(bytes, &length);
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    if (read_clock(&cursor, &parts) != TIME_FINE)
        return false;
    if (is_at_end(&cursor))
        return true;
    (void)time_take_blanks(&cursor);
    return read_zone(&cursor, &parts) == TIME_FINE && is_at_end(&cursor);
}

/* The text begins with a name, or is it. */
static bool begins_with(const char *bytes, size_t length, const char *name, bool is_whole)
{
    size_t size = strlen(name);
    return (is_whole ? length == size : length > size) && memcmp(bytes, name, size) == 0;
}

bool time_text_is_zone(const char *bytes, size_t length, bool *is_utc)
{
    static const char *const regions[] = {"Europe/", "America/",   "Asia/",
                                          "Africa/", "Australia/", "Pacific/",
                                          "US/",     "Atlantic/",  "Indian/"};
    static const char *const names[] = {
        "CET", "CEST", "EST", "EDT",  "CST",  "CDT",  "MST",  "MDT",  "PST", "PDT",
        "BST", "IST",  "JST", "KST",  "AEST", "AEDT", "WET",  "WEST", "EET", "EEST",
        "MSK", "HKT",  "SGT", "NZST", "NZDT", "AKST", "AKDT", "HST"};
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    int offset;
    if (time_take_zone(&cursor, &offset) == TIME_FINE && is_at_end(&cursor)) {
        *is_utc = offset == 0;
        return true;
    }
    cursor.next = bytes;
    if (time_take(&cursor, '+') && time_take_number(&cursor, 1, 2, &offset) &&
        is_at_end(&cursor)) { /* +9; without a sign it is a number */
        *is_utc = offset == 0;
        return offset <= 14;
    }
    *is_utc = begins_with(bytes, length, "Etc/UTC", true);
    bool is_zone = *is_utc;
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        is_zone = is_zone || begins_with(bytes, length, regions[i], false);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_zone = is_zone || begins_with(bytes, length, names[i], true);
    return is_zone;
}

/* One or two digits, a colon and two digits at this position: 10:04. */
static bool is_at_hour(const struct time_cursor *cursor, size_t digits)
{
    size_t minute = digits + 1;
    return (digits == 1 || digits == 2) && peek_at(cursor, digits) == ':' &&
           is_digit(peek_at(cursor, minute)) && is_digit(peek_at(cursor, minute + 1)) &&
           !is_digit(peek_at(cursor, minute + 2));
}

/* 1990 to 2099. */
static bool is_at_year(const struct time_cursor *cursor, size_t digits)
{
    char century[2] = {peek_at(cursor, 0), peek_at(cursor, 1)};
    return digits == 4 && (memcmp(century, "20", 2) == 0 ||
                           (memcmp(century, "19", 2) == 0 && peek_at(cursor, 2) == '9'));
}

/* A short text with a year and a time of day in it, whatever else it says. */
static bool has_year_and_clock(const char *bytes, size_t length)
{
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    bool has_year = false, has_clock = false;
    if (length > LONGEST_TIME)
        return false;
    while (!is_at_end(&cursor)) {
        size_t digits = count_digits(&cursor);
        has_year = has_year || is_at_year(&cursor, digits);
        has_clock = has_clock || is_at_hour(&cursor, digits);
        cursor.next += digits == 0 ? 1 : digits;
    }
    return has_year && has_clock;
}

/* Numbers of a year, month, day, hour and minute in this order, whatever separates them. */
static bool has_five_numbers(const char *bytes, size_t length)
{
    static const int most[] = {2099, 12, 31, 23, 59};
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    if (length > LONGEST_TIME || !is_at_year(&cursor, count_digits(&cursor)))
        return false;
    for (int i = 0; i < 5; i++) {
        int number;
        while (!is_at_end(&cursor) && !is_digit(peek(&cursor)))
            cursor.next++;
        if (!time_take_number(&cursor, i == 0 ? 4 : 1, i == 0 ? 4 : 2, &number) ||
            is_digit(peek(&cursor)) || number > most[i])
            return false;
    }
    return true;
}

static bool has_colon(const char *bytes, size_t length)
{
    return memchr(bytes, ':', length) != NULL;
}

bool time_text_is_near(enum time_problem problem, const char *bytes, size_t length)
{
    switch (problem) {
    case TIME_FINE:
    case TIME_ZERO_DATE:
        return false;
    case TIME_NO_TIME:
    case TIME_NO_DATE:
        return has_year_and_clock(bytes, length) || has_five_numbers(bytes, length);
    case TIME_NO_YEAR:
    case TIME_WEEK_DATE:
    case TIME_DAY_OF_YEAR:
    case TIME_BAD_MONTH:
    case TIME_BAD_DAY:
    case TIME_BAD_CLOCK:
    case TIME_HOUR_24:
    case TIME_BAD_WEEKDAY:
    case TIME_BAD_OFFSET:
    case TIME_ZONE_NAME:
    case TIME_ZONE_BRACKET:
    case TIME_OUT_OF_RANGE:
        return has_colon(bytes, length);
    }
    return false;
}

/* ---- the instant ---- */

#define SECOND INT64_C(1000000)

enum time_problem time_parts_to_instant(const struct time_parts *parts,
                                        struct instant *instant)
{
    if (parts->year < 1 || parts->year > 9999)
        return TIME_OUT_OF_RANGE;
    if (parts->month < 1 || parts->month > 12)
        return TIME_BAD_MONTH;
    if (parts->day < 1 || parts->day > calendar_days_in_month(parts->year, parts->month))
        return TIME_BAD_DAY;
    int64_t days = calendar_days(parts->year, parts->month, parts->day);
    if (parts->weekday >= 0 && parts->weekday != calendar_weekday(days))
        return TIME_BAD_WEEKDAY;
    bool is_leap = parts->second == 60;
    int64_t seconds = days * 86400 + 3600 * parts->hour + 60 * parts->minute +
                      (is_leap ? 59 : parts->second) - 60 * parts->offset_minutes;
    if (seconds < CALENDAR_FIRST_SECOND || seconds >= CALENDAR_END_SECOND)
        return TIME_OUT_OF_RANGE;
    *instant = is_leap
                   ? (struct instant){.us = seconds * SECOND + SECOND - 1,
                                      .rank = LEAP_SECOND + parts->nanoseconds}
                   : (struct instant){.us = seconds * SECOND + parts->nanoseconds / 1000,
                                      .rank = parts->nanoseconds % 1000};
    return TIME_FINE;
}
