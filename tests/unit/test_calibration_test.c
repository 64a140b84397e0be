/* The test of calibration: calibrated predictions pass it, overconfident ones do not. */
#include "eval/calibration_test.h"

#include <math.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "unit/suites.h"

enum { MAX = 600, PER_GROUP = 12 };

struct drawn {
    struct prediction predictions[MAX];
    uint32_t labels[MAX], groups[MAX];
    double error;
};

/* Predictions whose confidence is `too_high` above the probability that they are correct. */
static void draw(struct drawn *x, double too_high, bool is_joint, uint64_t seed)
{
    struct prediction_counts counts;
    struct random random;
    double u = 0.0;
    random_init(&random, seed, 0);
    ck_assert_int_eq(prediction_counts_init(&counts, 2, NULL), STATUS_OK);
    for (size_t i = 0; i < MAX; i++) {
        double p = 0.5 + 0.5 * random_unit(&random) * (1.0 - too_high);
        if (!is_joint || i % PER_GROUP == 0)
            u = random_unit(&random);
        x->groups[i] = (uint32_t)(i / PER_GROUP);
        x->predictions[i] =
            (struct prediction){.action = 1, .confidence = (float)(p + too_high * 0.5)};
        prediction_counts_add(&counts, u < p, &x->predictions[i], 1.0);
    }
    x->error = prediction_counts_calibration_error(&counts);
    prediction_counts_release(&counts);
}

static const struct {
    const char *about;
    double too_high;
    bool draws_joint, tests_joint;
    double least, most; /* share of rejections at 5 % */
} cases[] = {
    {"a calibrated model is rejected in one of 20 cases", 0.0, false, false, 0.0, 0.12},
    {"an overconfident one always", 0.3, false, false, 1.0, 1.0},
    {"errors of a history that go together, drawn together", 0.0, true, true, 0.0, 0.12},
    {"the same drawn independently would be rejected", 0.0, true, false, 0.3, 1.0},
    {"overconfident, drawn together", 0.3, true, true, 0.6, 1.0},
};

START_TEST(test_share_of_rejections)
{
    const int trials = case_count(100, 20);
    static struct drawn x;
    int rejected = 0;
    for (int n = 0; n < trials; n++) {
        struct calibration_test test;
        draw(&x, cases[_i].too_high, cases[_i].draws_joint, (uint64_t)n + 1);
        const struct calibration_test_data data = {
            .predictions = x.predictions,
            .count = MAX,
            .groups = cases[_i].tests_joint ? x.groups : NULL,
            .seed = 7};
        ck_assert_int_eq(calibration_test_run(&data, x.error, &test, NULL), STATUS_OK);
        assert_close(cases[_i].about, (size_t)n, test.excess, x.error - test.expected,
                     1e-15);
        rejected += test.p < 0.05;
    }
    if (!case_count_is_reduced() || cases[_i].most >= 1.0)
        ck_assert_msg(rejected >= cases[_i].least * trials &&
                          rejected <= cases[_i].most * trials,
                      "%s: %d of %d", cases[_i].about, rejected, trials);
}
END_TEST

/* All confidences 3/4: the errors of n positions are |binomial / n - 3/4|. */
START_TEST(test_expected_error_of_equal_confidences)
{
    static struct drawn x;
    struct calibration_test test;
    for (size_t i = 0; i < MAX; i++)
        x.predictions[i] = (struct prediction){.confidence = 0.75f};
    const struct calibration_test_data data = {
        .predictions = x.predictions, .count = MAX, .seed = 1};
    ck_assert_int_eq(calibration_test_run(&data, 0.0, &test, NULL), STATUS_OK);
    /* the mean of |normal|: sqrt(2 / pi) times the standard deviation */
    double expected = sqrt(2.0 / 3.14159265358979) * sqrt(0.75 * 0.25 / MAX);
    assert_close("expected", 0, test.expected, expected, 0.1 * expected);
    assert_close("an error of 0 is the smallest", 0, test.p, 1.0, 0.0);
}
END_TEST

START_TEST(test_same_for_any_threads_and_nothing_without_positions)
{
    static struct drawn x;
    struct calibration_test one, three, none;
    struct workers *workers = workers_new(3, NULL);
    draw(&x, 0.05, false, 3);
    struct calibration_test_data data = {
        .predictions = x.predictions, .count = MAX - 1, .seed = 1};
    ck_assert_int_eq(calibration_test_run(&data, x.error, &one, NULL), STATUS_OK);
    data.workers = workers;
    ck_assert_int_eq(calibration_test_run(&data, x.error, &three, NULL), STATUS_OK);
    ck_assert_mem_eq(&one, &three, sizeof one);
    data.count = 0;
    ck_assert_int_eq(calibration_test_run(&data, (double)NAN, &none, NULL), STATUS_OK);
    ck_assert(isnan(none.p) && isnan(none.expected));
    workers_free(workers);
}
END_TEST

/* 0.01 * 4, 0.02 * 3, 0.03 * 2 is no more than the one before, 0.9 * 1; the NaN is no test. */
START_TEST(test_correction_of_holm)
{
    static const double p[] = {0.02, (double)NAN, 0.01, 0.9, 0.03};
    static const double expected[] = {0.06, 0.0, 0.04, 0.9, 0.06};
    struct calibration_test tests[5], *list[5];
    for (size_t i = 0; i < 5; i++) {
        tests[i] = (struct calibration_test){.p = p[i], .p_holm = p[i]};
        list[i] = &tests[i];
    }
    calibration_test_holm(list, 5);
    for (size_t i = 0; i < 5; i++)
        if (i != 1)
            assert_close("p", i, tests[i].p_holm, expected[i], 1e-15);
    ck_assert(isnan(tests[1].p_holm));
}
END_TEST

Suite *calibration_test_suite(void)
{
    Suite *suite = suite_create("calibration_test");
    TCase *tc = tcase_create("calibration_test");
    tcase_add_loop_test(tc, test_share_of_rejections, 0, COUNT(cases));
    tcase_add_test(tc, test_expected_error_of_equal_confidences);
    tcase_add_test(tc, test_same_for_any_threads_and_nothing_without_positions);
    tcase_add_test(tc, test_correction_of_holm);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}
