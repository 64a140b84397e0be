/*
 * How the times of a column are read, when RFC 3339 is not all: `--time-format`, and the key
 * "time_format" of a model file.
 *
 *     struct time_format format = TIME_FORMAT_DEFAULT;
 *     time_format_parse(&format, "day-first", &err);
 *     time_format_read(&format, "22/11/2026 10:04", 16, &instant);
 *
 * There is one function for texts and numbers: it takes the bytes of the cell, of the JSON string
 * (unescaped) or of the JSON number as written, so that no digit is lost and CSV and JSON agree.
 *
 * | text           | numbers are                               | texts                           |
 * | auto           | seconds since the epoch, years 1 to 2999  | those of instant_parse          |
 * | seconds        | seconds since the epoch                   | the same                        |
 * | milliseconds, microseconds, nanoseconds  | these since the epoch | the same                  |
 * | excel          | days, 1 is 1900-01-01, with the day 1900-02-29 that never was | the same    |
 * | excel-1904     | days since 1904-01-01                     | the same                        |
 * | compact        | yyyymmdd, and with HH, HHMM, HHMMSS[.fff] | the same, and with a zone |
 * | day-first      | as auto                                   | the same, and 22/11/2026 10:04  |
 * | month-first    | as auto                                   | the same, and 11/22/2026 10:04  |
 * | a pattern      | only if the pattern takes their digits    | those of the pattern            |
 *
 * A number may have a decimal comma after four digits or more.
 *
 * auto refuses a number that is a date as yyyymmdd: 20261122 s would be a day of August 1970.
 * milliseconds and finer refuse a number before 1990 that would be a time of 1990 to 2100 in a
 * coarser unit: a client sends seconds to a model that was trained on milliseconds.  For relative
 * times there are relative-milliseconds, relative-microseconds and relative-nanoseconds; relative
 * seconds are auto.
 *
 * A pattern is like strptime's: %Y %y %m %d %e %b %B %a %A %H %I %M %S %f %p %z %Z %j %s %F %T %R
 * %D %%; a blank takes any blanks, every other character itself.  %S takes a leap second, %f any
 * number of digits, %z every zone that instant_parse takes, %y 1969 to 2068.  RFC 3339 is read
 * as well; beside a pattern that begins with the year only with T and a zone, and not beside one of
 * year, day and month.
 */
#ifndef TRIAGE_TIME_FORMAT_H
#define TRIAGE_TIME_FORMAT_H

#include "base/decimal.h"
#include "base/error.h"
#include "base/timestamp.h"

enum time_format_kind {
    TIME_AUTO,
    TIME_SECONDS,
    TIME_MILLISECONDS,
    TIME_MICROSECONDS,
    TIME_NANOSECONDS,
    TIME_EXCEL,
    TIME_EXCEL_1904,
    TIME_COMPACT,
    TIME_DAY_FIRST,
    TIME_MONTH_FIRST,
    TIME_RELATIVE_MILLISECONDS,
    TIME_RELATIVE_MICROSECONDS,
    TIME_RELATIVE_NANOSECONDS,
    TIME_PATTERN
};

/* The end of the numbers that auto reads: the year 3000, in seconds since 1970. */
#define TIME_AUTO_END_SECOND INT64_C(32503680000)

enum { TIME_FORMAT_SIZE = 64, TIME_HINT_SIZE = 160 };

/* Plain data: it may be copied. */
struct time_format {
    enum time_format_kind kind;
    char pattern[TIME_FORMAT_SIZE]; /* of TIME_PATTERN */
};

#define TIME_FORMAT_DEFAULT ((struct time_format){.kind = TIME_AUTO})

/* From the text of an option or of a model file; STATUS_BAD_OPTION says what is wrong with it. */
enum status time_format_parse(struct time_format *format, const char *text,
                              struct error *err);

/* The text that time_format_parse reads back; valid as long as format. */
const char *time_format_text(const struct time_format *format);

bool time_format_equals(const struct time_format *a, const struct time_format *b);

/* False, and *instant unchanged, when the bytes are not a time in this format. */
bool time_format_read(const struct time_format *format, const char *bytes, size_t length,
                      struct instant *instant);

/* Scan a number with a decimal comma that cannot separate thousands: 45352,379. */
bool time_format_scan_comma(struct decimal *decimal, const char *bytes, size_t length);

/*
 * Why a text or number is refused, and what was probably meant.
 *
 * text completes `"20241105" ...`: "reads as a compact date: 2024-11-05"; "" when there is nothing
 * to say but that it is not a time.  format is the --time-format that would read it, or "".
 */
struct time_hint {
    char text[TIME_HINT_SIZE];
    char format[TIME_FORMAT_SIZE];
    bool is_without_word; /* format reads what comes after the first word of the text */
    bool is_day_first;    /* with another format the text would be a date month first */
};

/* Also for a placeholder, which time_format_read accepts and a caller may refuse. */
void time_format_explain(const struct time_format *format, const char *bytes,
                         size_t length, struct time_hint *hint);

enum { TIME_REFUSAL_SIZE = 160, TIME_EXPECTED_SIZE = 48 };

/* The same as a sentence: "cannot be read as a time: it has no year". */
void time_format_refusal(const struct time_format *format, const char *bytes,
                         size_t length, char text[TIME_REFUSAL_SIZE]);

/* What a format reads: "RFC 3339, or seconds since the epoch". */
void time_format_expected(const struct time_format *format,
                          char text[TIME_EXPECTED_SIZE]);

/*
 * Is a text a time, or one that is refused only for its order of day and month, its year of two digits
 * or its zone?
 */
bool time_text_is_likely(const char *bytes, size_t length);

/*
 * The same for a text or number under a key that sounds like a time: also seconds since 1973 or finer,
 * a compact date, and a text that is nearly a time (Nov 22 10:04:00).
 */
bool time_named_is_likely(const char *bytes, size_t length);

/*
 * Does the name of a column or key sound like a time ("timestamp", "occurred_at", "@timestamp",
 * "ts", "createdDate")?  For messages only; the cells decide.
 */
bool time_name_is_likely(const char *name, size_t length);

#endif
