/*
 * What was probably meant by a text or number that is not a time in the format that is expected.
 *
 * A number is tried in every other format and named after the first that gives a time between 1990
 * and 2100.  A text is named by what is wrong with its parts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/strbuf.h"
#include "base/time_foreign.h"
#include "base/time_format.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "base/value.h"

#define SECOND INT64_C(1000000)

/* 1990-01-01 and 2101-01-01, in seconds since 1970. */
#define PLAUSIBLE_FIRST INT64_C(631152000)
#define PLAUSIBLE_END INT64_C(4133980800)

static bool is_plausible(struct instant instant)
{
    return instant.us >= PLAUSIBLE_FIRST * SECOND && instant.us < PLAUSIBLE_END * SECOND;
}

__attribute__((format(printf, 2, 3))) static void say(struct time_hint *hint,
                                                      const char *format, ...)
{
    char text[2 * TIME_HINT_SIZE];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    utf8_copy(hint->text, sizeof hint->text, text);
}

/* A pattern with bytes that are no UTF-8 could not be written. */
static void suggest(struct time_hint *hint, const char *format)
{
    utf8_copy(hint->format, sizeof hint->format, format);
    if (strcmp(hint->format, format) != 0)
        hint->format[0] = '\0';
}

/* "2024-11-05", or with the time of day where there is one. */
static void write_short(char text[TIMESTAMP_SIZE], struct instant instant)
{
    instant_format(text, instant);
    char *midnight = strstr(text, "T00:00:00Z");
    if (midnight)
        *midnight = '\0';
}

/* ---- numbers ---- */

static const struct {
    const char *format, *what;
} readings[] = {
    {"compact", "a compact date"},
    {"seconds", "seconds since the epoch"},
    {"milliseconds", "milliseconds since the epoch"},
    {"microseconds", "microseconds since the epoch"},
    {"nanoseconds", "nanoseconds since the epoch"},
    {"excel", "a serial day of a spreadsheet"},
};

/* Was a number refused only because it would be a time of our era in a coarser unit? */
static bool may_be_relative(const struct time_format *format, const char *reading)
{
    bool is_fine = format->kind == TIME_MILLISECONDS ||
                   format->kind == TIME_MICROSECONDS || format->kind == TIME_NANOSECONDS;
    return is_fine && strcmp(reading, "compact") != 0 && strcmp(reading, "excel") != 0 &&
           strcmp(reading, "nanoseconds") != 0;
}

static void explain_number(const struct time_format *format, const char *bytes,
                           size_t length, struct time_hint *hint)
{
    char text[TIMESTAMP_SIZE];
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct time_format other;
        struct instant instant;
        if (time_format_parse(&other, readings[i].format, NULL) != STATUS_OK ||
            time_format_equals(&other, format) ||
            !time_format_read(&other, bytes, length, &instant) || !is_plausible(instant))
            continue;
        write_short(text, instant);
        say(hint, "reads as %s: %s%s%s", readings[i].what, text,
            may_be_relative(format, readings[i].format)
                ? "; for relative times there is relative-"
                : "",
            may_be_relative(format, readings[i].format) ? time_format_text(format) : "");
        suggest(hint, readings[i].format);
        return;
    }
    double number;
    if (value_number(bytes, length, DECIMAL_POINT, &number) && number >= 1900 &&
        number <= 2100 && number == (double)(int)number)
        say(hint, "reads as the year %d, without month and day", (int)number);
    else
        say(hint, "is outside the years 1 to 9999, or of no known unit");
}

/* ---- two digits of a year, and day or month first ---- */

/* Copy the numbers of a date of which the first is the day, or the month. */
static struct time_parts with_order(const struct time_parts *parts, bool is_day_first)
{
    struct time_parts ordered = *parts;
    ordered.order = ORDER_CERTAIN;
    if (!is_day_first) {
        ordered.day = parts->month;
        ordered.month = parts->day;
    }
    return ordered;
}

static bool is_instant(const struct time_parts *parts)
{
    struct instant instant;
    struct time_parts full = *parts;
    full.year += full.is_short_year ? 2000 : 0;
    return time_parts_to_instant(&full, &instant) == TIME_FINE;
}

static bool is_date(const struct time_parts *parts, bool is_day_first)
{
    struct time_parts ordered = with_order(parts, is_day_first);
    return is_instant(&ordered);
}

static void explain_order(const struct time_parts *parts, struct time_hint *hint)
{
    char text[2][TIMESTAMP_SIZE];
    bool is_read[2];
    for (int k = 0; k < 2; k++) {
        struct instant instant;
        struct time_parts ordered = with_order(parts, k == 0);
        is_read[k] = time_parts_to_instant(&ordered, &instant) == TIME_FINE;
        if (is_read[k])
            write_short(text[k], instant);
        if (is_read[k])
            text[k][10] = '\0'; /* the date */
    }
    if (is_read[0] && is_read[1])
        say(hint, "is %s day first or %s month first", text[0], text[1]);
    else if (is_read[0] || is_read[1]) {
        say(hint, "reads %s first: %s", is_read[0] ? "day" : "month",
            text[is_read[0] ? 0 : 1]);
        suggest(hint, is_read[0] ? "day-first" : "month-first");
    } else
        say(hint, "is no date, neither day first nor month first");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What the numbers of a text are, in their order, and what else may be in it. */
struct text_form {
    const char *date[3]; /* conversions of the date; NULL ends them */
    bool has_half;       /* AM or PM */
    bool has_words;      /* words and signs that mean nothing */
};

/* The conversion for the digits that are the count-th number of a text. */
static const char *number_of_text(const struct text_form *form, int count)
{
    int date_numbers = form->date[2] ? 3 : 2;
    if (count < date_numbers)
        return form->date[count];
    switch (count - date_numbers) {
    case 0:
        return form->has_half ? "%I" : "%H";
    case 1:
        return "%M";
    case 2:
        return "%S";
    case 3:
        return "%f";
    default:
        return NULL;
    }
}

/* A word, or a character that is none: NULL if it cannot be part of a pattern. */
static const char *word_of_text(const struct text_form *form, struct time_cursor *cursor,
                                char literal[2])
{
    int ignored;
    bool is_pm;
    if (time_take_month(cursor, &ignored))
        return "%b";
    if (time_take_weekday(cursor, &ignored))
        return "%a";
    if (form->has_half && time_take_half(cursor, &is_pm))
        return "%p";
    if (!form->has_words)
        return time_take_zone(cursor, &ignored) == TIME_FINE ? "%Z" : NULL;
    if (*literal == '%' || (unsigned char)*literal < ' ')
        return NULL;
    cursor->next++;
    return literal;
}

/* Letters, which belong together: a month in "Marchand" is none. */
static bool is_in_word(const char *begin, const struct time_cursor *cursor)
{
    char before = cursor->next > begin ? (char)(cursor->next[-1] | 0x20) : ' ';
    return before >= 'a' && before <= 'z';
}

/* Write the pattern that reads a text of that form.  The pattern is tried before it is offered. */
static bool build_pattern(const struct text_form *form, const char *bytes, size_t length,
                          struct time_format *format)
{
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    char pattern[TIME_FORMAT_SIZE];
    size_t used = 0;
    /* in 2026-11-22_10-04-00 there is none */
    bool may_have_offset = !form->has_words || memchr(bytes, ':', length);
    for (int numbers = 0; cursor.next < cursor.end;) {
        char literal[2] = {*cursor.next, '\0'};
        const char *piece = literal;
        int ignored;
        if (is_digit(*cursor.next)) {
            piece = number_of_text(form, numbers++);
            while (cursor.next < cursor.end && is_digit(*cursor.next))
                cursor.next++;
        } else if (numbers > 3 && may_have_offset &&
                   (*literal == '+' || *literal == '-')) {
            piece = time_take_zone(&cursor, &ignored) == TIME_FINE ? "%z" : NULL;
        } else if (time_take_blanks(&cursor)) {
            piece = " ";
        } else if (strchr("/-.:,", *literal) ||
                   (form->has_words && is_in_word(bytes, &cursor) && *literal != '%')) {
            cursor.next++;
        } else {
            piece = word_of_text(form, &cursor, literal);
        }
        if (!piece || used + strlen(piece) >= sizeof pattern)
            return false;
        memcpy(pattern + used, piece, strlen(piece));
        used += strlen(piece);
    }
    pattern[used] = '\0';
    struct time_format built;
    struct instant instant;
    if (time_format_parse(&built, pattern, NULL) != STATUS_OK ||
        !time_format_read(&built, bytes, length, &instant))
        return false;
    *format = built;
    return true;
}

static void explain_short_year(const struct time_parts *parts, const char *bytes,
                               size_t length, struct time_hint *hint)
{
    const struct text_form named = {.date = {"%d", "%y"}, .has_half = parts->has_half};
    const struct text_form numeric[] = {
        {.date = {"%d", "%m", "%y"}, .has_half = parts->has_half},
        {.date = {"%m", "%d", "%y"}, .has_half = parts->has_half}};
    struct time_format day_first, month_first;
    bool has_day_first =
        build_pattern(parts->is_named ? &named : &numeric[0], bytes, length, &day_first);
    bool has_month_first =
        !parts->is_named && build_pattern(&numeric[1], bytes, length, &month_first);
    const struct time_format *format = has_day_first     ? &day_first
                                       : has_month_first ? &month_first
                                                         : NULL;
    if (!format) {
        say(hint, "has a year of two digits");
        return;
    }
    struct instant instant = {.us = 0};
    char text[TIMESTAMP_SIZE];
    (void)time_format_read(format, bytes, length, &instant);
    write_short(text, instant);
    text[10] = '\0';
    say(hint, "has a year of two digits: %s if %s", text, format->pattern);
    /* only with a name it is certain which number is the year */
    if (parts->is_named && !parts->is_month_before_day)
        suggest(hint, format->pattern);
}

/* ---- times among other words ---- */

/* Does a text say AM or PM after a digit? */
static bool has_half(const char *bytes, size_t length)
{
    for (size_t i = 1; i < length; i++) {
        struct time_cursor cursor = {.next = bytes + i, .end = bytes + length};
        bool is_pm;
        (void)time_take_blanks(&cursor);
        if (is_digit(bytes[i - 1]) && time_take_half(&cursor, &is_pm))
            return true;
    }
    return false;
}

/*
 * The pattern that reads a date and time of day with other characters around and between them; ""
 * when there is none.
 */
static void suggest_pattern(const char *bytes, size_t length, struct time_hint *hint)
{
    enum { DAY_FIRST = 3 };
    static const char *const dates[][3] = {{"%Y", "%m", "%d"},
                                           {"%Y", "%d", NULL},
                                           {"%d", "%Y", NULL},
                                           {"%d", "%m", "%Y"},
                                           {"%m", "%d", "%Y"}};
    struct time_format found = TIME_FORMAT_DEFAULT, day_first = TIME_FORMAT_DEFAULT;
    size_t count = 0;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct text_form form = {.has_words = true, .has_half = has_half(bytes, length)};
        memcpy(form.date, dates[i], sizeof form.date);
        if (!build_pattern(&form, bytes, length, &found))
            continue;
        count++;
        if (i == DAY_FIRST)
            day_first = found;
    }
    hint->is_day_first = count > 1 && day_first.kind == TIME_PATTERN;
    if (count == 1)
        suggest(hint, found.pattern);
    else if (hint->is_day_first)
        suggest(hint, day_first.pattern);
}

static bool is_word_byte(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80;
}

/* Words before a date that are the same in every cell. */
static bool is_preposition(const char *bytes, size_t length)
{
    static const char *const words[] = {"am", "at", "den", "el", "em", "le", "on", "op"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length == strlen(words[i]) && memcmp(bytes, words[i], length) == 0)
            return true;
    return false;
}

/*
 * How many bytes a text has before its first digit if they are one word that is neither a month nor a
 * weekday in English; *word receives the bytes of the word.
 */
static size_t skip_first_word(const char *bytes, size_t length, size_t *word)
{
    struct time_cursor cursor = {.next = bytes, .end = bytes + length};
    int ignored;
    size_t skipped = 0;
    if (time_take_month(&cursor, &ignored) || time_take_weekday(&cursor, &ignored))
        return 0;
    while (skipped < length && is_word_byte(bytes[skipped]))
        skipped++;
    *word = skipped;
    while (skipped < length && strchr(".,: ", bytes[skipped]) && bytes[skipped] != '\0')
        skipped++;
    bool is_apart = *word > 0 && skipped > *word && !is_preposition(bytes, *word);
    return is_apart && skipped < length && is_digit(bytes[skipped]) ? skipped : 0;
}

/*
 * A first word may be a weekday of another language, which changes from cell to cell: no pattern reads
 * it.
 */
static void explain_first_word(const char *bytes, size_t length, size_t word,
                               size_t skipped, struct time_hint *hint)
{
    int shown = (int)utf8_cut(bytes, word, 20);
    if (time_text_is_likely(bytes + skipped, length - skipped)) {
        say(hint, "begins with the word \"%.*s\"; without it, it is read", shown, bytes);
        return;
    }
    say(hint,
        "begins with the word \"%.*s\" and has a year and a time of day in a form that "
        "is "
        "not read",
        shown, bytes);
    suggest_pattern(bytes + skipped, length - skipped, hint);
    hint->is_without_word = hint->format[0] != '\0';
}

/* ---- texts ---- */

static void explain_day(const struct time_parts *parts, struct time_hint *hint)
{
    say(hint, "is no date: %s %d has no day %d", time_month_name(parts->month),
        parts->year, parts->day);
}

static void explain_weekday(const struct time_parts *parts, struct time_hint *hint)
{
    int64_t days = calendar_days(parts->year, parts->month, parts->day);
    say(hint, "is no date: %d %s %d is a %s", parts->day, time_month_name(parts->month),
        parts->year, time_weekday_name(calendar_weekday(days)));
}

static void explain_problem(enum time_problem problem, const struct time_parts *parts,
                            struct time_hint *hint)
{
    switch (problem) {
    case TIME_FINE:
    case TIME_NO_TIME:
        break;
    case TIME_NO_DATE:
        say(hint, "is a time of day without a date, or a duration");
        break;
    case TIME_NO_YEAR:
        say(hint, "has no year");
        break;
    case TIME_WEEK_DATE:
        say(hint,
            "is a date by week, which is not read; datetime.fromisoformat of Python "
            "3.11 reads it");
        break;
    case TIME_DAY_OF_YEAR:
        say(hint, "is a year and a day of the year (%%Y-%%j in a --time-format)");
        break;
    case TIME_ZERO_DATE:
        say(hint, "is a placeholder, not a date");
        break;
    case TIME_BAD_MONTH:
        say(hint, "is no date: there is no month %d", parts->month);
        break;
    case TIME_BAD_DAY:
        explain_day(parts, hint);
        break;
    case TIME_BAD_CLOCK:
        say(hint, "has a time of day that does not exist");
        break;
    case TIME_HOUR_24:
        say(hint, "has hour 24; midnight is hour 0 of the next day");
        break;
    case TIME_BAD_WEEKDAY:
        explain_weekday(parts, hint);
        break;
    case TIME_BAD_OFFSET:
        say(hint, "has an offset that is not like +01:00, +0100 or +01");
        break;
    case TIME_ZONE_NAME:
        say(hint,
            "has a time zone by name, which may mean several offsets (+01:00 is read)");
        break;
    case TIME_ZONE_BRACKET:
        say(hint, "has a time zone in brackets; without these it is read");
        break;
    case TIME_OUT_OF_RANGE:
        say(hint, "is outside the years 1 to 9999: a placeholder");
        break;
    }
}

static bool is_word(const char *bytes, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(bytes, word, length) == 0;
}

/* What time_text_read found, and the pattern that reads the text all the same. */
static void explain_refused(enum time_problem problem, const struct time_parts *parts,
                            const char *bytes, size_t length, struct time_hint *hint)
{
    bool has_zone = problem == TIME_ZONE_NAME || problem == TIME_ZONE_BRACKET;
    bool has_words = (problem == TIME_NO_TIME || problem == TIME_NO_DATE) &&
                     time_text_is_near(problem, bytes, length);
    size_t word, skipped = has_words ? skip_first_word(bytes, length, &word) : 0;
    if (skipped > 0) {
        explain_first_word(bytes, length, word, skipped, hint);
        return;
    }
    explain_problem(problem, parts, hint);
    if (has_words)
        say(hint, "has a year and a time of day in a form that is not read");
    if (has_zone || has_words)
        suggest_pattern(bytes, length, hint);
}

static void explain_text(const char *bytes, size_t length, struct time_hint *hint)
{
    struct time_parts parts;
    if (value_is_missing(bytes, length)) {
        say(hint, "is a mark of a missing value");
        return;
    }
    if (is_word(bytes, length, "infinity") || is_word(bytes, length, "-infinity")) {
        say(hint, "is a placeholder, not a date");
        return;
    }
    enum time_problem problem = time_text_read(&parts, bytes, length);
    char text[TIME_HINT_SIZE];
    if (problem != TIME_FINE && time_foreign_explain(bytes, length, text, sizeof text))
        say(hint, "%s", text);
    else if (problem != TIME_FINE)
        explain_refused(problem, &parts, bytes, length, hint);
    else if (parts.is_short_year)
        explain_short_year(&parts, bytes, length, hint);
    else if (parts.order == ORDER_DAY_OR_MONTH)
        explain_order(&parts, hint);
    else {
        struct instant instant;
        explain_problem(time_parts_to_instant(&parts, &instant), &parts, hint);
    }
}

/* A compact date and time with something that makes it no number: "20261122 100400". */
static bool explain_compact(const struct time_format *format, const char *bytes,
                            size_t length, struct time_hint *hint)
{
    const struct time_format compact = {.kind = TIME_COMPACT};
    struct instant instant;
    char text[TIMESTAMP_SIZE];
    if (format->kind == TIME_COMPACT ||
        !time_format_read(&compact, bytes, length, &instant) || !is_plausible(instant))
        return false;
    write_short(text, instant);
    say(hint, "reads as a compact date: %s", text);
    suggest(hint, "compact");
    return true;
}

/* Digits without signs between them, day first. */
static bool explain_pattern(const struct time_format *format, const char *pattern,
                            const char *bytes, size_t length, struct time_hint *hint)
{
    struct time_format other;
    struct instant instant;
    char text[TIMESTAMP_SIZE];
    if (time_format_parse(&other, pattern, NULL) != STATUS_OK ||
        time_format_equals(&other, format) ||
        !time_format_read(&other, bytes, length, &instant) || !is_plausible(instant))
        return false;
    write_short(text, instant);
    say(hint, "reads day first as %s (--time-format %s)", text, pattern);
    suggest(hint, pattern);
    return true;
}

void time_format_explain(const struct time_format *format, const char *bytes,
                         size_t length, struct time_hint *hint)
{
    struct decimal decimal;
    struct instant instant;
    *hint = (struct time_hint){.text = ""};
    bytes = value_trim(bytes, &length);
    if (time_format_read(format, bytes, length, &instant)) {
        if (instant_is_placeholder(instant))
            say(hint, "is a placeholder, not a time: it is in the year %s",
                instant.us < 0 ? "1" : "9999");
        return;
    }
    const char *pattern = time_foreign_pattern(bytes, length);
    if (pattern && explain_pattern(format, pattern, bytes, length, hint))
        return;
    if (decimal_scan(&decimal, bytes, length, '.')) {
        explain_number(format, bytes, length, hint);
        return;
    }
    bool reads_otherwise =
        format->kind == TIME_PATTERN && instant_parse(bytes, length, &instant);
    if (reads_otherwise) {
        say(hint, "is not in the format %s", format->pattern);
        suggest(hint, "auto");
    } else if (decimal_scan(&decimal, bytes, length, ',')) {
        say(hint, "has a decimal comma");
    } else {
        explain_text(bytes, length, hint);
        if (hint->text[0] == '\0' && !explain_compact(format, bytes, length, hint) &&
            format->kind == TIME_PATTERN)
            say(hint, "is not in the format %s", format->pattern);
    }
}

/* ---- sentences ---- */

void time_format_refusal(const struct time_format *format, const char *bytes,
                         size_t length, char text[TIME_REFUSAL_SIZE])
{
    struct time_hint hint;
    char whole[2 * TIME_REFUSAL_SIZE];
    time_format_explain(format, bytes, length, &hint);
    (void)snprintf(whole, sizeof whole, "cannot be read as a time%s%s",
                   hint.text[0] != '\0' ? ": it " : "", hint.text);
    utf8_copy(text, TIME_REFUSAL_SIZE, whole);
}

void time_format_expected(const struct time_format *format, char text[TIME_EXPECTED_SIZE])
{
    static const char *const forms[] = {
        [TIME_AUTO] = "RFC 3339, or seconds since the epoch",
        [TIME_SECONDS] = "RFC 3339, or seconds since the epoch",
        [TIME_MILLISECONDS] = "RFC 3339, or milliseconds since the epoch",
        [TIME_MICROSECONDS] = "RFC 3339, or microseconds since the epoch",
        [TIME_NANOSECONDS] = "RFC 3339, or nanoseconds since the epoch",
        [TIME_EXCEL] = "RFC 3339, or days since 1899-12-31",
        [TIME_EXCEL_1904] = "RFC 3339, or days since 1904-01-01",
        [TIME_COMPACT] = "RFC 3339, or digits as yyyymmddHHMMSS",
        [TIME_DAY_FIRST] = "RFC 3339, or a date day first",
        [TIME_MONTH_FIRST] = "RFC 3339, or a date month first",
        [TIME_RELATIVE_MILLISECONDS] = "a number of milliseconds",
        [TIME_RELATIVE_MICROSECONDS] = "a number of microseconds",
        [TIME_RELATIVE_NANOSECONDS] = "a number of nanoseconds",
        [TIME_PATTERN] = "a time as "};
    (void)snprintf(text, TIME_EXPECTED_SIZE, "%s%.36s", forms[format->kind],
                   format->kind == TIME_PATTERN ? format->pattern : "");
}

bool time_text_is_likely(const char *bytes, size_t length)
{
    struct time_parts parts;
    struct instant instant;
    if (instant_parse(bytes, length, &instant))
        return true;
    enum time_problem problem = time_text_read(&parts, bytes, length);
    if (problem == TIME_ZONE_NAME || problem == TIME_ZONE_BRACKET)
        return time_text_is_near(problem, bytes, length);
    if (problem != TIME_FINE || (parts.is_short_year && !parts.has_clock))
        return false;
    return parts.order == ORDER_CERTAIN ? is_instant(&parts)
                                        : is_date(&parts, true) || is_date(&parts, false);
}

/* 20261122 */
static bool is_compact_date(double number)
{
    if (!(number >= 19000101 && number <= 21001231))
        return false;
    uint32_t digits = (uint32_t)number, month = digits / 100 % 100, day = digits % 100;
    return number == digits && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool time_named_is_likely(const char *bytes, size_t length)
{
    struct time_parts parts;
    double number;
    if (value_number(bytes, length, DECIMAL_POINT, &number))
        return number >= 1e8 || is_compact_date(number);
    return time_text_is_likely(bytes, length) ||
           time_text_is_near(time_text_read(&parts, bytes, length), bytes, length);
}

/* ---- names ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Is a word of a name one that times have?  "at" counts as the last word only. */
static bool is_time_word(const char *word, size_t length, bool is_last, bool is_only)
{
    static const char *const words[] = {
        "time",     "times",  "timestamp", "date",     "datetime",  "ts",
        "when",     "epoch",  "datum",     "zeit",     "zeitpunkt", "timestmp",
        "uhrzeit",  "clock",  "created",   "occurred", "opened",    "began",
        "happened", "logged", "reported",  "received", "detected",  "triggered",
        "raised",   "started"};
    char lowered[16];
    if (length >= sizeof lowered)
        return false;
    for (size_t i = 0; i < length; i++)
        lowered[i] = lower(word[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(lowered, length, words[i]))
            return true;
    return is_last && !is_only &&
           (is_word(lowered, length, "at") || is_word(lowered, length, "on"));
}

bool time_name_is_likely(const char *name, size_t length)
{
    enum { LONGEST_NAME = 4096 };
    size_t begin = 0, count = 0;
    if (length > LONGEST_NAME)
        return false;
    for (size_t i = 0; i <= length; i++) {
        bool has_ended = i == length || !is_letter(name[i]);
        /* createdAt: a new word begins with a capital after a small letter */
        bool is_camel = i > begin && i < length && is_letter(name[i]) &&
                        lower(name[i]) != name[i] && lower(name[i - 1]) == name[i - 1];
        if ((!has_ended && !is_camel) || i == begin) {
            begin = has_ended ? i + 1 : begin;
            continue;
        }
        if (is_time_word(name + begin, i - begin, i == length, count == 0))
            return true;
        count++;
        begin = is_camel ? i : i + 1;
    }
    return false;
}
