/* Which columns are times, in which format, and what is said of the others. */
#include "base/time_column.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "support/case_count.h"
#include "unit/suites.h"

/* Cells are separated by "|"; places count from 1. */
static void add_cells(struct time_column *column, const char *cells)
{
    uint64_t place = 1;
    for (const char *cell = cells;; place++) {
        size_t length = strcspn(cell, "|");
        time_column_add(column, place, cell, length);
        if (cell[length] == '\0')
            return;
        cell += length + 1;
    }
}

#define ISO "2024-03-01 09:06:11|2024-03-01 09:40:20|2024-03-02 10:06:34"

static const struct {
    const char *about, *cells;
    enum time_verdict verdict;
    const char *format;      /* of a column that is read */
    const char *text;        /* a part of the sentence */
    const char *warning;     /* a part; NULL: there is none */
    uint64_t bad;            /* place of first_bad; 0: there is none */
    const char *placeholder; /* the first; NULL: there is none */
    bool needs_user;
} cases[] = {
    {"texts", ISO, TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"texts with missing cells", ISO "||NULL|N/A", TIME_COLUMN_TIMES, "auto",
     "holds times", NULL, 0, NULL, false},
    {"dates", "2024-03-01|2024-03-02", TIME_COLUMN_TIMES, "auto", "holds times",
     "without a time of day, such as \"2024-03-01\"", 0, NULL, false},
    {"with and without a zone", "2024-03-01T09:06:11Z|2024-03-01 09:40:20",
     TIME_COLUMN_TIMES, "auto", "holds times",
     "1 of 2, such as \"2024-03-01 09:40:20\", are without", 0, NULL, false},
    {"month names", "Nov 22, 2026 10:04 AM|Nov 23, 2026 1:00 PM", TIME_COLUMN_TIMES,
     "auto", "holds times", NULL, 0, NULL, false},
    {"names", "web|db|api", TIME_COLUMN_NOT, "", "", NULL, 1, NULL, false},
    {"nothing", "|NULL|", TIME_COLUMN_NOT, "", "", NULL, 0, NULL, false},
    {"less than half", ISO "|web|db|api", TIME_COLUMN_NOT, "", "", NULL, 4, NULL, false},
    {"most of them", ISO "|pending|2024-02-30", TIME_COLUMN_UNREADABLE, "",
     "holds times in 3 of 5 cells; the first that is none is \"pending\"", NULL, 4, NULL,
     false},
    {"a date that does not exist", ISO "|2024-02-30", TIME_COLUMN_UNREADABLE, "",
     "\"2024-02-30\", which is no date: February 2024 has no day 30", NULL, 4, NULL,
     false},
    {"names that begin like months", "september_job|december|marathon|sunny",
     TIME_COLUMN_NOT, "", "", NULL, 1, NULL, false},
    {"versions", "1.2.3|10.0.4.22|2.0.1", TIME_COLUMN_NOT, "", "", NULL, 1, NULL, false},
    {"times of day, or durations", "10:04:00|00:01:02|4:05 PM|10:04:00.25Z",
     TIME_COLUMN_CLOCKS, "", "times of day without a date, such as \"10:04:00\"", NULL, 1,
     NULL, false},
    {"durations of more than a day", "10:04:00|48:01:02|99:12:00", TIME_COLUMN_NOT, "",
     "", NULL, 1, NULL, false},
    {"times with a zone by name", "2024-03-01 09:06 CET|2024-07-02 09:06 CEST",
     TIME_COLUMN_UNREADABLE, "",
     "\"2024-03-01 09:06 CET\", which has a time zone by name, which may mean several "
     "offsets (+01:00 is read); --time-format '%Y-%m-%d %H:%M CET' reads it as UTC",
     NULL, 1, NULL, false},
    {"zones that mean one thing", "2024-03-01 09:06 UTC|2024-07-02 09:06 GMT",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"as Go prints times", "2024-03-01 09:06:11 +0000 UTC|2024-03-01 09:06:11 +0100 CET",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"as .NET writes times", "/Date(1709283971000)/|/Date(1709283971000+0100)/",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"an apostrophe, against a spreadsheet", "'2024-03-01 09:06:11|'2024-03-02 09:06:11",
     TIME_COLUMN_UNREADABLE, "",
     "a form that is not read; --time-format \"'%Y-%m-%d %H:%M:%S\" reads it as UTC",
     NULL, 1, NULL, false},
    {"an order of day and month that is not known, and a zone",
     "01/02/2024 09:06 CET|02/03/2024 09:06 CET", TIME_COLUMN_UNREADABLE, "",
     "a time zone by name, which may mean several offsets (+01:00 is read); "
     "--time-format "
     "'%d/%m/%Y %H:%M CET' reads it day first, as UTC",
     NULL, 1, NULL, false},
    {"weekdays in another language",
     "So, 03.03.2024, 09:06 Uhr|Mo, 04.03.2024, 10:12 Uhr", TIME_COLUMN_UNREADABLE, "",
     "which begins with the word \"So\" and has a year and a time of day in a form that "
     "is not read; without the word, --time-format '%d.%m.%Y, %H:%M Uhr' reads it day "
     "first, as UTC",
     NULL, 1, NULL, false},
    {"weekdays in another language before times that are read",
     "ven. 1 Mar 2024 09:06|lun. 4 Mar 2024 10:12", TIME_COLUMN_UNREADABLE, "",
     "which begins with the word \"ven\"; without it, it is read", NULL, 1, NULL, false},
    {"names of months that are not English", "1 janvier 2024 09:06|3 mai 2024 10:12",
     TIME_COLUMN_UNREADABLE, "",
     "has a month in another language; sed 's/janvier/Jan/', and so on", NULL, 1, NULL,
     false},
    {"no year", "Mar  1 09:06:11|Mar  2 09:06:11", TIME_COLUMN_UNREADABLE, "",
     "\"Mar  1 09:06:11\", which has no year", NULL, 1, NULL, false},
    {"the year, the day, the month", "2024-13-03 09:06|2024-02-03 09:06|2024-22-03 09:06",
     TIME_COLUMN_UNREADABLE, "", "which is no date: there is no month 13", NULL, 1, NULL,
     false},
    {"a time of day for today", "09:06|10:12|11:13|2024-03-01 09:06",
     TIME_COLUMN_UNREADABLE, "", "\"09:06\", which is a time of day without a date", NULL,
     1, NULL, false},
    {"texts with a time in them", "restarted at 09:06|web-1 at 10:12", TIME_COLUMN_NOT,
     "", "", NULL, 1, NULL, false},
    {"texts with a year in them", "release 2024.1|release 2024.2", TIME_COLUMN_NOT, "",
     "", NULL, 1, NULL, false},
    {"time zones", "UTC|CET|Europe/Berlin|+02:00", TIME_COLUMN_ZONES, "",
     "holds time zones, such as \"CET\"", NULL, 2, NULL, false},
    {"time zones that are UTC", "UTC|+00:00|Z|Etc/UTC", TIME_COLUMN_NOT, "", "", NULL, 1,
     NULL, false},
    {"words in capitals", "DB|CET|API", TIME_COLUMN_NOT, "", "", NULL, 1, NULL, false},
    {"addresses", "00:1b:44:11:3a:b7|http://10.2.2024.1:80/", TIME_COLUMN_NOT, "", "",
     NULL, 1, NULL, false},

    {"seconds since the epoch", "1709283971|1709286020|1709287594", TIME_COLUMN_TIMES,
     "auto", "seconds since the epoch", NULL, 0, NULL, false},
    {"with fractions", "1709283971.25|1709286020.5", TIME_COLUMN_TIMES, "auto",
     "seconds since the epoch", NULL, 0, NULL, false},
    {"Grafana", "1709283971000|1709286020123", TIME_COLUMN_TIMES, "milliseconds",
     "milliseconds since the epoch", NULL, 0, NULL, false},
    {"Jaeger", "1709283971000000|1709286020123456", TIME_COLUMN_TIMES, "microseconds",
     "microseconds since the epoch", NULL, 0, NULL, false},
    {"OpenTelemetry", "1709283971000000001|1709286020123456789", TIME_COLUMN_TIMES,
     "nanoseconds", "nanoseconds since the epoch", NULL, 0, NULL, false},
    {"bytes could be seconds of 1995 to 2090", "800000000|3800000000|2000000000",
     TIME_COLUMN_PERHAPS, "auto", "seconds since the epoch", NULL, 0, NULL, true},
    {"seconds with a zero", "1709283971|0|1709286020", TIME_COLUMN_TIMES, "auto",
     "seconds since the epoch", NULL, 0, "0", false},
    {"seconds with the end of time", "1709283971|253402300799|1709286020",
     TIME_COLUMN_TIMES, "seconds", "seconds since the epoch", NULL, 0, "253402300799",
     false},
    {"milliseconds with the end of time", "1709283971000|253402300799000|1709286020123",
     TIME_COLUMN_TIMES, "milliseconds", "milliseconds since the epoch", NULL, 0,
     "253402300799000", false},
    {"compact dates", "20240301|20240302|20241231", TIME_COLUMN_TIMES, "compact",
     "holds compact dates", "without a time of day, such as \"20240301\"", 0, NULL,
     false},
    {"days in milliseconds", "1709251200000|1709337600000", TIME_COLUMN_TIMES,
     "milliseconds", "milliseconds since the epoch",
     "without a time of day, such as \"1709251200000\"", 0, NULL, false},
    {"days in seconds", "1709251200|1709337600", TIME_COLUMN_TIMES, "auto",
     "seconds since the epoch", "without a time of day", 0, NULL, false},
    {"midnight everywhere", "2024-03-01 00:00:00|2024-03-02 00:00:00", TIME_COLUMN_TIMES,
     "auto", "holds times", "without a time of day, such as \"2024-03-01 00:00:00\"", 0,
     NULL, false},
    {"dates day first", "13/03/2024|01/03/2024", TIME_COLUMN_TIMES, "day-first",
     "day first", "without a time of day, such as \"13/03/2024\"", 0, NULL, false},
    {"compact dates and times", "20240301090611|20240302094020", TIME_COLUMN_TIMES,
     "compact", "holds compact dates", NULL, 0, NULL, false},
    {"without seconds", "202403010906|202403020940", TIME_COLUMN_TIMES, "compact",
     "holds compact dates", NULL, 0, NULL, false},
    {"with hours, or of the year 2034", "2024030109|2024030210", TIME_COLUMN_UNREADABLE,
     "", "--time-format compact", NULL, 1, NULL, false},
    {"eight digits that are no dates", "20240301|20243001", TIME_COLUMN_PERHAPS,
     "seconds", "relative seconds", "such as 20240301", 0, NULL, true},
    {"serial days", "45352.379|45353.40|45400", TIME_COLUMN_UNREADABLE, "",
     "--time-format excel) or relative seconds (--time-format seconds)", NULL, 1, NULL,
     true},
    {"modified Julian days", "61045.172731|61046.5|61047", TIME_COLUMN_UNREADABLE, "",
     "modified Julian days ((x - 40587) * 86400 are seconds since the epoch)", NULL, 1,
     NULL, true},
    {"Julian days", "2461045.672731|2461046.5|2461047", TIME_COLUMN_UNREADABLE, "",
     "Julian days ((x - 2440587.5) * 86400 are seconds since the epoch) or relative",
     NULL, 1, NULL, true},
    {"years", "2023|2024|2024", TIME_COLUMN_UNREADABLE, "", "years (--time-format %Y)",
     NULL, 1, NULL, true},
    {"a decimal comma", "1709283971,25|1709286020,5", TIME_COLUMN_TIMES, "auto",
     "seconds since the epoch", NULL, 0, NULL, false},
    {"serial days with a decimal comma", "45352,379|45353,4", TIME_COLUMN_UNREADABLE, "",
     "--time-format excel", NULL, 1, NULL, true},
    {"separators of thousands", "45,352|1,709,283,971", TIME_COLUMN_NOT, "", "", NULL, 1,
     NULL, false},
    {"numbers that a spreadsheet rounded", "1.70928E+12|1.70937E+12", TIME_COLUMN_TIMES,
     "milliseconds", "milliseconds since the epoch",
     "has rounded times: 2 of 2 cells are like \"1.70928E+12\"", 0, NULL, false},
    {"relative seconds", "0|12.5|3600", TIME_COLUMN_PERHAPS, "auto", "relative seconds",
     "lie in the years 1950 to 1990", 0, NULL, true},
    {"two units", "1709283971|1709286020|1709287594000", TIME_COLUMN_UNREADABLE, "",
     "mixes seconds since the epoch, such as 1709283971, with milliseconds, such as "
     "1709287594000",
     NULL, 3, NULL, true},
    {"no unit gives one era", "12|1234567890123456789012", TIME_COLUMN_UNREADABLE, "",
     "no times of one era", NULL, 1, NULL, true},
    {"a number out of range", "1e400", TIME_COLUMN_NOT, "", "", NULL, 1, NULL, false},

    {"day first, proven", "01/03/2024 09:06|13/03/2024 09:40|02/04/2024 10:06",
     TIME_COLUMN_TIMES, "day-first", "day first, as \"13/03/2024 09:40\" shows", NULL, 0,
     NULL, false},
    {"month first, proven", "03/01/2024 09:06|03/13/2024 09:40", TIME_COLUMN_TIMES,
     "month-first", "month first, as \"03/13/2024 09:40\" shows", NULL, 0, NULL, false},
    {"not proven", "01/03/2024|02/03/2024", TIME_COLUMN_UNREADABLE, "",
     "day first (--time-format day-first) or month first (--time-format month-first)",
     NULL, 1, NULL, false},
    {"points, not proven", "01.03.2024 09:06|02.03.2024 10:00", TIME_COLUMN_UNREADABLE,
     "", "\"01.03.2024 09:06\", day first", NULL, 1, NULL, false},
    {"both", "01/03/2024|13/03/2024|03/14/2024", TIME_COLUMN_UNREADABLE, "",
     "day first, such as \"13/03/2024\", and month first, such as \"03/14/2024\"", NULL,
     3, NULL, false},
    {"Jira", "22/Nov/26 10:04 AM|23/Nov/26 1:00 PM", TIME_COLUMN_UNREADABLE, "",
     "--time-format '%d/%b/%y %I:%M %p'", NULL, 1, NULL, false},
    {"two digits and no name", "22/11/26|23/11/26", TIME_COLUMN_UNREADABLE, "",
     "--time-format with a pattern", NULL, 1, NULL, false},
    {"texts and day first", "2024-03-01|13/03/2024", TIME_COLUMN_UNREADABLE, "",
     "mixes forms of times: \"2024-03-01\" and \"13/03/2024\"", NULL, 2, NULL, false},
    {"two kinds of one form, and another", "01/03/2024|03/14/2024|2024-03-15",
     TIME_COLUMN_UNREADABLE, "",
     "mixes forms of times: \"01/03/2024\" and \"2024-03-15\"", NULL, 3, NULL, false},
    {"texts and seconds", "2024-03-01 09:06:11|1709286020", TIME_COLUMN_TIMES, "auto",
     "holds times", NULL, 0, NULL, false},
    {"texts and serial days", "2024-03-01 09:06:11|45352.379", TIME_COLUMN_UNREADABLE, "",
     "mixes times such as \"2024-03-01 09:06:11\" with numbers such as 45352.379", NULL,
     2, NULL, false},
    {"texts and milliseconds", "1709283971000|2024-03-01 09:06:11",
     TIME_COLUMN_UNREADABLE, "", "mixes times", NULL, 2, NULL, false},

    {"the year 9999", ISO "|9999-12-31 23:59:59|9999-12-31 23:59:59", TIME_COLUMN_TIMES,
     "auto", "holds times", NULL, 0, "9999-12-31 23:59:59", false},
    {"the year 1", "0001-01-01T00:00:00Z|2024-03-01T09:06:11Z", TIME_COLUMN_TIMES, "auto",
     "holds times", NULL, 0, "0001-01-01T00:00:00Z", false},
    {"1970", ISO "|1970-01-01 00:00:00", TIME_COLUMN_TIMES, "auto", "holds times", NULL,
     0, "1970-01-01 00:00:00", false},
    {"1970 elsewhere", ISO "|1970-01-01 01:00:00", TIME_COLUMN_TIMES, "auto",
     "holds times", NULL, 0, "1970-01-01 01:00:00", false},
    {"1900", ISO "|1900-01-01", TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0,
     "1900-01-01", false},
    {"MySQL's zero", ISO "|0000-00-00 00:00:00", TIME_COLUMN_TIMES, "auto", "holds times",
     NULL, 0, "0000-00-00 00:00:00", false},
    {"PostgreSQL's infinity", ISO "|infinity", TIME_COLUMN_TIMES, "auto", "holds times",
     NULL, 0, "infinity", false},
    {"an unknown one, far from all others",
     ISO "|" ISO "|" ISO "|" ISO "|1911-11-11 11:11:11", TIME_COLUMN_TIMES, "auto",
     "holds times", NULL, 0, "1911-11-11 11:11:11", false},
    {"the half is no placeholder", "1989-03-01 09:06:11|2024-03-01 09:06:11",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"old data are no placeholders",
     "1995-01-02 07:00:00|2003-05-06 00:00:00|2011-07-08 00:00:00|2019-01-02 00:00:00",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"real times of New Year 2000", "1999-12-31 23:00:00|2000-01-01 00:00:00",
     TIME_COLUMN_TIMES, "auto", "holds times", NULL, 0, NULL, false},
    {"compact and 9999", "20240301|99991231|20240302", TIME_COLUMN_PERHAPS, "seconds",
     "relative seconds", "such as 20240301", 0, NULL, true},
    {"day first and 9999", "13/03/2024 09:06|31/12/9999", TIME_COLUMN_TIMES, "day-first",
     "day first", NULL, 0, "31/12/9999", false},
};

START_TEST(test_columns_are_decided)
{
    struct time_column column;
    struct time_decision decision;
    const char *about = cases[_i].about;
    time_column_init(&column, &TIME_FORMAT_DEFAULT);
    add_cells(&column, cases[_i].cells);
    time_column_decide(&column, &decision);
    bool is_read =
        decision.verdict == TIME_COLUMN_TIMES || decision.verdict == TIME_COLUMN_PERHAPS;
    ck_assert_msg(decision.verdict == cases[_i].verdict, "%s: %d, %s", about,
                  (int)decision.verdict, decision.text);
    ck_assert_msg(!is_read ||
                      strcmp(time_format_text(&decision.format), cases[_i].format) == 0,
                  "%s: %s", about, time_format_text(&decision.format));
    ck_assert_msg(strstr(decision.text, cases[_i].text), "%s: %s", about, decision.text);
    ck_assert_msg(cases[_i].text[0] != '\0' || decision.text[0] == '\0', "%s: %s", about,
                  decision.text);
    ck_assert_msg(cases[_i].warning ? strstr(decision.warning, cases[_i].warning) != NULL
                                    : decision.warning[0] == '\0',
                  "%s: %s", about, decision.warning);
    uint64_t bad = decision.first_bad.count > 0 ? decision.first_bad.place : 0;
    ck_assert_msg(bad == cases[_i].bad, "%s: %d", about, (int)bad);
    ck_assert_msg(decision.needs_user == cases[_i].needs_user, "%s", about);
    const char *placeholder =
        decision.placeholder_count > 0 ? decision.placeholders[0].cell.text : "none";
    ck_assert_msg(
        strcmp(placeholder, cases[_i].placeholder ? cases[_i].placeholder : "none") == 0,
        "%s: %s", about, placeholder);
}
END_TEST

/* A column that is read is read in every cell but the placeholders that are no times. */
START_TEST(test_decided_format_reads_the_cells)
{
    struct time_column column;
    struct time_decision decision;
    time_column_init(&column, &TIME_FORMAT_DEFAULT);
    add_cells(&column, cases[_i].cells);
    time_column_decide(&column, &decision);
    if (decision.verdict != TIME_COLUMN_TIMES && decision.verdict != TIME_COLUMN_PERHAPS)
        return;
    uint64_t read = 0;
    for (const char *cell = cases[_i].cells;;) {
        struct instant instant;
        size_t length = strcspn(cell, "|");
        read += time_format_read(&decision.format, cell, length, &instant);
        if (cell[length] == '\0')
            break;
        cell += length + 1;
    }
    ck_assert_msg(read == decision.times, "%s: %d of %d", cases[_i].about, (int)read,
                  (int)decision.times);
}
END_TEST

START_TEST(test_one_cell_of_many_that_is_no_time_is_named)
{
    struct time_column column;
    struct time_decision decision;
    time_column_init(&column, &TIME_FORMAT_DEFAULT);
    for (uint64_t place = 2; place < 1000; place++)
        time_column_add(&column, place, place == 17 ? "soon" : "2024-03-01 09:06",
                        place == 17 ? 4 : 16);
    time_column_decide(&column, &decision);
    ck_assert_int_eq(decision.verdict, TIME_COLUMN_TIMES);
    ck_assert_uint_eq(decision.cells, 998);
    ck_assert_uint_eq(decision.times, 997);
    ck_assert_uint_eq(decision.first_bad.place, 17);
    ck_assert_str_eq(decision.first_bad.text, "soon");
}
END_TEST

START_TEST(test_given_format_decides)
{
    struct time_format format;
    struct time_column column;
    struct time_decision decision;
    ck_assert(time_format_parse(&format, "day-first", NULL) == STATUS_OK);
    time_column_init(&column, &format);
    add_cells(&column, "01/03/2024|02/03/2024|NULL|31/12/9999");
    time_column_decide(&column, &decision);
    ck_assert_int_eq(decision.verdict, TIME_COLUMN_TIMES);
    ck_assert(time_format_equals(&decision.format, &format));
    ck_assert_uint_eq(decision.times, 3);
    ck_assert_uint_eq(decision.placeholder_count, 1);
    ck_assert(decision.placeholders[0].is_known);

    time_column_init(&column, &format);
    add_cells(&column, "01/03/2024|03/14/2024");
    time_column_decide(&column, &decision);
    ck_assert_int_eq(decision.verdict, TIME_COLUMN_NOT);
    ck_assert_uint_eq(decision.first_bad.place, 2);

    time_column_init(&column, &format);
    add_cells(&column, "01/03/2024|02/03/2024|03/14/2024");
    time_column_decide(&column, &decision);
    ck_assert_int_eq(decision.verdict, TIME_COLUMN_UNREADABLE);
    ck_assert_str_eq(decision.text,
                     "holds times in 2 of 3 cells; the first that is none is "
                     "\"03/14/2024\", which reads month first: 2024-03-14");
}
END_TEST

static const struct {
    const char *about, *format, *cells;
    enum time_verdict verdict;
    uint64_t times;
} given[] = {
    {"small numbers are no times because of day-first", "day-first", "0.2|20|1431",
     TIME_COLUMN_PERHAPS, 3},
    {"nor because of month-first", "month-first", "2024|2025|2026", TIME_COLUMN_PERHAPS,
     3},
    {"nor because of seconds", "seconds", "20|30.5|86400", TIME_COLUMN_PERHAPS, 3},
    {"nor because of milliseconds", "milliseconds", "0.2|3|20", TIME_COLUMN_PERHAPS, 3},
    {"nor because of excel", "excel", "1|3|20", TIME_COLUMN_PERHAPS, 3},
    {"seconds of one era are", "day-first", "1709283971|1709286020", TIME_COLUMN_TIMES,
     2},
    {"serial days of one era are", "excel", "45352.379|45353.40", TIME_COLUMN_TIMES, 2},
    {"with a placeholder, too", "excel", "45352.379|45353.40|1", TIME_COLUMN_TIMES, 3},
    {"years of one era are", "%Y", "2023|2024|2026", TIME_COLUMN_TIMES, 3},
    {"texts are, whatever their era", "day-first", "13/03/1924|14/03/1980",
     TIME_COLUMN_TIMES, 2},
    {"a number among texts is", "day-first", "13/03/2024 09:06|20", TIME_COLUMN_TIMES, 2},
};

static const struct {
    const char *about, *format; /* of strftime */
    int step;                   /* in minutes */
    const char *warning;
} clocks[] = {
    {"minutes around the clock", "%Y-%m-%d %H:%M", 7 * 60 + 11, ""},
    {"AM and PM", "%Y-%m-%d %I:%M %p", 7 * 60 + 11, ""},
    {"AM and PM lost", "%Y-%m-%d %I:%M", 7 * 60 + 11, "from 1:00 to 12:59 only"},
    {"AM and PM lost, with seconds, which are read faster", "%Y-%m-%d %I:%M:00",
     7 * 60 + 11, "from 1:00 to 12:59 only"},
    {"AM and PM lost, day first", "%d/%m/%Y %I:%M", 7 * 60 + 11,
     "from 1:00 to 12:59 only"},
    {"whole hours", "%Y-%m-%d %H:%M", 7 * 60, "whole hours only, such as"},
    {"whole hours, with seconds", "%Y-%m-%d %H:00:00", 7 * 60,
     "whole hours only, such as"},
    {"days", "%Y-%m-%d %H:%M:00", 24 * 60, "dates without a time of day, such as"},
};

START_TEST(test_what_clocks_lack_is_a_warning)
{
    struct time_column column;
    struct time_decision decision;
    char text[40];
    time_column_init(&column, &TIME_FORMAT_DEFAULT);
    for (uint64_t i = 0; i < 200; i++) {
        time_t seconds = 1709251200 + (time_t)i * clocks[_i].step * 60;
        struct tm parts;
        gmtime_r(&seconds, &parts);
        size_t length = strftime(text, sizeof text, clocks[_i].format, &parts);
        bool is_fast = i > 20 && length == 19 && strstr(clocks[_i].format, ":00");
        if (is_fast) {
            struct instant instant;
            ck_assert(instant_parse(text, length, &instant));
            is_fast = time_column_count(&column, i, false, instant.us);
        }
        if (!is_fast)
            time_column_add(&column, i, text, length);
    }
    time_column_decide(&column, &decision);
    ck_assert_int_eq(decision.verdict, TIME_COLUMN_TIMES);
    ck_assert_uint_eq(decision.times, 200);
    ck_assert_msg(*clocks[_i].warning != '\0'
                      ? strstr(decision.warning, clocks[_i].warning) != NULL
                      : decision.warning[0] == '\0',
                  "%s: %s", clocks[_i].about, decision.warning);
}
END_TEST

START_TEST(test_given_format_makes_no_times_of_numbers)
{
    struct time_format format;
    struct time_column column;
    struct time_decision decision;
    ck_assert(time_format_parse(&format, given[_i].format, NULL) == STATUS_OK);
    time_column_init(&column, &format);
    add_cells(&column, given[_i].cells);
    time_column_decide(&column, &decision);
    ck_assert_msg(decision.verdict == given[_i].verdict, "%s: %d", given[_i].about,
                  (int)decision.verdict);
    ck_assert_msg(decision.needs_user == (given[_i].verdict == TIME_COLUMN_PERHAPS), "%s",
                  given[_i].about);
    ck_assert_msg(decision.times == given[_i].times, "%s: %d", given[_i].about,
                  (int)decision.times);
}
END_TEST

START_TEST(test_placeholders_are_counted)
{
    struct time_column column;
    struct time_decision decision;
    time_column_init(&column, &TIME_FORMAT_DEFAULT);
    for (uint64_t place = 1; place <= 100; place++) {
        char text[32];
        int length = snprintf(text, sizeof text, "2024-03-%02d 09:%02d",
                              (int)place % 28 + 1, (int)place % 60);
        if (place % 10 == 3)
            length = snprintf(text, sizeof text, "9999-12-31");
        if (place % 50 == 7)
            length = snprintf(text, sizeof text, "1970-01-01");
        time_column_add(&column, place, text, (size_t)length);
    }
    time_column_decide(&column, &decision);
    ck_assert_uint_eq(decision.placeholder_count, 2);
    ck_assert_str_eq(decision.placeholders[0].cell.text, "1970-01-01");
    ck_assert_uint_eq(decision.placeholders[0].cell.count, 2);
    ck_assert_uint_eq(decision.placeholders[0].cell.place, 7);
    ck_assert_str_eq(decision.placeholders[1].cell.text, "9999-12-31");
    ck_assert_uint_eq(decision.placeholders[1].cell.count, 10);
    ck_assert_uint_eq(decision.placeholders[1].cell.place, 3);
}
END_TEST

/* Random cells, dealt to several columns in any order and merged, are decided like in one. */
START_TEST(test_decision_does_not_depend_on_the_split)
{
    static const char *const cells[] = {"2024-03-01 09:06:11",
                                        "2024-03-01",
                                        "9999-12-31",
                                        "13/03/2024",
                                        "01/02/2024",
                                        "03/14/2024",
                                        "22/Nov/26",
                                        "NULL",
                                        "1709286020",
                                        "45352",
                                        "0",
                                        "web",
                                        "20240301",
                                        "1995-02-03T00:00:00Z",
                                        "2003-05-06 00:00",
                                        "2011-01-01",
                                        "2024-03-01 09:06 CET",
                                        "09:06:11",
                                        "1709251200",
                                        "1911-11-11"};
    const int rounds = case_count(2000, 50);
    struct random random;
    random_init(&random, 5, 0);
    for (int round = 0; round < rounds; round++) {
        struct time_column whole, parts[3];
        struct time_decision a, b;
        uint64_t first = random_below(&random, COUNT(cells));
        uint64_t kinds = 1 + random_below(&random, 8);
        time_column_init(&whole, &TIME_FORMAT_DEFAULT);
        for (int k = 0; k < 3; k++)
            time_column_init(&parts[k], &TIME_FORMAT_DEFAULT);
        for (uint64_t place = 1; place <= 40; place++) {
            const char *cell =
                cells[(first + random_below(&random, kinds)) % COUNT(cells)];
            time_column_add(&whole, place, cell, strlen(cell));
            time_column_add(&parts[random_below(&random, 3)], place, cell, strlen(cell));
        }
        time_column_merge(&parts[2], &parts[0]);
        time_column_merge(&parts[1], &parts[2]);
        time_column_decide(&whole, &a);
        time_column_decide(&parts[1], &b);
        ck_assert_int_eq(a.verdict, b.verdict);
        ck_assert_str_eq(a.text, b.text);
        ck_assert_str_eq(a.warning, b.warning);
        ck_assert_uint_eq(a.times, b.times);
        ck_assert_uint_eq(a.first_bad.place, b.first_bad.place);
        ck_assert_uint_eq(a.placeholder_count, b.placeholder_count);
        for (unsigned i = 0; i < a.placeholder_count; i++) {
            ck_assert_uint_eq(a.placeholders[i].cell.count, b.placeholders[i].cell.count);
            ck_assert_uint_eq(a.placeholders[i].cell.place, b.placeholders[i].cell.place);
            ck_assert_str_eq(a.placeholders[i].cell.text, b.placeholders[i].cell.text);
        }
    }
}
END_TEST

Suite *time_column_suite(void)
{
    Suite *suite = suite_create("time_column");
    TCase *tc = tcase_create("time_column");
    tcase_add_loop_test(tc, test_columns_are_decided, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_decided_format_reads_the_cells, 0, COUNT(cases));
    tcase_add_test(tc, test_one_cell_of_many_that_is_no_time_is_named);
    tcase_add_test(tc, test_given_format_decides);
    tcase_add_loop_test(tc, test_what_clocks_lack_is_a_warning, 0, COUNT(clocks));
    tcase_add_loop_test(tc, test_given_format_makes_no_times_of_numbers, 0, COUNT(given));
    tcase_add_test(tc, test_placeholders_are_counted);
    tcase_add_test(tc, test_decision_does_not_depend_on_the_split);
    suite_add_tcase(suite, tc);
    return suite;
}
