#include "train/loss.h"

#include <math.h>

#include "support/compare.h"
#include "unit/suites.h"

enum { MOST = 4 };

static const struct {
    const char *about;
    size_t classes, right;
    float scores[MOST];
    double weight, loss;
    double dscores[MOST];
} cases[] = {
    {"two equal scores", 2, 0, {0, 0}, 1.0, 0.693147181, {-0.5, 0.5}},
    {"the weight is the gradient's alone",
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
    {"scores far apart", 2, 0, {100, 0}, 1.0, 0.0, {0, 0}},
    {"scores far apart, wrong", 2, 1, {100, 0}, 1.0, 100.0, {1, -1}},
    {"scores that exp would not bear",
     3,
     2,
     {3e38f, 3e38f, -3e38f},
     1.0,
     6e38,
     {0.5, 0.5, -1}},
    {"scores far below 0", 2, 0, {-1e30f, -1e30f}, 1.0, 0.693147181, {-0.5, 0.5}},
};

START_TEST(test_cross_entropy)
{
    float dscores[MOST] = {7, 7, 7, 7};
    double tolerance = 1e-7 + 1e-7 * cases[_i].loss;
    double loss = loss_cross_entropy(cases[_i].scores, cases[_i].classes, cases[_i].right,
                                     cases[_i].weight, dscores);

    assert_close(cases[_i].about, 0, loss, cases[_i].loss, tolerance);
    assert_all_close(cases[_i].about, dscores, cases[_i].dscores, cases[_i].classes,
                     1e-7);
    if (cases[_i].classes < MOST)
        assert_close("nothing is written behind", MOST, (double)dscores[MOST - 1], 7, 0);
    assert_close("without gradient", 0,
                 loss_cross_entropy(cases[_i].scores, cases[_i].classes, cases[_i].right,
                                    cases[_i].weight, NULL),
                 loss, 0);
    assert_close(
        "temperature 1 changes nothing", 0,
        loss_at_temperature(cases[_i].scores, cases[_i].classes, cases[_i].right, 1.0),
        loss, 1e-12 * (1 + loss));
}
END_TEST

START_TEST(test_temperature_divides_the_scores)
{
    const float scores[3] = {1.0f, -0.5f, 2.0f}, halved[3] = {0.5f, -0.25f, 1.0f};

    for (size_t y = 0; y < 3; y++)
        assert_close("temperature 2", y, loss_at_temperature(scores, 3, y, 2.0),
                     loss_cross_entropy(halved, 3, y, 1.0, NULL), 1e-12);
}
END_TEST

START_TEST(test_not_finite_is_not_hidden)
{
    const float scores[2] = {NAN, 0.0f};

    ck_assert(isnan(loss_cross_entropy(scores, 2, 1, 1.0, NULL)));
}
END_TEST

Suite *loss_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *tc = tcase_create("loss");
    tcase_add_loop_test(tc, test_cross_entropy, 0, COUNT(cases));
    tcase_add_test(tc, test_temperature_divides_the_scores);
    tcase_add_test(tc, test_not_finite_is_not_hidden);
    suite_add_tcase(suite, tc);
    return suite;
}
