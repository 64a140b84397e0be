#include "eval/tally.h"

#include <math.h>

#include "support/compare.h"
#include "unit/suites.h"

enum { C = 3, MOST = 12, OTHER = ACTION_OTHER };

/* One answer: right, chosen, top, weight. */
struct given {
    uint32_t right, chosen;
    float top;
    double weight;
};

/*
 * Right by answer, worked by hand:
 *
 *              a  b  c
 *          a   3  1  0      precision a 3/5, b 2/4, c 1/1
 *          b   2  2  0      recall    a 3/4, b 2/4, c 1/2
 *          c   0  1  1      F1        a 6/9, b 4/8, c 2/3: macro 11/18
 */
static const struct {
    const char *about;
    size_t count;
    struct given given[MOST];
    double precision[C], recall[C], f1[C], macro, calibration;
} cases[] = {
    {"three classes",
     10,
     {{0, 0, 0.5f, 1},
      {0, 0, 0.5f, 1},
      {0, 0, 0.5f, 1},
      {0, 1, 0.5f, 1},
      {1, 0, 0.5f, 1},
      {1, 0, 0.5f, 1},
      {1, 1, 0.5f, 1},
      {1, 1, 0.5f, 1},
      {2, 1, 0.5f, 1},
      {2, 2, 0.5f, 1}},
     {0.6, 0.5, 1.0},
     {0.75, 0.5, 0.5},
     {6.0 / 9, 0.5, 2.0 / 3},
     11.0 / 18,
     0.1},
    {"a weight counts as so many",
     6,
     {{0, 0, 0.5f, 3},
      {0, 1, 0.5f, 1},
      {1, 0, 0.5f, 2},
      {1, 1, 0.5f, 2},
      {2, 1, 0.5f, 1},
      {2, 2, 0.5f, 1}},
     {0.6, 0.5, 1.0},
     {0.75, 0.5, 0.5},
     {6.0 / 9, 0.5, 2.0 / 3},
     11.0 / 18,
     0.1},
    {"a class that is right nowhere has no recall and no say in macro F1",
     3,
     {{0, 0, 0.5f, 1}, {1, 2, 0.5f, 1}, {1, 1, 0.5f, 1}},
     {1.0, 1.0, 0.0},
     {1.0, 0.5, NAN},
     {1.0, 2.0 / 3, NAN},
     5.0 / 6,
     1.0 / 6},
    {"none of the model's: wrong for the class that was answered",
     2,
     {{0, 0, 0.5f, 1}, {OTHER, 0, 0.5f, 1}},
     {0.5, NAN, NAN},
     {1.0, NAN, NAN},
     {2.0 / 3, NAN, NAN},
     2.0 / 3,
     0.0},
    {"bins: (0, 1/15] .. (14/15, 1]; their gaps add up without cancelling",
     6,
     /* the last bin: 0.98, 0.98, 1 with two right, |2 - 2.96|; alone in theirs: 0.42 right,
        0.35 wrong, 0.5 right */
     {{0, 0, 0.98f, 1},
      {1, 0, 0.98f, 1},
      {0, 0, 0.42f, 1},
      {1, 0, 0.35f, 1},
      {0, 0, 1.0f, 1},
      {0, 0, 0.5f, 1}},
     {4.0 / 6, NAN, NAN},
     {1.0, 0.0, NAN},
     {8.0 / 10, 0.0, NAN},
     0.4,
     (0.96 + 0.58 + 0.35 + 0.5) / 6},
    {"nothing",
     0,
     {{0, 0, 0, 0}},
     {NAN, NAN, NAN},
     {NAN, NAN, NAN},
     {NAN, NAN, NAN},
     NAN,
     NAN},
};

static void assert_figure(const char *about, size_t i, double got, double expected)
{
    if (isnan(expected) != isnan(got))
        ck_abort_msg("%s: [%zu] is %g, expected %g", about, i, got, expected);
    if (!isnan(expected))
        assert_close(about, i, got, expected, 1e-7);
}

START_TEST(test_figures)
{
    const char *about = cases[_i].about;
    struct tally tally;

    ck_assert_int_eq(tally_init(&tally, C, NULL), STATUS_OK);
    for (int round = 0; round < 2; round++) { /* cleared, it is as new */
        tally_clear(&tally);
        for (size_t i = 0; i < cases[_i].count; i++) {
            const struct given *given = &cases[_i].given[i];
            const struct mark mark = {given->chosen, given->top, 0};
            tally_add(&tally, given->right, &mark, given->weight);
        }
    }
    for (size_t c = 0; c < C; c++) {
        assert_figure(about, c, tally_precision(&tally, c), cases[_i].precision[c]);
        assert_figure(about, 10 + c, tally_recall(&tally, c), cases[_i].recall[c]);
        assert_figure(about, 20 + c, tally_f1(&tally, c), cases[_i].f1[c]);
    }
    assert_figure(about, 30, tally_macro_f1(&tally), cases[_i].macro);
    assert_figure(about, 31, tally_calibration_error(&tally), cases[_i].calibration);
    tally_release(&tally);
}
END_TEST

static const struct {
    const char *about;
    float top;
    size_t bin;
} bins[] = {
    {"the smallest", 1e-30f, 0},       {"within the first", 0.06f, 0},
    {"0.5 is in the eighth", 0.5f, 7}, {"just above 14/15", 0.9334f, 14},
    {"just below", 0.9333f, 13},       {"one is in the last", 1.0f, 14},
};

START_TEST(test_bins)
{
    const struct mark mark = {0, bins[_i].top, 0};
    struct tally tally;

    ck_assert_int_eq(tally_init(&tally, C, NULL), STATUS_OK);
    tally_add(&tally, 0, &mark, 1.0);
    assert_close(bins[_i].about, bins[_i].bin, tally.bin_counts[bins[_i].bin], 1.0, 0.0);
    tally_release(&tally);
}
END_TEST

Suite *tally_suite(void)
{
    Suite *suite = suite_create("tally");
    TCase *tc = tcase_create("tally");
    tcase_add_loop_test(tc, test_figures, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_bins, 0, COUNT(bins));
    suite_add_tcase(suite, tc);
    return suite;
}
