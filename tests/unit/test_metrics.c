/* F1, precision, recall and calibration error from counts. */
#include "eval/metrics.h"

#include <math.h>

#include "support/compare.h"
#include "unit/suites.h"

enum { C = 3, MAX_PREDICTIONS = 12, OTHER = ACTION_OTHER };

struct weighted {
    uint32_t label, action;
    float confidence;
    double weight;
};

/*
 * Label by prediction, computed by hand:
 *
 *              a  b  c
 *          a   3  1  0      precision a 3/5, b 2/4, c 1/1
 *          b   2  2  0      recall    a 3/4, b 2/4, c 1/2
 *          c   0  1  1      F1        a 6/9, b 4/8, c 2/3: macro 11/18
 */
static const struct {
    const char *about;
    size_t count;
    struct weighted predictions[MAX_PREDICTIONS];
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
    {"a weight of n is n predictions",
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
    {"a class without support has no recall and is not in macro F1",
     3,
     {{0, 0, 0.5f, 1}, {1, 2, 0.5f, 1}, {1, 1, 0.5f, 1}},
     {1.0, 1.0, 0.0},
     {1.0, 0.5, NAN},
     {1.0, 2.0 / 3, NAN},
     5.0 / 6,
     1.0 / 6},
    {"a label that is none of the model's actions: wrong for the class that was "
     "predicted",
     2,
     {{0, 0, 0.5f, 1}, {OTHER, 0, 0.5f, 1}},
     {0.5, NAN, NAN},
     {1.0, NAN, NAN},
     {2.0 / 3, NAN, NAN},
     2.0 / 3,
     0.0},
    {"bins: (0, 1/15] .. (14/15, 1]; their errors add up without cancelling",
     6,
     /* the last bin: 0.98, 0.98, 1 with two correct, |2 - 2.96|; alone in their bins: 0.42
        correct, 0.35 wrong, 0.5 correct */
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
    {"no prediction",
     0,
     {{0, 0, 0, 0}},
     {NAN, NAN, NAN},
     {NAN, NAN, NAN},
     {NAN, NAN, NAN},
     NAN,
     NAN},
};

static void assert_metric(const char *about, size_t i, double got, double expected)
{
    if (isnan(expected) != isnan(got))
        ck_abort_msg("%s: [%zu] is %g, expected %g", about, i, got, expected);
    if (!isnan(expected))
        assert_close(about, i, got, expected, 1e-7);
}

START_TEST(test_metrics_equal_those_computed_by_hand)
{
    const char *about = cases[_i].about;
    struct prediction_counts counts;
    ck_assert_int_eq(prediction_counts_init(&counts, C, NULL), STATUS_OK);
    for (int round = 0; round < 2; round++) { /* after clear, everything is zero again */
        prediction_counts_clear(&counts);
        for (size_t i = 0; i < cases[_i].count; i++) {
            const struct weighted *weighted = &cases[_i].predictions[i];
            const struct prediction prediction = {.action = weighted->action,
                                                  .confidence = weighted->confidence};
            prediction_counts_add(&counts, weighted->label, &prediction,
                                  weighted->weight);
        }
    }
    for (size_t c = 0; c < C; c++) {
        assert_metric(about, c, prediction_counts_precision(&counts, c),
                      cases[_i].precision[c]);
        assert_metric(about, 10 + c, prediction_counts_recall(&counts, c),
                      cases[_i].recall[c]);
        assert_metric(about, 20 + c, prediction_counts_f1(&counts, c), cases[_i].f1[c]);
    }
    assert_metric(about, 30, prediction_counts_macro_f1(&counts), cases[_i].macro);
    double precision = 0.0, recall = 0.0, classes = 0.0;
    for (size_t c = 0; c < C; c++)
        if (counts.support[c] > 0.0) {
            precision += isnan(cases[_i].precision[c]) ? 0.0 : cases[_i].precision[c];
            recall += cases[_i].recall[c];
            classes += 1.0;
        }
    assert_metric(about, 32, prediction_counts_macro_precision(&counts),
                  classes > 0.0 ? precision / classes : (double)NAN);
    assert_metric(about, 33, prediction_counts_macro_recall(&counts),
                  classes > 0.0 ? recall / classes : (double)NAN);
    assert_metric(about, 31, prediction_counts_calibration_error(&counts),
                  cases[_i].calibration);
    prediction_counts_release(&counts);
}
END_TEST

static const struct {
    const char *about;
    float confidence;
    size_t bin;
} bins[] = {
    {"the smallest", 1e-30f, 0},       {"within the first", 0.06f, 0},
    {"0.5 is in the eighth", 0.5f, 7}, {"just above 14/15", 0.9334f, 14},
    {"just below", 0.9333f, 13},       {"one is in the last", 1.0f, 14},
};

START_TEST(test_probability_goes_to_its_bin)
{
    const struct prediction prediction = {.confidence = bins[_i].confidence};
    struct prediction_counts counts;
    ck_assert_int_eq(prediction_counts_init(&counts, C, NULL), STATUS_OK);
    prediction_counts_add(&counts, 0, &prediction, 1.0);
    assert_close(bins[_i].about, bins[_i].bin, counts.bins[bins[_i].bin].count, 1.0, 0.0);
    prediction_counts_release(&counts);
}
END_TEST

/* (0.7 - 1)^2 + 0.2^2 + 0.1^2 = 0.14 for the label a; a label that is no action has no score. */
START_TEST(test_brier_score_is_summed_over_the_actions)
{
    static const float probabilities[C] = {0.7f, 0.2f, 0.1f};
    static const double expected[] = {0.14, 0.49 + 0.64 + 0.01, 0.49 + 0.04 + 0.81};
    struct history_sums sums;
    ck_assert_int_eq(history_sums_init(&sums, C + 1, NULL), STATUS_OK);
    for (uint32_t label = 0; label <= C; label++) {
        const struct position position = {.history = label,
                                          .label = label < C ? label : (uint32_t)OTHER};
        const struct prediction prediction =
            prediction_of(probabilities, C, position.label);
        history_sums_add_brier(&sums, &position, &prediction);
        assert_close("Brier score", label,
                     history_sums_row(&sums, label)[SUM_MODEL_BRIER],
                     label < C ? expected[label] : 0.0, 1e-7);
    }
    history_sums_release(&sums);
}
END_TEST

Suite *metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    tcase_add_loop_test(tc, test_metrics_equal_those_computed_by_hand, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_probability_goes_to_its_bin, 0, COUNT(bins));
    tcase_add_test(tc, test_brier_score_is_summed_over_the_actions);
    suite_add_tcase(suite, tc);
    return suite;
}
