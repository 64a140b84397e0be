/* The formats of times: their texts, what they read and refuse, and what is said of a refusal. */
#include "base/time_format.h"

#include <stdlib.h>
#include <string.h>

#include "unit/suites.h"

static struct time_format format_of(const char *text)
{
    struct time_format format;
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(time_format_parse(&format, text, &err) == STATUS_OK, "%s: %s", text,
                  err.text);
    return format;
}

/* ---- the text of a format ---- */

static const char *const good[] = {
    "auto",        "seconds",     "milliseconds", "microseconds",
    "nanoseconds", "excel",       "excel-1904",   "compact",
    "day-first",   "month-first", "%d.%m.%Y",     "%d.%m.%Y %H:%M:%S",
    "%FT%T%z",     "%s",          "%Y-%j",        "%m/%d/%y %I:%M %p",
    "%Y",          "100%% %Y"};

START_TEST(test_text_of_a_format_is_read_back)
{
    struct time_format format = format_of(good[_i]);
    ck_assert_str_eq(time_format_text(&format), good[_i]);
    struct time_format again = format_of(time_format_text(&format));
    ck_assert(time_format_equals(&format, &again));
    struct time_format other = format_of(good[(_i + 1) % COUNT(good)]);
    ck_assert(!time_format_equals(&format, &other));
}
END_TEST

static const struct {
    const char *about, *text, *error;
} bad[] = {
    {"a typing error", "day_frist", "did you mean \"day-first\"?"},
    {"letters without %", "DD.MM.YYYY", "a pattern such as %d.%m.%Y %H:%M"},
    {"empty", "", "unknown time format \"\""},
    {"an unknown letter", "%Y-%m-%Q", "unknown letter, %Q"},
    {"an unknown letter of two bytes", "%Y-%m-%\xC3\xA4", "unknown letter, %\xC3\xA4"},
    {"% at the end", "%Y-%m-%", "ends with a single %"},
    {"no year", "%d.%m. %H:%M", "no year"},
    {"a day without a month", "%Y %d", "no month"},
    {"12 hours without AM or PM", "%F %I:%M", "%I without %p"},
    {"AM or PM with 24 hours", "%F %H:%M %p", "%p without %I"},
    {"too long", "%Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y %Y",
     "more than 63 bytes"},
};

START_TEST(test_wrong_formats_are_refused_by_name)
{
    struct time_format format = {.kind = TIME_EXCEL};
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(time_format_parse(&format, bad[_i].text, &err) == STATUS_BAD_OPTION,
                  "%s", bad[_i].about);
    ck_assert_msg(strstr(err.text, bad[_i].error), "%s: %s", bad[_i].about, err.text);
    ck_assert(format.kind == TIME_EXCEL);
}
END_TEST

/* ---- reading ---- */

static const struct {
    const char *about, *format, *text, *expected; /* NULL: refused */
} reads[] = {
    {"seconds", "auto", "1795341840", "2026-11-22T10:04:00Z"},
    {"seconds as text with blanks", "auto", " 1795341840.5 ",
     "2026-11-22T10:04:00.500000Z"},
    {"relative seconds", "auto", "12.5", "1970-01-01T00:00:12.500000Z"},
    {"before 1970", "auto", "-1", "1969-12-31T23:59:59Z"},
    {"RFC 3339", "auto", "2026-11-22T10:04:00+01:00", "2026-11-22T09:04:00Z"},
    {"a compact date is no second of 1970", "auto", "20261122", NULL},
    {"written otherwise", "auto", "20261122.0", NULL},
    {"eight digits that are no date", "auto", "20261322", "1970-08-23T12:08:42Z"},
    {"milliseconds", "auto", "1795341840000", NULL},
    {"the year 3000", "auto", "32503680000", NULL},
    {"just before it", "auto", "32503679999", "2999-12-31T23:59:59Z"},
    {"a compact date and time", "auto", "202611221004", NULL},
    {"day first", "auto", "22/11/2026", NULL},

    {"a compact date of someone who means it", "seconds", "20261122",
     "1970-08-23T12:05:22Z"},
    {"years after 3000", "seconds", "32503680000", "3000-01-01T00:00:00Z"},
    {"texts beside seconds", "seconds", "2026-11-22 10:04", "2026-11-22T10:04:00Z"},
    {"milliseconds", "milliseconds", "1795341840123", "2026-11-22T10:04:00.123000Z"},
    {"small milliseconds", "milliseconds", "1500", "1970-01-01T00:00:01.500000Z"},
    {"seconds for milliseconds", "milliseconds", "1795341840", NULL},
    {"seconds for nanoseconds", "nanoseconds", "1795341840.5", NULL},
    {"milliseconds for nanoseconds", "nanoseconds", "1795341840123", NULL},
    {"no time in any other unit", "nanoseconds", "90000000000", "1970-01-01T00:01:30Z"},
    {"relative milliseconds", "relative-milliseconds", "1795341840",
     "1970-01-21T18:42:21.840000Z"},
    {"relative nanoseconds", "relative-nanoseconds", "1795341840.5",
     "1970-01-01T00:00:01.795341840Z"},
    {"relative microseconds", "relative-microseconds", "1795341840",
     "1970-01-01T00:29:55.341840Z"},
    {"texts beside milliseconds", "milliseconds", "2026-11-22T10:04:00Z",
     "2026-11-22T10:04:00Z"},
    {"Jaeger", "microseconds", "1795341840123456", "2026-11-22T10:04:00.123456Z"},
    {"OpenTelemetry", "nanoseconds", "1795341840123456789",
     "2026-11-22T10:04:00.123456789Z"},
    {"too many nanoseconds", "nanoseconds", "1795341840123456789000000", NULL},

    {"a day", "excel", "46348", "2026-11-22T00:00:00Z"},
    {"a day and a time", "excel", "46348.4194444444", "2026-11-22T10:04:00Z"},
    {"just before the hour by its digits", "excel", "46348.4583333333",
     "2026-11-22T11:00:00Z"},
    {"a millisecond", "excel", "46348.41944445602", "2026-11-22T10:04:00.001000Z"},
    {"the first", "excel", "1", "1900-01-01T00:00:00Z"},
    {"the last before the day that never was", "excel", "59", "1900-02-28T00:00:00Z"},
    {"the day that never was", "excel", "60", NULL},
    {"within it", "excel", "60.5", NULL},
    {"after it", "excel", "61", "1900-03-01T00:00:00Z"},
    {"a time without a day", "excel", "0.5", NULL},
    {"the last", "excel", "2958465", "9999-12-31T00:00:00Z"},
    {"after the last", "excel", "2958466", NULL},
    {"texts beside it", "excel", "2026-11-22", "2026-11-22T00:00:00Z"},
    {"the old Macintosh", "excel-1904", "44886", "2026-11-22T00:00:00Z"},
    {"its first day", "excel-1904", "0", "1904-01-01T00:00:00Z"},

    {"a date", "compact", "20261122", "2026-11-22T00:00:00Z"},
    {"with the hour", "compact", "2026112210", "2026-11-22T10:00:00Z"},
    {"with the minute", "compact", "202611221004", "2026-11-22T10:04:00Z"},
    {"with the second", "compact", "20261122100459", "2026-11-22T10:04:59Z"},
    {"with a fraction", "compact", "20261122100459.25", "2026-11-22T10:04:59.250000Z"},
    {"with milliseconds", "compact", "20261122100459123", "2026-11-22T10:04:59.123000Z"},
    {"with microseconds", "compact", "20261122100459123456",
     "2026-11-22T10:04:59.123456Z"},
    {"with a blank", "compact", "20261122 100459", "2026-11-22T10:04:59Z"},
    {"with an underscore", "compact", "20261122_1004", "2026-11-22T10:04:00Z"},
    {"LDAP", "compact", "20261122100459Z", "2026-11-22T10:04:59Z"},
    {"with an offset", "compact", "20261122100459+0100", "2026-11-22T09:04:59Z"},
    {"a leap second", "compact", "20161231235960", "2016-12-31T23:59:60Z"},
    {"RFC 3339 beside it", "compact", "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"no date", "compact", "20261332", NULL},
    {"seconds", "compact", "1795341840", NULL},
    {"eleven digits", "compact", "20261122100", NULL},

    {"ServiceNow in Europe", "day-first", "22/11/2026 10:04:00", "2026-11-22T10:04:00Z"},
    {"the same day of the month", "day-first", "01/02/2026 10:04",
     "2026-02-01T10:04:00Z"},
    {"Germany", "day-first", "1.2.2026, 10:04:00", "2026-02-01T10:04:00Z"},
    {"the Netherlands", "day-first", "22-11-2026 10:04", "2026-11-22T10:04:00Z"},
    {"with a zone", "day-first", "22/11/2026 10:04:00 +0100", "2026-11-22T09:04:00Z"},
    {"Australia", "day-first", "22/11/2026 10:04 PM", "2026-11-22T22:04:00Z"},
    {"month first", "day-first", "11/22/2026", NULL},
    {"year first beside it", "day-first", "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"seconds beside it", "day-first", "1795341840", "2026-11-22T10:04:00Z"},
    {"two digits of a year", "day-first", "22/11/26", NULL},
    {"the United States", "month-first", "11/22/2026, 10:04:00 AM",
     "2026-11-22T10:04:00Z"},
    {"the same month", "month-first", "1/2/2026 10:04", "2026-01-02T10:04:00Z"},
    {"day first", "month-first", "22/11/2026", NULL},

    {"Jira", "%d/%b/%y %I:%M %p", "22/Nov/26 10:04 AM", "2026-11-22T10:04:00Z"},
    {"Jira, small letters", "%d/%b/%y %I:%M %p", "22/nov/26 10:04 pm",
     "2026-11-22T22:04:00Z"},
    {"Oracle", "%d-%b-%y %I.%M.%S.%f %p", "22-NOV-26 10.04.00.000000 AM",
     "2026-11-22T10:04:00Z"},
    {"points", "%d.%m.%Y %H:%M:%S", "22.11.2026 10:04:00", "2026-11-22T10:04:00Z"},
    {"one digit is enough", "%d.%m.%Y %H:%M", "1.2.2026 3:04", "2026-02-01T03:04:00Z"},
    {"blanks match blanks", "%d.%m.%Y %H:%M", "01.02.2026   03:04",
     "2026-02-01T03:04:00Z"},
    {"less than the pattern", "%d.%m.%Y %H:%M", "01.02.2026", NULL},
    {"more than the pattern", "%d.%m.%Y", "01.02.2026 10:04", NULL},
    {"RFC 3339 beside a pattern that begins in another way", "%d.%m.%Y",
     "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"not beside one that begins with the year", "%Y-%d-%m %H:%M:%S",
     "2026-22-11 10:04:00", "2026-11-22T10:04:00Z"},
    {"RFC 3339 beside one of the same order", "%Y-%m-%d %H:%M", "2026-11-22T10:04:00Z",
     "2026-11-22T10:04:00Z"},
    {"with an offset", "%F %T", "2026-11-22T11:04:00+01:00", "2026-11-22T10:04:00Z"},
    {"not without a zone", "%F %T %z", "2026-11-22T10:04:00", NULL},
    {"not beside year, day, month", "%Y-%d-%m", "2026-11-12T10:04:00Z", NULL},
    {"another order of it", "%Y-%d-%m %H:%M:%S", "2026-11-22 10:04:00", NULL},
    {"a number is no pattern of points", "%d.%m.%Y", "1795341840", NULL},
    {"digits by pattern", "%Y%m%d%H", "2026112210", "2026-11-22T10:00:00Z"},
    {"a year", "%Y", "2026", "2026-01-01T00:00:00Z"},
    {"a year and a month", "%m/%Y", "11/2026", "2026-11-01T00:00:00Z"},
    {"a day of the year", "%Y-%j", "2026-326", "2026-11-22T00:00:00Z"},
    {"a day of another year", "%Y-%j", "2026-366", NULL},
    {"an offset", "%F %T %z", "2026-11-22 10:04:00 +01:00", "2026-11-22T09:04:00Z"},
    {"UTC", "%F %T %Z", "2026-11-22 10:04:00 UTC", "2026-11-22T10:04:00Z"},
    {"another zone", "%F %T %Z", "2026-11-22 10:04:00 CET", NULL},
    {"a fraction", "%F %T.%f", "2026-11-22 10:04:00.123456789",
     "2026-11-22T10:04:00.123456789Z"},
    {"a prefix", "ts=%s", "ts=1795341840", "2026-11-22T10:04:00Z"},
    {"a weekday", "%a %e %B %Y", "Sunday  1 November 2026", "2026-11-01T00:00:00Z"},
    {"the wrong weekday", "%a %e %B %Y", "Monday 1 November 2026", NULL},
    {"a per cent sign", "%%%Y", "%2026", "2026-01-01T00:00:00Z"},
    {"two digits before 1969", "%d.%m.%y", "22.11.69", "1969-11-22T00:00:00Z"},
    {"two digits after 1999", "%d.%m.%y", "22.11.68", "2068-11-22T00:00:00Z"},
    {"hour 13 of 12", "%F %I:%M %p", "2026-11-22 13:04 PM", NULL},
    {"hour 24", "%F %R", "2026-11-22 24:00", NULL},
    {"30 February", "%d.%m.%Y", "30.02.2026", NULL},
    {"nothing", "%d.%m.%Y", "", NULL},
    {"nothing, auto", "auto", "", NULL},
};

START_TEST(test_formats_read_or_refuse)
{
    struct time_format format = format_of(reads[_i].format);
    struct instant instant = {.us = 42};
    char written[TIMESTAMP_SIZE] = "refused";
    const char *text = reads[_i].text;
    bool is_read = time_format_read(&format, text, strlen(text), &instant);
    if (is_read)
        instant_format(written, instant);
    ck_assert_msg(is_read == (reads[_i].expected != NULL), "%s, %s \"%s\": %s",
                  reads[_i].format, reads[_i].about, text, written);
    ck_assert_msg(is_read ? strcmp(written, reads[_i].expected) == 0 : instant.us == 42,
                  "%s, %s: %s", reads[_i].format, reads[_i].about, written);
}
END_TEST

START_TEST(test_no_byte_after_the_text_is_read_by_a_format)
{
    struct time_format format = format_of(reads[_i].format);
    const char *text = reads[_i].text;
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct instant instant;
        struct time_hint hint;
        char *exact = malloc(cut + (cut == 0)); /* a sanitizer sees a read past its end */
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, cut);
        if (!time_format_read(&format, exact, cut, &instant))
            time_format_explain(&format, exact, cut, &hint);
        free(exact);
    }
}
END_TEST

/* ---- explanations ---- */

static const struct {
    const char *format, *text, *expected, *suggested;
} hints[] = {
    {"auto", "20241105", "reads as a compact date: 2024-11-05", "compact"},
    {"auto", "202411051004", "reads as a compact date: 2024-11-05T10:04:00Z", "compact"},
    {"auto", "20241105100459", "reads as a compact date: 2024-11-05T10:04:59Z",
     "compact"},
    {"auto", "20241105 100459", "reads as a compact date: 2024-11-05T10:04:59Z",
     "compact"},
    {"auto", "1795341840123",
     "reads as milliseconds since the epoch: 2026-11-22T10:04:00.123000Z",
     "milliseconds"},
    {"auto", "1795341840123456",
     "reads as microseconds since the epoch: 2026-11-22T10:04:00.123456Z",
     "microseconds"},
    {"auto", "1795341840123456789",
     "reads as nanoseconds since the epoch: 2026-11-22T10:04:00.123456789Z",
     "nanoseconds"},
    {"milliseconds", "1795341840123456789",
     "reads as nanoseconds since the epoch: 2026-11-22T10:04:00.123456789Z",
     "nanoseconds"},
    {"milliseconds", "1795341840",
     "reads as seconds since the epoch: 2026-11-22T10:04:00Z; for relative times there "
     "is "
     "relative-milliseconds",
     "seconds"},
    {"excel", "1795341840", "reads as seconds since the epoch: 2026-11-22T10:04:00Z",
     "seconds"},
    {"compact", "46348.5", "reads as a serial day of a spreadsheet: 2026-11-22T12:00:00Z",
     "excel"},
    {"%d.%m.%Y", "46348", "reads as a serial day of a spreadsheet: 2026-11-22", "excel"},
    {"%d.%m.%Y", "2026", "reads as the year 2026, without month and day", ""},
    {"auto", "1e30", "is outside the years 1 to 9999, or of no known unit", ""},
    {"auto", "5,5", "has a decimal comma", ""},
    {"auto", "01/02/2026", "is 2026-02-01 day first or 2026-01-02 month first", ""},
    {"auto", "22/11/2026 10:04:00", "reads day first: 2026-11-22", "day-first"},
    {"auto", "11/22/2026 10:04 PM", "reads month first: 2026-11-22", "month-first"},
    {"auto", "22.11.2026", "reads day first: 2026-11-22", "day-first"},
    {"auto", "32.13.2026", "is no date, neither day first nor month first", ""},
    {"auto", "22/Nov/26 10:04 AM",
     "has a year of two digits: 2026-11-22 if %d/%b/%y %I:%M %p", "%d/%b/%y %I:%M %p"},
    {"auto", "22-NOV-26 10.04.00.000000 AM",
     "has a year of two digits: 2026-11-22 if %d-%b-%y %I.%M.%S.%f %p",
     "%d-%b-%y %I.%M.%S.%f %p"},
    {"auto", "22/11/26 10:04", "has a year of two digits: 2026-11-22 if %d/%m/%y %H:%M",
     ""},
    {"auto", "11/22/26", "has a year of two digits: 2026-11-22 if %m/%d/%y", ""},
    {"auto", "22 Nov 26 10:04:00 +0100",
     "has a year of two digits: 2026-11-22 if %d %b %y %H:%M:%S %z",
     "%d %b %y %H:%M:%S %z"},
    {"auto", "99/99/99", "has a year of two digits", ""},
    {"auto", "2023-02-29", "is no date: February 2023 has no day 29", ""},
    {"auto", "2024-13-01", "is no date: there is no month 13", ""},
    {"auto", "Mon, 22 Nov 2026", "is no date: 22 November 2026 is a Sunday", ""},
    {"auto", "2024-11-05 25:00", "has a time of day that does not exist", ""},
    {"auto", "2024-11-05 24:00", "has hour 24; midnight is hour 0 of the next day", ""},
    {"auto", "10:04:00", "is a time of day without a date, or a duration", ""},
    {"auto", "Nov 22 10:04:00", "has no year", ""},
    {"auto", "2026-W47-7",
     "is a date by week, which is not read; datetime.fromisoformat of Python 3.11 reads "
     "it",
     ""},
    {"auto", "2026-01-05T04:08:44Z/2026-01-05T04:10:44Z",
     "is a range of two times; without the second, from \"/\" on, it is read", ""},
    {"auto", "2026-01-05 04:08 - 2026-01-05 04:10",
     "is a range of two times; without the second, from \" - \" on, it is read", ""},
    {"auto", "\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA6-01-05 04:08",
     "has digits of another script; sed 'y/٠١٢٣٤٥٦٧٨٩/0123456789/' makes them ASCII", ""},
    {"auto", "\xEF\xBC\x92\xEF\xBC\x90\xEF\xBC\x92\xEF\xBC\x96-01-05 04:08",
     "has digits of another script, not of ASCII", ""},
    {"auto", "5 janv. 2026 04:08:44",
     "has a month in another language; sed 's/janv\\./Jan/', and so on for the others, "
     "makes "
     "it English",
     ""},
    {"auto", "05 Okt 2026 04:08",
     "has a month in another language; sed 's/Okt/Oct/', and so on for the others, makes "
     "it "
     "English",
     ""},
    {"auto", "15012026040844",
     "reads day first as 2026-01-15T04:08:44Z (--time-format %d%m%Y%H%M%S)",
     "%d%m%Y%H%M%S"},
    {"auto", "05012026", "reads day first as 2026-01-05 (--time-format %d%m%Y)",
     "%d%m%Y"},
    {"auto", "2026-326", "is a year and a day of the year (%Y-%j in a --time-format)",
     ""},
    {"auto", "0000-00-00 00:00:00", "is a placeholder, not a date", ""},
    {"auto", "infinity", "is a placeholder, not a date", ""},
    {"auto", "0001-01-01T00:00:00Z", "is a placeholder, not a time: it is in the year 1",
     ""},
    {"auto", "9999-12-31 23:59:59",
     "is a placeholder, not a time: it is in the year 9999", ""},
    {"auto", "0001-01-01T00:00:00+01:00", "is outside the years 1 to 9999: a placeholder",
     ""},
    {"auto", "2024-11-05 10:04 CET",
     "has a time zone by name, which may mean several offsets (+01:00 is read)",
     "%Y-%m-%d %H:%M CET"},
    {"auto", "11/22/2026 10:04 PM EST",
     "has a time zone by name, which may mean several offsets (+01:00 is read)",
     "%m/%d/%Y %I:%M %p EST"},
    {"auto", "1/2/2026 10:04 PM EST",
     "has a time zone by name, which may mean several offsets (+01:00 is read)",
     "%d/%m/%Y %I:%M %p EST"},
    {"auto", "01.02.2026, 10:04 Uhr",
     "has a year and a time of day in a form that is not read", "%d.%m.%Y, %H:%M Uhr"},
    {"auto", "So, 2026-02-01 10:04",
     "begins with the word \"So\"; without it, it is read", ""},
    {"auto", "lun. 1 Feb 2026 10:04",
     "begins with the word \"lun\"; without it, it is read", ""},
    {"auto", "So, mai 1 2026 10:04",
     "has a month in another language; sed 's/mai/May/', and so on for the others, makes "
     "it "
     "English",
     ""},
    {"auto", "2024-11-05_10-04-12",
     "has a year and a time of day in a form that is not read", "%Y-%m-%d_%H-%M-%S"},
    {"auto", "2024-11-05 \xCB 10:04 \xCB",
     "has a year and a time of day in a form that is not read", ""},
    {"auto", "22/11 10:04:00", "has no year", ""},
    {"auto", "2024-11-05T10:04:00+01:00[Europe/Berlin]",
     "has a time zone in brackets; without these it is read",
     "%Y-%m-%dT%H:%M:%S%z[Europe/Berlin]"},
    {"auto", "'2024-11-05 10:04:00'",
     "has a year and a time of day in a form that is not read", "'%Y-%m-%d %H:%M:%S'"},
    {"auto", "am 5. Nov 2024 um 10:04 Uhr",
     "has a year and a time of day in a form that is not read",
     "am %d. %b %Y um %H:%M Uhr"},
    {"auto", "5 mai 2024 10:04",
     "has a month in another language; sed 's/mai/May/', and so on for the others, makes "
     "it "
     "English",
     ""},
    {"auto", "100 % of 2024-11-05 10:04",
     "has a year and a time of day in a form that is not read", ""},
    {"auto", "/Date(253402300800000)/", "is outside the years 1 to 9999: a placeholder",
     ""},
    {"auto", "/Date(-62135596800000)/",
     "is a placeholder, not a time: it is in the year 1", ""},
    {"auto", "2024-11-05T10:04:00+1",
     "has an offset that is not like +01:00, +0100 or +01", ""},
    {"auto", "NULL", "is a mark of a missing value", ""},
    {"auto", "", "is a mark of a missing value", ""},
    {"auto", "yesterday", "", ""},
    {"auto", "2026-11-22T10:04:00Z", "", ""},
    {"%Y-%d-%m", "2026-11-22", "is not in the format %Y-%d-%m", "auto"},
    {"%d.%m.%Y", "soon", "is not in the format %d.%m.%Y", ""},
};

START_TEST(test_refusals_say_what_was_meant)
{
    struct time_format format = format_of(hints[_i].format);
    struct time_hint hint;
    time_format_explain(&format, hints[_i].text, strlen(hints[_i].text), &hint);
    ck_assert_msg(strcmp(hint.text, hints[_i].expected) == 0, "%s: %s", hints[_i].text,
                  hint.text);
    ck_assert_msg(strcmp(hint.format, hints[_i].suggested) == 0, "%s: %s", hints[_i].text,
                  hint.format);
    ck_assert(!hint.is_without_word);
    if (hint.format[0] == '\0')
        return;
    struct time_format suggested = format_of(hint.format);
    struct instant instant;
    ck_assert_msg(
        time_format_read(&suggested, hints[_i].text, strlen(hints[_i].text), &instant),
        "%s is not read by %s", hints[_i].text, hint.format);
}
END_TEST

static const struct {
    const char *format, *text, *refusal, *expected;
} refusals[] = {
    {"auto", "22/11/2026 10:04",
     "cannot be read as a time: it reads day first: 2026-11-22",
     "RFC 3339, or seconds since the epoch"},
    {"day-first", "11/22/2026 10:04",
     "cannot be read as a time: it reads month first: 2026-11-22",
     "RFC 3339, or a date day first"},
    {"milliseconds", "soon", "cannot be read as a time",
     "RFC 3339, or milliseconds since the epoch"},
    {"%d.%m.%Y", "2026.11.22",
     "cannot be read as a time: it is not in the format %d.%m.%Y", "a time as %d.%m.%Y"},
    {"auto", "99999999999999",
     "cannot be read as a time: it is outside the years 1 to 9999, or of no known unit",
     "RFC 3339, or seconds since the epoch"},
};

START_TEST(test_refusals_name_the_reason)
{
    struct time_format format = format_of(refusals[_i].format);
    char text[TIME_REFUSAL_SIZE], expected[TIME_EXPECTED_SIZE];
    time_format_refusal(&format, refusals[_i].text, strlen(refusals[_i].text), text);
    time_format_expected(&format, expected);
    ck_assert_str_eq(text, refusals[_i].refusal);
    ck_assert_str_eq(expected, refusals[_i].expected);
}
END_TEST

static const struct {
    const char *text;
    bool is_likely;
} texts[] = {
    {"2026-11-22T10:04:00Z", true},
    {"13/01/2026 10:04", true},
    {"01/02/2026", true},
    {"22/Nov/26 10:04 AM", true},
    {"2026-11-22 10:04 CET", true},
    {"/Date(1767236333000)/", true},
    {"2026-13-45", false},
    {"45/45/2026", false},
    {"10:04:00", false},
    {"1.25.13", false},
    {"soon", false},
    {"", false},
};

START_TEST(test_texts_of_times_are_likely)
{
    const char *text = texts[_i].text;
    ck_assert_msg(time_text_is_likely(text, strlen(text)) == texts[_i].is_likely, "%s",
                  text);
}
END_TEST

static const struct {
    const char *name;
    bool is_likely;
} columns[] = {
    {"time", true},        {"timestamp", true},  {"@timestamp", true},
    {"ts", true},          {"created_at", true}, {"createdAt", true},
    {"occurred-on", true}, {"date", true},       {"Start Date", true},
    {"start_time", true},  {"TIME", true},       {"sys_created_on", true},
    {"time_ms", true},     {"dateTime", true},   {"service", false},
    {"status", false},     {"update", false},    {"at", false},
    {"format", false},     {"validated", false}, {"latency_ms", false},
    {"", false},           {"runtimes", false},  {"at_risk", false},
};

START_TEST(test_names_that_sound_like_times)
{
    const char *name = columns[_i].name;
    ck_assert_msg(time_name_is_likely(name, strlen(name)) == columns[_i].is_likely, "%s",
                  name);
}
END_TEST

Suite *time_format_suite(void)
{
    Suite *suite = suite_create("time_format");
    TCase *tc = tcase_create("time_format");
    tcase_add_loop_test(tc, test_text_of_a_format_is_read_back, 0, COUNT(good));
    tcase_add_loop_test(tc, test_wrong_formats_are_refused_by_name, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_formats_read_or_refuse, 0, COUNT(reads));
    tcase_add_loop_test(tc, test_no_byte_after_the_text_is_read_by_a_format, 0,
                        COUNT(reads));
    tcase_add_loop_test(tc, test_refusals_name_the_reason, 0, COUNT(refusals));
    tcase_add_loop_test(tc, test_texts_of_times_are_likely, 0, COUNT(texts));
    tcase_add_loop_test(tc, test_refusals_say_what_was_meant, 0, COUNT(hints));
    tcase_add_loop_test(tc, test_names_that_sound_like_times, 0, COUNT(columns));
    suite_add_tcase(suite, tc);
    return suite;
}
