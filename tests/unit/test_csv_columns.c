/* Times in the forms of exports are read as RFC 3339, or refused. */
#include "data/csv_columns.h"

#include <string.h>

#include "base/timestamp.h"
#include "unit/suites.h"

static const struct {
    const char *about, *text, *normalised; /* NULL: refused */
} cases[] = {
    {"RFC 3339", "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"without a zone it is UTC", "2026-11-22 10:04:00", "2026-11-22T10:04:00Z"},
    {"an offset stays", "2026-11-22T10:04:00+01:00", "2026-11-22T10:04:00+01:00"},
    {"an offset without a colon", "2026-11-22 10:04:00-0530",
     "2026-11-22T10:04:00-05:30"},
    {"an offset of hours only", "2026-11-22 10:04:00+01", "2026-11-22T10:04:00+01:00"},
    {"UTC by name", "2026-11-22 10:04:00 UTC", "2026-11-22T10:04:00Z"},
    {"GMT by name", "2026-11-22 10:04:00GMT", "2026-11-22T10:04:00Z"},
    {"slashes", "2026/11/22 10:04:05", "2026-11-22T10:04:05Z"},
    {"no leading zeros", "2026/1/2 3:04", "2026-01-02T03:04:00Z"},
    {"no seconds", "2026-11-22T10:04", "2026-11-22T10:04:00Z"},
    {"no seconds but a zone", "2026-11-22 10:04Z", "2026-11-22T10:04:00Z"},
    {"a fraction", "2026-11-22 10:04:00.25", "2026-11-22T10:04:00.25Z"},
    {"a fraction after a comma", "2026-11-22 10:04:00,123", "2026-11-22T10:04:00.123Z"},
    {"a fraction is cut", "2026-11-22 10:04:00.12345678999",
     "2026-11-22T10:04:00.123456789Z"},
    {"a date without a time of day", "2026-11-22", "2026-11-22T00:00:00Z"},
    {"day first is refused as ambiguous", "22/11/2026 10:04", NULL},
    {"month by name", "22 Nov 2026", NULL},
    {"separators that differ", "2026-11/22", NULL},
    {"hours alone are not a time of day", "2026-11-22 10", NULL},
    {"a fraction without digits", "2026-11-22 10:04:00.", NULL},
    {"another zone", "2026-11-22 10:04:00 CET", NULL},
    {"half a zone", "2026-11-22 10:04:00+1", NULL},
    {"text after the time", "2026-11-22 10:04:00Z x", NULL},
    {"two digits of a year", "26-11-22", NULL},
    {"nothing", "", NULL},
    {"a name", "yesterday", NULL},
};

START_TEST(test_times_are_read_or_refused)
{
    char buffer[CSV_TIME_BYTES];
    int64_t micros;
    bool is_accepted =
        csv_time_to_rfc3339(cases[_i].text, strlen(cases[_i].text), buffer);
    ck_assert_msg(is_accepted == (cases[_i].normalised != NULL), "%s", cases[_i].about);
    if (!is_accepted)
        return;
    ck_assert_msg(strcmp(buffer, cases[_i].normalised) == 0, "%s: %s", cases[_i].about,
                  buffer);
    ck_assert_msg(timestamp_parse(buffer, strlen(buffer), &micros), "%s: not a time",
                  cases[_i].about);
}
END_TEST

/* Only the form is checked here; timestamp_parse checks the day. */
START_TEST(test_form_of_a_day_that_does_not_exist_is_accepted)
{
    char buffer[CSV_TIME_BYTES];
    int64_t micros;
    ck_assert(csv_time_to_rfc3339("2026-02-30 25:61", 16, buffer));
    ck_assert_str_eq(buffer, "2026-02-30T25:61:00Z");
    ck_assert(!timestamp_parse(buffer, strlen(buffer), &micros));
}
END_TEST

START_TEST(test_reads_no_byte_after_the_text)
{
    static const char text[] = "2026-11-22 10:04:00.25+01:00";
    char buffer[CSV_TIME_BYTES], copy[sizeof text];
    for (size_t length = 0; length < sizeof text; length++) {
        memset(copy, 'x', sizeof copy);
        memcpy(copy, text, length);
        bool whole = csv_time_to_rfc3339(text, length, buffer);
        ck_assert_msg(whole == csv_time_to_rfc3339(copy, length, buffer),
                      "it reads beyond byte %zu", length);
    }
}
END_TEST

Suite *csv_columns_suite(void)
{
    Suite *suite = suite_create("csv_columns");
    TCase *tc = tcase_create("csv_columns");
    tcase_add_loop_test(tc, test_times_are_read_or_refused, 0, COUNT(cases));
    tcase_add_test(tc, test_form_of_a_day_that_does_not_exist_is_accepted);
    tcase_add_test(tc, test_reads_no_byte_after_the_text);
    suite_add_tcase(suite, tc);
    return suite;
}
