/* The times of a history beside those of a training: what is said to be unusual. */
#include "model/time_range.h"

#include <string.h>

#include "unit/suites.h"

#define MOST 4

/* Of the training: 2026-01-05T04:08:44Z to 2026-03-31T20:00:00Z, gaps up to 90 minutes. */
static const struct time_range real = {.is_known = true,
                                       .first = INT64_C(1767586124000000),
                                       .last = INT64_C(1774987200000000),
                                       .longest_gap = INT64_C(5400000000),
                                       .longest_span = INT64_C(86400000000)};
static const struct time_range relative = {.is_known = true,
                                           .first = 0,
                                           .last = 3600000000,
                                           .longest_gap = 600000000,
                                           .longest_span = 3600000000};
static const struct time_range at_once = {.is_known = true,
                                          .first = INT64_C(1767586124000000),
                                          .last = INT64_C(1767586124000000)};
static const struct time_range nothing = {.is_known = false};

enum { ALL, CALENDAR, GAPS, NEITHER };
static const struct time_uses uses[] = {[ALL] = {.calendar = true, .gaps = true},
                                        [CALENDAR] = {.calendar = true},
                                        [GAPS] = {.gaps = true},
                                        [NEITHER] = {.gaps = false}};

#define BIT(kind) (1U << UNUSUAL_##kind)

static const struct {
    const char *about;
    const struct time_range *training;
    int uses;
    double seconds[MOST];
    uint32_t count;
    unsigned kinds;
    uint32_t event; /* of the lowest kind */
} cases[] = {
    {"as in the training", &real, ALL, {1767590000, 1767590600}, 2, 0, 0},
    {"the year after the training", &real, ALL, {1799126000, 1799126600}, 2, 0, 0},
    {"ten years before the training", &real, ALL, {1451606400, 1451607000}, 2, 0, 0},
    {"days of a spreadsheet", &real, ALL, {46235.4, 46235.5}, 2, BIT(TIME), 0},
    {"days of a spreadsheet, for gaps alone",
     &real,
     GAPS,
     {46235.4, 46235.5},
     2,
     BIT(TIME),
     0},
    {"relative seconds, for gaps alone", &real, GAPS, {0, 600, 1200}, 3, 0, 0},
    {"relative seconds, for hours", &real, ALL, {0, 600, 1200}, 3, BIT(TIME), 0},
    {"seconds before a failure, for gaps alone", &real, GAPS, {-600, 0}, 2, 0, 0},
    {"the year 2569", &real, CALENDAR, {18903132000, 18903133000}, 2, BIT(TIME), 1},
    {"the year 2569, for gaps alone",
     &real,
     GAPS,
     {18903132000, 18903133000},
     2,
     BIT(TIME),
     1},
    {"a year that is mistyped by ten",
     &real,
     ALL,
     {1469959800, 1785579000, 1785579600},
     3,
     BIT(GAP),
     1},
    {"the same, where only the hour is an input",
     &real,
     CALENDAR,
     {1469959800, 1785579000},
     2,
     0,
     0},
    {"a year that is mistyped by a hundred",
     &real,
     ALL,
     {1785579000, 4941252600},
     2,
     BIT(TIME) | BIT(GAP),
     1},
    {"the longest gap of several",
     &real,
     GAPS,
     {1767590000, 1767690000, 1767990000, 1768090000},
     4,
     BIT(GAP),
     2},
    {"ten times the longest gap", &real, ALL, {1767590000, 1767644000}, 2, 0, 0},
    {"a history of many days, of short gaps",
     &real,
     GAPS,
     {1767590000, 1767640000, 1767690000, 1767740000},
     4,
     0,
     0},
    {"a gap of a minute after a training without gaps",
     &at_once,
     GAPS,
     {1767586124, 1767586184},
     2,
     0,
     0},
    {"a gap of an hour after a training without gaps",
     &at_once,
     GAPS,
     {1767586124, 1767589724},
     2,
     BIT(GAP),
     1},
    {"a training on relative seconds, and relative seconds",
     &relative,
     ALL,
     {0, 60},
     2,
     0,
     0},
    {"a training on relative seconds, and real times",
     &relative,
     ALL,
     {1767590000, 1767590600},
     2,
     BIT(TIME),
     1},
    {"one event, decades too early", &real, ALL, {86400}, 1, BIT(TIME), 0},
    {"no time feature", &real, NEITHER, {0, 18903132000}, 2, 0, 0},
    {"an old model file", &nothing, ALL, {0, 18903132000}, 2, 0, 0},
};

static struct time_range range_of_case(int i, uint32_t *longest_gap_at)
{
    struct instant times[MOST];
    for (uint32_t t = 0; t < cases[i].count; t++)
        times[t] = (struct instant){.us = (int64_t)(cases[i].seconds[t] * 1e6)};
    return time_range_of(times, cases[i].count, longest_gap_at);
}

START_TEST(test_unusual_times_are_found)
{
    struct unusual_times unusual;
    uint32_t longest_gap_at;
    struct time_range range = range_of_case(_i, &longest_gap_at);
    time_range_compare(cases[_i].training, uses[cases[_i].uses], &range, longest_gap_at,
                       cases[_i].count, &unusual);
    ck_assert_msg(unusual.kinds == cases[_i].kinds, "%s: %x", cases[_i].about,
                  unusual.kinds);
    for (int kind = 0; kind < UNUSUAL_KINDS; kind++)
        if (unusual.kinds & 1U << kind) {
            ck_assert_msg(unusual.events[kind] == cases[_i].event, "%s: event %u",
                          cases[_i].about, (unsigned)unusual.events[kind]);
            break;
        }
}
END_TEST

/* 4 * 50,000 s is more than ten times a day only if each gap is allowed. */
START_TEST(test_a_long_history_of_usual_gaps_is_unusual)
{
    struct instant times[30];
    struct unusual_times unusual;
    uint32_t longest_gap_at;
    for (int i = 0; i < 30; i++)
        times[i].us = real.first + i * INT64_C(50000) * 1000000;
    struct time_range range = time_range_of(times, 30, &longest_gap_at);
    time_range_compare(&real, uses[GAPS], &range, longest_gap_at, 30, &unusual);
    ck_assert_uint_eq(unusual.kinds, BIT(SPAN));
    ck_assert_uint_eq(unusual.events[UNUSUAL_SPAN], 29);
}
END_TEST

START_TEST(test_ranges_are_merged)
{
    struct time_range all = {.is_known = false};
    time_range_merge(&all, &nothing);
    ck_assert(!all.is_known);
    time_range_merge(&all, &real);
    time_range_merge(&all, &nothing);
    ck_assert_int_eq(all.first, real.first);
    time_range_merge(&all, &relative);
    ck_assert_int_eq(all.first, relative.first);
    ck_assert_int_eq(all.last, real.last);
    ck_assert_int_eq(all.longest_gap, real.longest_gap);
    ck_assert_int_eq(all.longest_span, real.longest_span);
}
END_TEST

Suite *time_range_suite(void)
{
    Suite *suite = suite_create("time_range");
    TCase *tc = tcase_create("time_range");
    tcase_add_loop_test(tc, test_unusual_times_are_found, 0, COUNT(cases));
    tcase_add_test(tc, test_a_long_history_of_usual_gaps_is_unusual);
    tcase_add_test(tc, test_ranges_are_merged);
    suite_add_tcase(suite, tc);
    return suite;
}
