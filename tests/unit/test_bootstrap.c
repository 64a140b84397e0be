/* Bootstrap intervals of drawn data against the normal approximation, and their coverage. */
#include "eval/bootstrap.h"

#include <math.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "unit/suites.h"

enum { MAX_POSITIONS = 400, C = 2 };

/* Predictions of a model, and of a baseline that is always wrong. */
struct drawn {
    struct position list[MAX_POSITIONS];
    struct positions positions;
    struct prediction predictions[MAX_POSITIONS];
    struct history_sums sums;
};

struct results {
    struct estimate accuracy, loss, gain, undefined, macro_f1, calibration_error;
};

/* The positions of a history are all correct, with probability p, or all wrong. */
static void draw(struct drawn *drawn, size_t histories, size_t per_history, double p,
                 uint64_t seed)
{
    struct random random;
    random_init(&random, seed, 0);
    drawn->positions = (struct positions){
        .list = drawn->list, .count = histories * per_history, .histories = histories};
    ck_assert_int_eq(history_sums_init(&drawn->sums, histories, NULL), STATUS_OK);
    for (size_t h = 0; h < histories; h++) {
        bool is_correct = random_unit(&random) < p;
        for (size_t i = h * per_history; i < (h + 1) * per_history; i++) {
            struct position *position = &drawn->list[i];
            struct prediction *prediction = &drawn->predictions[i];
            *position = (struct position){(uint32_t)h, (uint32_t)(i % per_history), 0};
            *prediction =
                (struct prediction){.action = is_correct ? 0 : 1,
                                    .confidence = 0.75f,
                                    .label_probability = is_correct ? 0.75f : 0.25f};
            history_sums_count(&drawn->sums, position, SUM_POSITIONS);
            history_sums_add(&drawn->sums, position, SUM_MODEL_CORRECT,
                             prediction->action, (double)prediction->label_probability);
            history_sums_add(&drawn->sums, position, baseline_correct(0), 1, 0.5);
        }
    }
}

static void run(const struct drawn *drawn, uint32_t threads, uint64_t seed,
                struct results *results)
{
    const struct ratio ratios[] = {
        {&results->accuracy, SUM_MODEL_CORRECT, SUM_ZERO, SUM_POSITIONS},
        {&results->loss, SUM_MODEL_LOSS, SUM_ZERO, SUM_LABELLED},
        {&results->gain, SUM_MODEL_CORRECT, baseline_correct(0), SUM_POSITIONS},
        {&results->undefined, SUM_OPTIMUM_CORRECT, SUM_ZERO, SUM_ORDER_POSITIONS},
    };
    const struct bootstrap bootstrap = {
        .sums = &drawn->sums,
        .ratios = ratios,
        .ratio_count = sizeof ratios / sizeof *ratios,
        .positions = &drawn->positions,
        .predictions = drawn->predictions,
        .C = C,
        .statistics = {[STATISTIC_MACRO_F1] = &results->macro_f1,
                       [STATISTIC_CALIBRATION_ERROR] = &results->calibration_error},
        .resamples = 1000,
        .seed = seed,
        .workers = workers_new(threads, NULL)};
    ck_assert_int_eq(bootstrap_run(&bootstrap, NULL), STATUS_OK);
    workers_free(bootstrap.workers);
}

static const struct {
    const char *about;
    size_t histories, per_history;
    double p;
} cases[] = {
    {"many histories of one position", 400, 1, 0.7},
    {"fewer of four positions, all correct or all wrong", 100, 4, 0.7},
    {"nearly always correct", 400, 1, 0.95},
};

/*
 * The interval of a share p of n histories is about +-1.96 sqrt(p (1 - p) / n), for any number
 * of positions in each, because whole histories are drawn.
 */
START_TEST(test_interval_of_a_share_is_nearly_normal)
{
    const char *about = cases[_i].about;
    double p = cases[_i].p;
    struct drawn drawn;
    struct results results;
    draw(&drawn, cases[_i].histories, cases[_i].per_history, p, 5);
    run(&drawn, 2, 1, &results);
    double share = results.accuracy.value;
    double half = 1.96 * sqrt(share * (1 - share) / (double)cases[_i].histories);
    assert_close(about, 0, results.accuracy.low, share - half, 0.15 * half);
    assert_close(about, 1, results.accuracy.high, share + half, 0.15 * half);
    ck_assert_msg(results.accuracy.low < p && p < results.accuracy.high,
                  "%s: the true value is outside", about);
    assert_close(about, 2, results.gain.value, share, 1e-15);
    assert_close(about, 3, results.gain.low, results.accuracy.low, 1e-15);
    assert_close(about, 4, results.loss.value,
                 -share * log(0.75) - (1 - share) * log(0.25), 1e-12);
    assert_close(about, 5, results.calibration_error.value, fabs(share - 0.75), 1e-12);
    assert_close(about, 6, results.macro_f1.value, 2 * share / (1 + share), 1e-12);
    ck_assert(isnan(results.undefined.value) && isnan(results.undefined.low));
    history_sums_release(&drawn.sums);
}
END_TEST

START_TEST(test_same_for_any_threads_and_different_for_another_seed)
{
    struct drawn drawn;
    struct results one, three, other;
    draw(&drawn, 120, 3, 0.6, 9);
    run(&drawn, 1, 1, &one);
    run(&drawn, 3, 1, &three);
    run(&drawn, 1, 2, &other);
    ck_assert_mem_eq(&one, &three, sizeof one);
    ck_assert(one.loss.low != other.loss.low);
    ck_assert(one.loss.value == other.loss.value);
    history_sums_release(&drawn.sums);
}
END_TEST

/* Of 200 intervals 190 are expected to contain the true value, standard deviation 3.1. */
START_TEST(test_intervals_contain_the_true_value)
{
    const int count = case_count(200, 10);
    int covered = 0;
    for (uint64_t seed = 0; seed < (uint64_t)count; seed++) {
        struct drawn drawn;
        struct results results;
        draw(&drawn, 80, 2, 0.7, seed);
        run(&drawn, 1, seed, &results);
        covered += results.accuracy.low <= 0.7 && 0.7 <= results.accuracy.high;
        history_sums_release(&drawn.sums);
    }
    ck_assert_msg(100 * covered >= 89 * count,
                  "%d of %d intervals contain the true value", covered, count);
}
END_TEST

static const struct {
    const char *about;
    size_t count;
    double sorted[5], share, expected;
} quantiles[] = {
    {"the middle of an odd count", 3, {1, 2, 4}, 0.5, 2},
    {"between two neighbours", 2, {1, 2}, 0.25, 1.25},
    {"the smallest", 5, {1, 2, 3, 4, 5}, 0.0, 1},
    {"the largest", 5, {1, 2, 3, 4, 5}, 1.0, 5},
    {"a fortieth of the way", 5, {0, 1, 2, 3, 4}, 0.025, 0.1},
    {"only one", 1, {7}, 0.975, 7},
};

START_TEST(test_quantiles_are_interpolated)
{
    assert_close(quantiles[_i].about, 0,
                 bootstrap_quantile(quantiles[_i].sorted, quantiles[_i].count,
                                    quantiles[_i].share),
                 quantiles[_i].expected, 1e-12);
}
END_TEST

Suite *bootstrap_suite(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *tc = tcase_create("bootstrap");
    tcase_add_loop_test(tc, test_interval_of_a_share_is_nearly_normal, 0, COUNT(cases));
    tcase_add_test(tc, test_same_for_any_threads_and_different_for_another_seed);
    tcase_add_test(tc, test_intervals_contain_the_true_value);
    tcase_add_loop_test(tc, test_quantiles_are_interpolated, 0, COUNT(quantiles));
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}
