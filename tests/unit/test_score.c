#include "train/score.h"

#include <math.h>

#include "base/random.h"
#include "support/compare.h"
#include "train/loss.h"
#include "unit/suites.h"

enum { MOST = 4, C = 3 };

static const struct {
    const char *about;
    size_t count;
    float scores[MOST][C];
    uint32_t actions[MOST];
    double accuracy, loss;
} cases[] = {
    {"right", 1, {{1, 0, 0}}, {0}, 1.0, 0.551444714},
    {"wrong", 1, {{1, 0, 0}}, {2}, 0.0, 1.551444714},
    {"a tie goes to the first", 1, {{0, 0, 0}}, {0}, 1.0, 1.098612289},
    {"a tie is no hit for the second", 1, {{0, 0, 0}}, {1}, 0.0, 1.098612289},
    {"a mean of four",
     4,
     {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}},
     {0, 1, 1, 2},
     0.5,
     1.051444714},
};

START_TEST(test_score)
{
    struct score score =
        score_of(cases[_i].scores[0], cases[_i].actions, cases[_i].count, C);

    assert_close(cases[_i].about, 0, score.accuracy, cases[_i].accuracy, 0);
    assert_close(cases[_i].about, 1, score.loss, cases[_i].loss, 1e-8);
}
END_TEST

enum { MANY = 2000 };

/* Actions drawn with the very probabilities that scores / truth stand for. */
static void draw(double truth, float scores[MANY][C], uint32_t actions[MANY])
{
    struct random random;

    random_init(&random, 8, 0);
    for (size_t i = 0; i < MANY; i++) {
        double weights[C], sum = 0.0, at;
        for (size_t c = 0; c < C; c++) {
            scores[i][c] = (float)(2.0 * random_normal(&random));
            sum += weights[c] = exp((double)scores[i][c] / truth);
        }
        at = random_unit(&random) * sum;
        actions[i] = at < weights[0] ? 0 : at < weights[0] + weights[1] ? 1 : 2;
    }
}

static const struct {
    const char *about;
    double truth;
} temperatures[] = {
    {"well calibrated", 1.0}, {"too sure", 2.5}, {"not sure enough", 0.5}};

START_TEST(test_temperature)
{
    static float scores[MANY][C];
    static uint32_t actions[MANY];

    draw(temperatures[_i].truth, scores, actions);
    double found = score_temperature(scores[0], actions, MANY, C);
    assert_close(temperatures[_i].about, 0, log(found), log(temperatures[_i].truth),
                 0.12);
    for (int side = -1; side <= 1; side += 2) { /* no better one beside it */
        double here = 0.0, there = 0.0;
        for (size_t i = 0; i < MANY; i++) {
            here += loss_at_temperature(scores[i], C, actions[i], found);
            there +=
                loss_at_temperature(scores[i], C, actions[i], found * (1 + side * 0.01));
        }
        ck_assert_msg(here <= there, "%s: %g beside %g", temperatures[_i].about, there,
                      here);
    }
}
END_TEST

static const struct {
    const char *about;
    uint32_t right;
    double temperature;
} ends[] = {
    {"always right: as sure as it goes", 0, 0.125},
    {"always wrong: as unsure as it goes", 1, 8.0},
};

START_TEST(test_temperature_stays_within_bounds)
{
    const float scores[2][C] = {{2, 0, 0}, {1, 0, 0}};
    const uint32_t actions[2] = {ends[_i].right, ends[_i].right};

    assert_close(ends[_i].about, 0, score_temperature(scores[0], actions, 2, C),
                 ends[_i].temperature, 1e-3);
}
END_TEST

Suite *score_suite(void)
{
    Suite *suite = suite_create("score");
    TCase *tc = tcase_create("score");
    tcase_add_loop_test(tc, test_score, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_temperature, 0, COUNT(temperatures));
    tcase_add_loop_test(tc, test_temperature_stays_within_bounds, 0, COUNT(ends));
    suite_add_tcase(suite, tc);
    return suite;
}
