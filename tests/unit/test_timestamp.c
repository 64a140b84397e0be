/* Instants: the forms that are read, those that are refused, their order, and writing them. */
#include "base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/case_count.h"
#include "unit/suites.h"

#define SECOND INT64_C(1000000)
#define FIRST (INT64_C(-62135596800) * SECOND)
#define LAST (INT64_C(253402300800) * SECOND - 1)

static const struct {
    const char *about, *text;
    int64_t micros;
    const char *formatted;
} timestamps[] = {
    {"the epoch", "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
    {"an ordinary moment", "2026-11-22T10:04:00Z", 1795341840 * SECOND,
     "2026-11-22T10:04:00Z"},
    {"a fraction, a space, an offset", "2026-11-22 10:04:00.25+01:00",
     1795338240 * SECOND + 250000, "2026-11-22T09:04:00.250000Z"},
    {"small letters", "2026-11-22t10:04:00z", 1795341840 * SECOND,
     "2026-11-22T10:04:00Z"},
    {"west of Greenwich", "1969-12-31T16:00:00-08:00", 0, "1970-01-01T00:00:00Z"},
    {"an unknown offset", "1970-01-01T00:00:00-00:00", 0, "1970-01-01T00:00:00Z"},
    {"before the epoch", "1969-12-31T23:59:59.999999Z", -1,
     "1969-12-31T23:59:59.999999Z"},
    {"beyond a microsecond is cut", "1970-01-01T00:00:00.1234567899999Z", 123456,
     "1970-01-01T00:00:00.123456Z"},
    {"leap day", "2024-02-29T12:00:00Z", 1709208000 * SECOND, "2024-02-29T12:00:00Z"},
    {"leap day of a 400th year", "2000-02-29T00:00:00Z", 951782400 * SECOND,
     "2000-02-29T00:00:00Z"},
    {"leap second", "2016-12-31T23:59:60.5Z", 1483228800 * SECOND + 500000,
     "2017-01-01T00:00:00.500000Z"},
    {"the first", "0001-01-01T00:00:00Z", FIRST, "0001-01-01T00:00:00Z"},
    {"the last", "9999-12-31T23:59:59.999999Z", LAST, "9999-12-31T23:59:59.999999Z"},
    {"largest offset", "1970-01-02T23:59:00+23:59", 86400 * SECOND,
     "1970-01-02T00:00:00Z"},
};

START_TEST(test_parse_and_format)
{
    int64_t micros;
    char written[TIMESTAMP_SIZE];
    const char *text = timestamps[_i].text;
    ck_assert_msg(timestamp_parse(text, strlen(text), &micros), "%s",
                  timestamps[_i].about);
    ck_assert_msg(micros == timestamps[_i].micros, "%s: %lld", timestamps[_i].about,
                  (long long)micros);
    timestamp_format(written, micros);
    ck_assert_msg(strcmp(written, timestamps[_i].formatted) == 0, "%s: %s",
                  timestamps[_i].about, written);
}
END_TEST

static const struct {
    const char *about, *text;
} wrong[] = {
    {"empty", ""},
    {"a date", "2026-11-22"},
    {"no offset", "2026-11-22T10:04:00"},
    {"no seconds", "2026-11-22T10:04Z"},
    {"trailing garbage", "2026-11-22T10:04:00Z "},
    {"leading space", " 2026-11-22T10:04:00Z"},
    {"month 13", "2026-13-22T10:04:00Z"},
    {"month 0", "2026-00-22T10:04:00Z"},
    {"day 0", "2026-11-00T10:04:00Z"},
    {"31 November", "2026-11-31T10:04:00Z"},
    {"29 February", "2026-02-29T10:04:00Z"},
    {"29 February of a 100th year", "2100-02-29T10:04:00Z"},
    {"hour 24", "2026-11-22T24:00:00Z"},
    {"minute 60", "2026-11-22T10:60:00Z"},
    {"second 61", "2026-11-22T10:04:61Z"},
    {"offset 24:00", "2026-11-22T10:04:00+24:00"},
    {"offset minute 60", "2026-11-22T10:04:00+01:60"},
    {"offset without colon", "2026-11-22T10:04:00+0100"},
    {"offset of hours only", "2026-11-22T10:04:00+01"},
    {"no digit after the point", "2026-11-22T10:04:00.Z"},
    {"a comma", "2026-11-22T10:04:00,5Z"},
    {"year 0000", "0000-11-22T10:04:00Z"},
    {"year 0000 in UTC", "0001-01-01T00:00:00+00:01"},
    {"year 10000", "10000-01-01T00:00:00Z"},
    {"year 10000 in UTC", "9999-12-31T23:59:59-00:01"},
    {"year 10000 by a leap second", "9999-12-31T23:59:60Z"},
    {"two letters", "2026-11-22TT10:04:00Z"},
    {"a sign", "2026-11-22T+1:04:00Z"},
    {"slashes", "2026/11/22T10:04:00Z"},
};

START_TEST(test_invalid_times_are_refused)
{
    int64_t micros = 42;
    const char *text = wrong[_i].text;
    ck_assert_msg(!timestamp_parse(text, strlen(text), &micros), "%s", wrong[_i].about);
    ck_assert_int_eq(micros, 42);
}
END_TEST

START_TEST(test_every_beginning_is_refused)
{
    static const char text[] = "2026-11-22T10:04:00.25+01:00";
    int64_t micros;
    for (size_t length = 0; length < sizeof text - 1; length++)
        ck_assert_msg(!timestamp_parse(text, length, &micros), "%.*s", (int)length, text);
    ck_assert(timestamp_parse(text, sizeof text - 1, &micros));
}
END_TEST

static const struct {
    const char *about;
    double seconds;
    bool is_good;
    int64_t micros;
} seconds[] = {
    {"zero", 0, true, 0},
    {"a quarter", 1795341840.25, true, 1795341840 * SECOND + 250000},
    {"rounds up", 0.0000006, true, 1},
    {"rounds down", 0.0000004, true, 0},
    {"before the epoch", -0.25, true, -250000},
    {"the first", -62135596800.0, true, FIRST},
    {"too early", -62135596800.1, false, 0},
    {"the last second", 253402300799.0, true, LAST + 1 - SECOND},
    {"too late", 253402300800.0, false, 0},
    {"infinite", 1e308 * 10, false, 0},
    {"no number", 0.0 / 0.0, false, 0},
};

START_TEST(test_seconds_become_a_time_or_are_refused)
{
    int64_t micros = 0;
    bool is_good = timestamp_from_seconds(seconds[_i].seconds, &micros);
    ck_assert_msg(is_good == seconds[_i].is_good, "%s", seconds[_i].about);
    ck_assert_msg(micros == seconds[_i].micros, "%s: %lld", seconds[_i].about,
                  (long long)micros);
}
END_TEST

START_TEST(test_formatted_times_are_read_back)
{
    const int count = case_count(100000, 50);
    struct random random;
    random_init(&random, 7, 0);
    for (int i = 0; i < count; i++) {
        uint64_t offset = random_below(&random, (uint64_t)(LAST - FIRST) + 1);
        int64_t micros = FIRST + (int64_t)offset, again;
        if (i % 2)
            micros -= micros % SECOND;
        char written[TIMESTAMP_SIZE];
        timestamp_format(written, micros);
        ck_assert_msg(timestamp_parse(written, strlen(written), &again), "%s", written);
        ck_assert_msg(again == micros, "%s: %lld", written, (long long)micros);
    }
}
END_TEST

START_TEST(test_days_follow_each_other)
{
    /* Every day of 800 years: no day is skipped, weekdays repeat. */
    const unsigned days = 2 * 146097, step = case_count_is_reduced() ? 11 : 1;
    int64_t micros;
    ck_assert(timestamp_parse("1600-01-01T05:00:00Z", 20, &micros));
    char before[TIMESTAMP_SIZE] = "", written[TIMESTAMP_SIZE];
    for (unsigned day = 0; day < days; day += step, micros += 86400 * SECOND * step) {
        timestamp_format(written, micros);
        ck_assert_int_gt(strcmp(written, before), 0);
        memcpy(before, written, sizeof written);
        ck_assert_uint_eq(timestamp_weekday(micros), (day + 5) % 7); /* a Saturday */
        ck_assert_uint_eq(timestamp_hour(micros), 5);
    }
    ck_assert_str_eq(written, "2399-12-31T05:00:00Z");
}
END_TEST

START_TEST(test_any_value_can_be_formatted)
{
    char written[TIMESTAMP_SIZE];
    timestamp_format(written, INT64_MAX);
    ck_assert_str_eq(written, "294247-01-10T04:00:54.775807Z");
    timestamp_format(written, INT64_MIN);
    ck_assert_str_eq(written, "-290308-12-21T19:59:05.224192Z");
}
END_TEST

/* ---- every form that means one time ---- */

/* expected: as instant_format writes it; NULL: refused. */
static const struct {
    const char *about, *text, *expected;
} forms[] = {
    {"RFC 3339", "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"blanks around it", " \t2026-11-22T10:04:00Z \r", "2026-11-22T10:04:00Z"},
    {"no-break space around it",
     "\xC2\xA0"
     "2026-11-22T10:04:00Z\xC2\xA0",
     "2026-11-22T10:04:00Z"},
    {"a byte order mark",
     "\xEF\xBB\xBF"
     "2026-11-22T10:04:00Z",
     "2026-11-22T10:04:00Z"},
    {"small letters", "2026-11-22t10:04:00z", "2026-11-22T10:04:00Z"},
    {"without a zone it is UTC", "2026-11-22 10:04:00", "2026-11-22T10:04:00Z"},
    {"several blanks", "2026-11-22  10:04:00", "2026-11-22T10:04:00Z"},
    {"an offset", "2026-11-22T10:04:00+01:00", "2026-11-22T09:04:00Z"},
    {"an offset without a colon", "2026-11-22 10:04:00-0530", "2026-11-22T15:34:00Z"},
    {"an offset of hours only (PostgreSQL)", "2026-11-22 10:04:00+01",
     "2026-11-22T09:04:00Z"},
    {"an offset with the sign of typography",
     "2026-11-22T10:04:00\xE2\x88\x92"
     "05:00",
     "2026-11-22T15:04:00Z"},
    {"a blank before the offset (Ruby)", "2026-11-22 10:04:00 +0100",
     "2026-11-22T09:04:00Z"},
    {"PagerDuty events", "2026-11-22T10:04:00.512+0000", "2026-11-22T10:04:00.512000Z"},
    {"Python", "2026-11-22 10:04:00.512345+00:00", "2026-11-22T10:04:00.512345Z"},
    {".NET, 7 digits", "2026-11-22T10:04:00.1234567Z", "2026-11-22T10:04:00.123456700Z"},
    {"Go, nanoseconds", "2026-11-22T10:04:00.123456789Z",
     "2026-11-22T10:04:00.123456789Z"},
    {"beyond a nanosecond is cut", "2026-11-22T10:04:00.1234567899Z",
     "2026-11-22T10:04:00.123456789Z"},
    {"log4j, a comma", "2026-11-22 10:04:00,123", "2026-11-22T10:04:00.123000Z"},
    {"UTC by name", "2026-11-22 10:04:00 UTC", "2026-11-22T10:04:00Z"},
    {"GMT by name", "2026-11-22 10:04:00GMT", "2026-11-22T10:04:00Z"},
    {"UTC and an offset", "2026-11-22 10:04:00 UTC+02:00", "2026-11-22T08:04:00Z"},
    {"no seconds", "2026-11-22T10:04", "2026-11-22T10:04:00Z"},
    {"no seconds but a zone", "2026-11-22 10:04Z", "2026-11-22T10:04:00Z"},
    {"a date is midnight", "2026-11-22", "2026-11-22T00:00:00Z"},
    {"slashes", "2026/11/22 10:04:05", "2026-11-22T10:04:05Z"},
    {"points", "2026.11.22 10:04:05", "2026-11-22T10:04:05Z"},
    {"no leading zeros", "2026/1/2 3:04", "2026-01-02T03:04:00Z"},
    {"year first, 12 hours", "2026-11-22 10:04:00 PM", "2026-11-22T22:04:00Z"},
    {"ISO 8601 basic", "20261122T100400Z", "2026-11-22T10:04:00Z"},
    {"ISO 8601 basic with an offset", "20261122T100400.5+0100",
     "2026-11-22T09:04:00.500000Z"},
    {"ISO 8601 basic without seconds", "20261122T1004", "2026-11-22T10:04:00Z"},
    {"DB2", "2026-11-22-10.04.00.123456", "2026-11-22T10:04:00.123456Z"},
    {"HTTP", "Sun, 22 Nov 2026 10:04:00 GMT", "2026-11-22T10:04:00Z"},
    {"RFC 850 with the whole year", "Sunday, 22-Nov-2026 10:04:00 GMT",
     "2026-11-22T10:04:00Z"},
    {"e-mail", "Sun, 22 Nov 2026 10:04:00 +0100", "2026-11-22T09:04:00Z"},
    {"e-mail with a comment", "Sun, 22 Nov 2026 10:04:00 +0000 (UTC)",
     "2026-11-22T10:04:00Z"},
    {"e-mail without a weekday", "2 Nov 2026 10:04 -0800", "2026-11-02T18:04:00Z"},
    {"asctime", "Sun Nov 22 10:04:00 2026", "2026-11-22T10:04:00Z"},
    {"asctime with a blank for a zero", "Sun Nov  1 10:04:00 2026",
     "2026-11-01T10:04:00Z"},
    {"date", "Sun Nov 22 10:04:00 UTC 2026", "2026-11-22T10:04:00Z"},
    {"date of a newer system", "Sun Nov 22 10:04:00 AM UTC 2026", "2026-11-22T10:04:00Z"},
    {"date, other languages", "Sun 22 Nov 2026 10:04:00 PM UTC", "2026-11-22T22:04:00Z"},
    {"Twitter", "Sun Nov 22 10:04:00 +0100 2026", "2026-11-22T09:04:00Z"},
    {"JavaScript", "Sun Nov 22 2026 10:04:00 GMT+0100 (Central European Standard Time)",
     "2026-11-22T09:04:00Z"},
    {"Apache", "22/Nov/2026:10:04:00 +0100", "2026-11-22T09:04:00Z"},
    {"Go", "2026-11-22 10:04:00.25 +0100 CET", "2026-11-22T09:04:00.250000Z"},
    {".NET", "/Date(1795341840250)/", "2026-11-22T10:04:00.250000Z"},
    {".NET with the offset of the writer", "/Date(1795341840000+0100)/",
     "2026-11-22T10:04:00Z"},
    {".NET with the slashes of JSON", "\\/Date(1795341840000)\\/",
     "2026-11-22T10:04:00Z"},
    {".NET before 1970", "/Date(-1)/", "1969-12-31T23:59:59.999000Z"},
    {"SAS", "22NOV2026:10:04:00", "2026-11-22T10:04:00Z"},
    {"Oracle with four digits", "22-NOV-2026 10.04.00.123456 PM",
     "2026-11-22T22:04:00.123456Z"},
    {"PagerDuty's page", "Nov 22, 2026 10:04 AM", "2026-11-22T10:04:00Z"},
    {"the same with the space that ICU writes",
     "Nov 22, 2026, 10:04:00\xE2\x80\xAF"
     "AM",
     "2026-11-22T10:04:00Z"},
    {"Slack", "November 22nd, 2026 at 10:04 PM", "2026-11-22T22:04:00Z"},
    {"Sept", "Sept 1, 2026 10:04", "2026-09-01T10:04:00Z"},
    {"a point after the month", "22. Nov. 2026 10:04", "2026-11-22T10:04:00Z"},
    {"the year before a name", "2026-Nov-22 10:04:00", "2026-11-22T10:04:00Z"},
    {"in words", "22nd of November 2026", "2026-11-22T00:00:00Z"},
    {"a weekday before a date", "Sunday 2026-11-22 10:04", "2026-11-22T10:04:00Z"},
    {"midnight in 12 hours", "Nov 22, 2026 12:04 AM", "2026-11-22T00:04:00Z"},
    {"noon in 12 hours", "Nov 22, 2026 12:04 p.m.", "2026-11-22T12:04:00Z"},
    {"AM without a blank", "Nov 22, 2026 9:04am", "2026-11-22T09:04:00Z"},
    {"SQL Server", "Nov 22 2026 10:04AM", "2026-11-22T10:04:00Z"},
    {"Zabbix", "2026.11.22 10:04:00", "2026-11-22T10:04:00Z"},
    {"Opsgenie", "2026/11/22 10:04:00", "2026-11-22T10:04:00Z"},
    {"PostgreSQL", "2026-11-22 10:04:00.123+00", "2026-11-22T10:04:00.123000Z"},
    {"Splunk", "2026-11-22T10:04:00.000+0100", "2026-11-22T09:04:00Z"},
    {"git", "Sun Nov 22 10:04:00 2026 +0100", "2026-11-22T09:04:00Z"},
    {"Kubernetes", "2026-11-22T10:04:00.123456Z", "2026-11-22T10:04:00.123456Z"},
    {"Java in UTC", "Sun Nov 22 10:04:00 GMT 2026", "2026-11-22T10:04:00Z"},
    {"Java elsewhere", "Sun Nov 22 10:04:00 CET 2026", NULL},
    {"a leap second", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"},
    {"in a leap second", "2016-12-31T23:59:60.123456789Z",
     "2016-12-31T23:59:60.123456789Z"},
    {"a leap second elsewhere", "2017-01-01 05:29:60+0530", "2016-12-31T23:59:60Z"},
    {"the first", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
    {"the last", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},

    {"nothing", "", NULL},
    {"blanks", "  ", NULL},
    {"a name", "yesterday", NULL},
    {"a number", "1795341840", NULL},
    {"a compact date", "20261122", NULL},
    {"compact date and time without a T", "20261122 100400", NULL},
    {"day first or month first", "01/02/2026 10:04", NULL},
    {"day first", "22/11/2026 10:04", NULL},
    {"with points", "22.11.2026 10:04", NULL},
    {"two digits of a year", "26-11-22", NULL},
    {"two digits of a year (Jira)", "22/Nov/26 10:04 AM", NULL},
    {"two digits of a year (Oracle)", "22-NOV-26 10.04.00.000000 AM", NULL},
    {"no year (syslog)", "Nov 22 10:04:00", NULL},
    {"no year, day first", "22 Nov 10:04:00", NULL},
    {"no date", "10:04:00", NULL},
    {"a month", "2026-11", NULL},
    {"a year", "2026", NULL},
    {"separators that differ", "2026-11/22", NULL},
    {"a week", "2026-W47-7", NULL},
    {"a day of the year", "2026-327", NULL},
    {"hours alone", "2026-11-22 10", NULL},
    {"a fraction without digits", "2026-11-22 10:04:00.", NULL},
    {"another zone", "2026-11-22 10:04:00 CET", NULL},
    {"a zone in brackets", "2026-11-22T10:04:00+01:00[Europe/Berlin]", NULL},
    {"half a zone", "2026-11-22 10:04:00+1", NULL},
    {"a zone with seconds", "2026-11-22 10:04:00+01:00:00", NULL},
    {"a zone of 24 hours", "2026-11-22 10:04:00+24:00", NULL},
    {"text after the time", "2026-11-22 10:04:00Z x", NULL},
    {"two zones", "2026-11-22 10:04:00Z UTC", NULL},
    {"month 13", "2026-13-22 10:04:00", NULL},
    {"30 February", "2026-02-30 10:04:00", NULL},
    {"30 February by name", "30 Feb 2026", NULL},
    {"the wrong weekday", "Mon, 22 Nov 2026 10:04:00 GMT", NULL},
    {"hour 24", "2026-11-22 24:00:00", NULL},
    {"hour 25", "2026-11-22 25:00:00", NULL},
    {"minute 60", "2026-11-22 10:60", NULL},
    {"second 61", "2026-11-22 10:04:61Z", NULL},
    {"13 PM", "Nov 22, 2026 13:04 PM", NULL},
    {"0 AM", "Nov 22, 2026 0:04 AM", NULL},
    {"MySQL's zero", "0000-00-00 00:00:00", NULL},
    {"year 0", "0000-11-22T10:04:00Z", NULL},
    {"year 0 in UTC", "0001-01-01T00:00:00+00:01", NULL},
    {"year 10000", "10000-01-01T00:00:00Z", NULL},
    {"year 10000 in UTC", "9999-12-31T23:59:59-00:01", NULL},
    {"a sign", "2026-11-22T+1:04:00Z", NULL},
    {"a letter for a digit", "2O26-11-22T10:04:00Z", NULL},
    {"a date and a zone", "2026-11-22 UTC", NULL},
    {"a duration", "PT10M", NULL},
    {"an address", "10.0.4.22", NULL},
    {"a version", "2026.11.22.1", NULL},
    {"an identifier", "INC-2026-11-22", NULL},
};

START_TEST(test_forms_of_times_are_read_or_refused)
{
    char written[TIMESTAMP_SIZE];
    struct instant instant = {.us = 42, .rank = 43};
    bool is_read = instant_parse(forms[_i].text, strlen(forms[_i].text), &instant);
    ck_assert_msg(is_read == (forms[_i].expected != NULL), "%s", forms[_i].about);
    if (!is_read) {
        ck_assert_msg(instant.us == 42 && instant.rank == 43, "%s", forms[_i].about);
        return;
    }
    instant_format(written, instant);
    ck_assert_msg(strcmp(written, forms[_i].expected) == 0, "%s: %s", forms[_i].about,
                  written);
}
END_TEST

/* The bytes after the text are those of another time, so reading them would show. */
START_TEST(test_no_byte_after_the_text_is_read)
{
    const char *text = forms[_i].text;
    size_t length = strlen(text);
    char copy[128];
    memset(copy, '0', sizeof copy);
    memcpy(copy, text, length);
    for (size_t cut = 0; cut <= length; cut++) {
        char *exact = malloc(cut + (cut == 0)); /* a sanitizer sees a read past its end */
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, cut);
        struct instant a = {.us = 0}, b = {.us = 0};
        bool is_read = instant_parse(exact, cut, &a);
        ck_assert_msg(is_read == instant_parse(copy, cut, &b) &&
                          instant_compare(a, b) == 0,
                      "%.*s", (int)cut, text);
        free(exact);
    }
}
END_TEST

/* What RFC 3339 alone has always been read as. */
START_TEST(test_rfc_3339_keeps_its_microseconds)
{
    const int count = case_count(200000, 100);
    struct random random;
    random_init(&random, 11, 0);
    for (int i = 0; i < count; i++) {
        char text[64], zone[16] = "Z";
        int fraction = (int)random_below(&random, 12);
        int length =
            snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d",
                     (int)random_below(&random, 10002), (int)random_below(&random, 14),
                     (int)random_below(&random, 33), "Tt "[random_below(&random, 3)],
                     (int)random_below(&random, 25), (int)random_below(&random, 61),
                     (int)random_below(&random, 60));
        if (fraction > 0)
            length += snprintf(text + length, sizeof text - (size_t)length, ".%0*d",
                               fraction, (int)random_below(&random, 10));
        if (random_below(&random, 2) == 0)
            (void)snprintf(zone, sizeof zone, "%c%02d:%02d",
                           "+-"[random_below(&random, 2)], (int)random_below(&random, 25),
                           (int)random_below(&random, 61));
        length += snprintf(text + length, sizeof text - (size_t)length, "%s", zone);
        struct instant instant;
        int64_t micros;
        bool is_time = timestamp_parse(text, (size_t)length, &micros);
        ck_assert_msg(is_time == instant_parse(text, (size_t)length, &instant), "%s",
                      text);
        ck_assert_msg(!is_time || micros == instant.us, "%s", text);
    }
}
END_TEST

/* ---- order ---- */

static const char *const rising[] = {
    "2016-12-31T23:59:59Z",           "2016-12-31T23:59:59.000000001Z",
    "2016-12-31T23:59:59.999999Z",    "2016-12-31T23:59:59.999999001Z",
    "2016-12-31T23:59:59.999999999Z", "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.000000001Z", "2016-12-31T23:59:60.5Z",
    "2016-12-31T23:59:60.999999999Z", "2017-01-01T00:00:00Z",
    "2017-01-01T00:00:00.000000001Z",
};

START_TEST(test_order_is_by_all_digits_and_a_leap_second_is_last)
{
    struct instant a, b;
    for (int i = 0; i < COUNT(rising); i++)
        for (int j = 0; j < COUNT(rising); j++) {
            ck_assert(instant_parse(rising[i], strlen(rising[i]), &a));
            ck_assert(instant_parse(rising[j], strlen(rising[j]), &b));
            int order = instant_compare(a, b);
            ck_assert_msg((order > 0) - (order < 0) == (i > j) - (i < j), "%s and %s",
                          rising[i], rising[j]);
        }
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *about, *text;
    enum time_unit unit;
    const char *expected; /* NULL: refused */
} numbers[] = {
    {"zero", "0", UNIT_SECONDS, "1970-01-01T00:00:00Z"},
    {"minus zero", "-0", UNIT_SECONDS, "1970-01-01T00:00:00Z"},
    {"seconds", "1795341840", UNIT_SECONDS, "2026-11-22T10:04:00Z"},
    {"a quarter", "1795341840.25", UNIT_SECONDS, "2026-11-22T10:04:00.250000Z"},
    {"microseconds", "1795341840.123456", UNIT_SECONDS, "2026-11-22T10:04:00.123456Z"},
    {"nanoseconds of seconds", "1795341840.123456789", UNIT_SECONDS,
     "2026-11-22T10:04:00.123456789Z"},
    {"an exponent", "1.79534184e9", UNIT_SECONDS, "2026-11-22T10:04:00Z"},
    {"before 1970", "-0.25", UNIT_SECONDS, "1969-12-31T23:59:59.750000Z"},
    {"a nanosecond before 1970", "-1e-9", UNIT_SECONDS, "1969-12-31T23:59:59.999999999Z"},
    {"milliseconds", "1795341840123", UNIT_MILLI, "2026-11-22T10:04:00.123000Z"},
    {"milliseconds with a fraction", "1795341840123.25", UNIT_MILLI,
     "2026-11-22T10:04:00.123250Z"},
    {"milliseconds with an exponent", "1.795341840123e12", UNIT_MILLI,
     "2026-11-22T10:04:00.123000Z"},
    {"milliseconds before 1970", "-1", UNIT_MILLI, "1969-12-31T23:59:59.999000Z"},
    {"microseconds", "1795341840123456", UNIT_MICRO, "2026-11-22T10:04:00.123456Z"},
    {"nanoseconds lose no digit", "1795341840123456789", UNIT_NANO,
     "2026-11-22T10:04:00.123456789Z"},
    {"nanoseconds before 1970", "-1", UNIT_NANO, "1969-12-31T23:59:59.999999999Z"},
    {"less than a nanosecond before 1970", "-0.1", UNIT_NANO,
     "1969-12-31T23:59:59.999999999Z"},
    {"the first second", "-62135596800", UNIT_SECONDS, "0001-01-01T00:00:00Z"},
    {"the last second", "253402300799", UNIT_SECONDS, "9999-12-31T23:59:59Z"},
    {"zeros in front of the digits that count", "0.000000000000000000000001e24",
     UNIT_SECONDS, "1970-01-01T00:00:01Z"},
    {"too early", "-62135596801", UNIT_SECONDS, NULL},
    {"too late", "253402300800", UNIT_SECONDS, NULL},
    {"milliseconds as seconds", "1795341840123", UNIT_SECONDS, NULL},
    {"far too late", "1e300", UNIT_SECONDS, NULL},
    {"beyond a double", "1e400", UNIT_NANO, NULL},
    {"leading zeros", "01795341840", UNIT_SECONDS, NULL},
    {"a plus sign", "+1795341840", UNIT_SECONDS, NULL},
    {"a comma", "1795341840,25", UNIT_SECONDS, NULL},
    {"nothing", "", UNIT_SECONDS, NULL},
    {"a sign", "-", UNIT_SECONDS, NULL},
    {"a point", ".", UNIT_SECONDS, NULL},
    {"an exponent without digits", "1e", UNIT_SECONDS, NULL},
    {"a word", "inf", UNIT_SECONDS, NULL},
};

START_TEST(test_numbers_of_each_unit_are_read_or_refused)
{
    char written[TIMESTAMP_SIZE];
    struct instant instant = {.us = 42};
    const char *text = numbers[_i].text;
    bool is_read = instant_parse_number(text, strlen(text), numbers[_i].unit, &instant);
    ck_assert_msg(is_read == (numbers[_i].expected != NULL), "%s", numbers[_i].about);
    if (!is_read)
        return;
    instant_format(written, instant);
    ck_assert_msg(strcmp(written, numbers[_i].expected) == 0, "%s: %s", numbers[_i].about,
                  written);
}
END_TEST

/* The microseconds are those of the double; the order is that of the digits. */
START_TEST(test_seconds_keep_their_microseconds_and_are_ordered_by_their_digits)
{
    const int count = case_count(100000, 50);
    struct random random;
    random_init(&random, 12, 0);
    for (int i = 0; i < count; i++) {
        char text[2][48];
        struct instant instants[2];
        uint64_t whole = random_below(&random, 4000000000), fraction[2];
        fraction[0] = random_below(&random, 1000000000);
        fraction[1] = (fraction[0] + random_below(&random, 1200)) % 1000000000;
        for (int k = 0; k < 2; k++) {
            int64_t micros;
            bool is_plain = i % 2 == 1; /* six digits are read in another way */
            fraction[k] %= is_plain ? 1000000 : 1000000000;
            int length = snprintf(text[k], sizeof text[k], "%llu.%0*llu",
                                  (unsigned long long)whole, is_plain ? 6 : 9,
                                  (unsigned long long)fraction[k]);
            ck_assert(instant_parse_number(text[k], (size_t)length, UNIT_SECONDS,
                                           &instants[k]));
            ck_assert(timestamp_from_seconds(strtod(text[k], NULL), &micros));
            ck_assert_msg(micros == instants[k].us, "%s", text[k]);
        }
        int order = instant_compare(instants[0], instants[1]);
        ck_assert_msg((order > 0) - (order < 0) ==
                          (fraction[0] > fraction[1]) - (fraction[0] < fraction[1]),
                      "%s and %s", text[0], text[1]);
    }
}
END_TEST

START_TEST(test_formatted_instants_are_read_back)
{
    const int count = case_count(100000, 50);
    struct random random;
    random_init(&random, 8, 0);
    for (int i = 0; i < count; i++) {
        uint64_t offset = random_below(&random, (uint64_t)(LAST - FIRST) + 1);
        struct instant instant = {.us = FIRST + (int64_t)offset}, again;
        if (i % 3 == 0)
            instant.rank = (int32_t)random_below(&random, 1000);
        else if (i % 3 == 1) {
            instant.us += 59 * SECOND - (instant.us - FIRST) % (60 * SECOND) + SECOND - 1;
            instant.rank = LEAP_SECOND + (int32_t)random_below(&random, 1000000000);
        }
        char written[TIMESTAMP_SIZE];
        instant_format(written, instant);
        ck_assert_msg(instant_parse(written, strlen(written), &again), "%s", written);
        ck_assert_msg(instant_compare(instant, again) == 0, "%s", written);
    }
}
END_TEST

static const struct {
    const char *text;
    bool is_placeholder;
} placeholders[] = {
    {"0001-01-01T00:00:00Z", true},  {"0001-12-31T23:59:59Z", true},
    {"0002-01-01T00:00:00Z", false}, {"9998-12-31T23:59:59.999999Z", false},
    {"9999-01-01T00:00:00Z", true},  {"9999-12-31T23:59:59Z", true},
    {"1970-01-01T00:00:00Z", false}, {"2026-11-22T10:04:00Z", false},
};

START_TEST(test_years_1_and_9999_are_placeholders)
{
    struct instant instant;
    const char *text = placeholders[_i].text;
    ck_assert(instant_parse(text, strlen(text), &instant));
    ck_assert_msg(instant_is_placeholder(instant) == placeholders[_i].is_placeholder,
                  "%s", text);
}
END_TEST

/* Few and many, over a day or all years, with ties in time, rank or neither: as by comparisons. */
START_TEST(test_items_are_sorted_by_time_rank_and_index)
{
    static const int64_t ranges[] = {1, 1000, 86400000000, INT64_C(300000000000000000)};
    enum { MOST = 5000 };
    struct random random;
    struct timed_index *items = malloc(MOST * sizeof *items);
    ck_assert_ptr_nonnull(items);
    random_init(&random, 3, 0);
    for (int range = 0; range < 4; range++)
        for (uint32_t count = 1; count <= MOST; count = count * 3 + 1) {
            for (uint32_t i = 0; i < count; i++) {
                uint64_t us = random_next(&random) % (uint64_t)ranges[range];
                items[i] = (struct timed_index){
                    .time = {.us = (int64_t)us - ranges[range] / 2,
                             .rank = (int32_t)random_below(&random, 3) - 1},
                    .index = (i * 7919) % count};
            }
            timed_index_sort(items, count);
            for (uint32_t i = 1; i < count; i++) {
                int order = instant_compare(items[i - 1].time, items[i].time);
                ck_assert(order < 0 ||
                          (order == 0 && items[i - 1].index < items[i].index));
            }
        }
    free(items);
}
END_TEST

Suite *timestamp_suite(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *tc = tcase_create("timestamp");
    tcase_add_loop_test(tc, test_parse_and_format, 0, COUNT(timestamps));
    tcase_add_loop_test(tc, test_invalid_times_are_refused, 0, COUNT(wrong));
    tcase_add_test(tc, test_every_beginning_is_refused);
    tcase_add_loop_test(tc, test_seconds_become_a_time_or_are_refused, 0, COUNT(seconds));
    tcase_add_test(tc, test_formatted_times_are_read_back);
    tcase_add_test(tc, test_days_follow_each_other);
    tcase_add_test(tc, test_any_value_can_be_formatted);
    tcase_add_loop_test(tc, test_forms_of_times_are_read_or_refused, 0, COUNT(forms));
    tcase_add_loop_test(tc, test_no_byte_after_the_text_is_read, 0, COUNT(forms));
    tcase_add_test(tc, test_rfc_3339_keeps_its_microseconds);
    tcase_add_test(tc, test_order_is_by_all_digits_and_a_leap_second_is_last);
    tcase_add_loop_test(tc, test_numbers_of_each_unit_are_read_or_refused, 0,
                        COUNT(numbers));
    tcase_add_test(tc,
                   test_seconds_keep_their_microseconds_and_are_ordered_by_their_digits);
    tcase_add_test(tc, test_formatted_instants_are_read_back);
    tcase_add_loop_test(tc, test_years_1_and_9999_are_placeholders, 0,
                        COUNT(placeholders));
    tcase_add_test(tc, test_items_are_sorted_by_time_rank_and_index);
    suite_add_tcase(suite, tc);
    return suite;
}
