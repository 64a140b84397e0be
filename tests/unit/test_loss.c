/* Cross-entropy, its gradient, metrics and the best temperature. */
#include "train/loss.h"

#include <math.h>

#include "base/random.h"
#include "support/compare.h"
#include "unit/suites.h"

enum { MOST = 4, C = 3, MANY = 2000 };

static const struct {
    const char *about;
    size_t classes, right;
    float logits[MOST];
    double weight, loss;
    double dlogits[MOST];
} cases[] = {
    {"two equal logits", 2, 0, {0, 0}, 1.0, 0.693147181, {-0.5, 0.5}},
    {"the weight applies to the gradient only",
     2,
     1,
     {0, 0},
     0.25,
     0.693147181,
     {0.125, -0.125}},
    {"the logits of the lesson",
     3,
     1,
     {0.076129670f, 0.368416052f, 0.170026082f},
     1.0,
     0.942583956,
     {0.290872492, -0.610380204, 0.319507712}},
    {"logits far apart", 2, 0, {100, 0}, 1.0, 0.0, {0, 0}},
    {"logits far apart, wrong", 2, 1, {100, 0}, 1.0, 100.0, {1, -1}},
    {"logits whose exp overflows",
     3,
     2,
     {3e38f, 3e38f, -3e38f},
     1.0,
     6e38,
     {0.5, 0.5, -1}},
    {"logits far below 0", 2, 0, {-1e30f, -1e30f}, 1.0, 0.693147181, {-0.5, 0.5}},
};

START_TEST(test_cross_entropy_and_its_gradient)
{
    float dlogits[MOST] = {7, 7, 7, 7};
    double tolerance = 1e-7 + 1e-7 * cases[_i].loss;
    double loss = loss_cross_entropy(cases[_i].logits, cases[_i].classes, cases[_i].right,
                                     cases[_i].weight, dlogits);
    assert_close(cases[_i].about, 0, loss, cases[_i].loss, tolerance);
    assert_all_close(cases[_i].about, dlogits, cases[_i].dlogits, cases[_i].classes,
                     1e-7);
    if (cases[_i].classes < MOST)
        assert_close("nothing is written after the end", MOST, (double)dlogits[MOST - 1],
                     7, 0);
    assert_close("without gradient", 0,
                 loss_cross_entropy(cases[_i].logits, cases[_i].classes, cases[_i].right,
                                    cases[_i].weight, NULL),
                 loss, 0);
    assert_close(
        "temperature 1 changes nothing", 0,
        loss_at_temperature(cases[_i].logits, cases[_i].classes, cases[_i].right, 1.0),
        loss, 1e-12 * (1 + loss));
}
END_TEST

START_TEST(test_temperature_divides_the_logits)
{
    const float logits[3] = {1.0f, -0.5f, 2.0f}, halved[3] = {0.5f, -0.25f, 1.0f};
    for (size_t y = 0; y < 3; y++)
        assert_close("temperature 2", y, loss_at_temperature(logits, 3, y, 2.0),
                     loss_cross_entropy(halved, 3, y, 1.0, NULL), 1e-12);
}
END_TEST

START_TEST(test_nan_gives_nan)
{
    const float logits[2] = {NAN, 0.0f};
    ck_assert(isnan(loss_cross_entropy(logits, 2, 1, 1.0, NULL)));
}
END_TEST

static const struct {
    const char *about;
    size_t count;
    float logits[MOST][C];
    uint32_t actions[MOST];
    double accuracy, loss;
} means[] = {
    {"right", 1, {{1, 0, 0}}, {0}, 1.0, 0.551444714},
    {"wrong", 1, {{1, 0, 0}}, {2}, 0.0, 1.551444714},
    {"a tie goes to the first", 1, {{0, 0, 0}}, {0}, 1.0, 1.098612289},
    {"a tie is not the second", 1, {{0, 0, 0}}, {1}, 0.0, 1.098612289},
    {"a mean of four",
     4,
     {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}},
     {0, 1, 1, 2},
     0.5,
     1.051444714},
};

START_TEST(test_loss_and_accuracy_of_predictions)
{
    struct target targets[MOST];
    struct loss_sums sums = {.loss = {0, 0}};
    for (size_t i = 0; i < means[_i].count; i++)
        targets[i] = (struct target){.action = means[_i].actions[i], .weight = 1.0};
    loss_sums_add(&sums, means[_i].logits[0], targets, means[_i].count, C);
    struct loss_metrics metrics = loss_metrics_of(&sums);
    assert_close("without prefixes", 1, metrics.end_loss, metrics.loss, 0);
    assert_close("without prefixes", 2, metrics.prefix_loss, 0, 0);
    assert_close(means[_i].about, 0, metrics.accuracy, means[_i].accuracy, 0);
    assert_close(means[_i].about, 1, metrics.loss, means[_i].loss, 1e-8);
}
END_TEST

/* Two histories: one of three events, with a weight of 2 before its end, and one of one event. */
START_TEST(test_prefixes_are_counted_apart_and_by_weight)
{
    const float logits[4][C] = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}};
    const struct target targets[4] = {
        {0, true, 1.0}, {0, true, 1.0}, {0, false, 1.0}, {0, false, 1.0}};
    const double right = 0.551444714, wrong = 1.551444714;
    struct loss_sums sums = {.loss = {0, 0}};
    loss_sums_add(&sums, logits[0], targets, 2, C); /* in two parts */
    loss_sums_add(&sums, logits[2], targets + 2, 2, C);
    struct loss_metrics metrics = loss_metrics_of(&sums);
    assert_close("all", 0, metrics.loss, (right + wrong + right + wrong) / 4, 1e-8);
    assert_close("at the end", 0, metrics.end_loss, (right + wrong) / 2, 1e-8);
    assert_close("at the end", 1, metrics.accuracy, 0.5, 0);
    assert_close("before the end", 0, metrics.prefix_loss, (right + wrong) / 2, 1e-8);
    assert_close("before the end", 1, metrics.prefix_accuracy, 0.5, 0);
}
END_TEST

/* Draw actions with the probabilities that logits / truth give. */
static void draw(double truth, float logits[MANY][C], struct target targets[MANY])
{
    struct random random;
    random_init(&random, 8, 0);
    for (size_t i = 0; i < MANY; i++) {
        double weights[C], sum = 0.0, at;
        for (size_t c = 0; c < C; c++) {
            logits[i][c] = (float)(2.0 * random_normal(&random));
            sum += weights[c] = exp((double)logits[i][c] / truth);
        }
        at = random_unit(&random) * sum;
        targets[i] = (struct target){.weight = 1.0};
        targets[i].action = at < weights[0] ? 0 : at < weights[0] + weights[1] ? 1 : 2;
    }
}

static const struct {
    const char *about;
    double truth;
} temperatures[] = {
    {"well calibrated", 1.0}, {"overconfident", 2.5}, {"underconfident", 0.5}};

START_TEST(test_best_temperature_is_found)
{
    static float logits[MANY][C];
    static struct target targets[MANY];
    draw(temperatures[_i].truth, logits, targets);
    double found = loss_best_temperature(logits[0], 1, targets, MANY, C);
    assert_close(temperatures[_i].about, 0, log(found), log(temperatures[_i].truth),
                 0.12);
    for (int side = -1; side <= 1; side += 2) { /* none next to it is better */
        double here = 0.0, there = 0.0;
        for (size_t i = 0; i < MANY; i++) {
            here += loss_at_temperature(logits[i], C, targets[i].action, found);
            there += loss_at_temperature(logits[i], C, targets[i].action,
                                         found * (1 + side * 0.01));
        }
        ck_assert_msg(here <= there, "%s: %g, next to it %g", temperatures[_i].about,
                      here, there);
    }
}
END_TEST

static const struct {
    const char *about;
    uint32_t right;
    double temperature;
} ends[] = {
    {"always right: the lowest temperature", 0, 0.125},
    {"always wrong: the highest temperature", 1, 8.0},
};

START_TEST(test_temperature_counts_weights)
{
    const float logits[3][C] = {{2, 0, 0}, {2, 0, 0}, {2, 0, 0}};
    const struct target many[3] = {{0, true, 1}, {0, true, 1}, {1, false, 1}};
    const struct target two[2] = {{0, true, 2}, {1, false, 1}};
    assert_close("a weight of 2 and two rows", 0,
                 loss_best_temperature(logits[0], 1, two, 2, C),
                 loss_best_temperature(logits[0], 1, many, 3, C), 1e-9);
}
END_TEST

START_TEST(test_temperature_stays_within_bounds)
{
    const float logits[2][C] = {{2, 0, 0}, {1, 0, 0}};
    const struct target targets[2] = {{ends[_i].right, false, 1},
                                      {ends[_i].right, false, 1}};
    assert_close(ends[_i].about, 0, loss_best_temperature(logits[0], 1, targets, 2, C),
                 ends[_i].temperature, 1e-3);
}
END_TEST

Suite *loss_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *tc = tcase_create("loss");
    tcase_add_loop_test(tc, test_cross_entropy_and_its_gradient, 0, COUNT(cases));
    tcase_add_test(tc, test_temperature_divides_the_logits);
    tcase_add_test(tc, test_nan_gives_nan);
    tcase_add_loop_test(tc, test_loss_and_accuracy_of_predictions, 0, COUNT(means));
    tcase_add_test(tc, test_prefixes_are_counted_apart_and_by_weight);
    tcase_add_test(tc, test_temperature_counts_weights);
    tcase_add_loop_test(tc, test_best_temperature_is_found, 0, COUNT(temperatures));
    tcase_add_loop_test(tc, test_temperature_stays_within_bounds, 0, COUNT(ends));
    suite_add_tcase(suite, tc);
    return suite;
}
