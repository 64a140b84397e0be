#include "base/timestamp.h"

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
    suite_add_tcase(suite, tc);
    return suite;
}
