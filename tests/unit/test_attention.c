/*
 * The running softmax of the attention head: whatever the order and size of the scores, its weights
 * and its mean are those of a softmax over all of them.
 */
#include "infer/attention.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "unit/suites.h"

enum { MOST = 2000 };

/* Scores and one number for each event; the mean of the numbers is run beside. */
struct events {
    float scores[MOST], x[MOST];
    size_t count;
};

static void check_events(const char *about, const struct events *events)
{
    struct running_softmax running;
    double largest = -INFINITY, sum = 0.0, mean = 0.0, weights = 0.0;
    float moved = 0.0f;
    for (size_t t = 0; t < events->count; t++) {
        float share = running_softmax_add(&running, events->scores[t], t == 0);
        ck_assert_msg(share >= 0.0f && share <= 1.0f, "%s: share %g", about,
                      (double)share);
        moved = fmaf(share, events->x[t] - moved, moved);
        largest = fmax(largest, (double)events->scores[t]);
    }
    for (size_t t = 0; t < events->count; t++)
        sum += exp((double)events->scores[t] - largest);
    for (size_t t = 0; t < events->count; t++) {
        double weight = exp((double)events->scores[t] - largest) / sum;
        double own = (double)running_softmax_weight(&running, events->scores[t]);
        ck_assert_msg(fabs(weight - own) <= 2e-6, "%s: weight %zu is %g, not %g", about,
                      t, own, weight);
        mean += weight * (double)events->x[t];
        weights += own;
    }
    ck_assert_msg(fabs(weights - 1.0) <= 2e-5, "%s: sum of weights %.9g", about, weights);
    ck_assert_msg(fabs((double)moved - mean) <= 5e-6, "%s: mean %.9g, not %.9g", about,
                  (double)moved, mean);
}

static const struct order {
    const char *about;
    double first, step, noise; /* score t: first + step t + noise in +-1 */
    size_t count;
} orders[] = {
    {"one event", 3.0, 0.0, 0.0, 1},
    {"equal scores", -2.0, 0.0, 0.0, MOST},
    {"rising scores", -50.0, 0.05, 0.0, MOST},
    {"falling scores", 50.0, -0.05, 0.0, MOST},
    {"any order", 0.0, 0.0, 4.0, MOST},
    {"far apart: only the last counts", -1000.0, 500.0, 0.0, 5},
    {"far apart: only the first counts", 1000.0, -500.0, 0.0, 5},
};

START_TEST(test_it_is_the_softmax_over_all_scores)
{
    const struct order *order = &orders[_i];
    struct random random;
    struct events events = {.count = order->count};
    random_init(&random, 3, (uint64_t)_i);
    for (size_t t = 0; t < events.count; t++) {
        double noise = order->noise * (2.0 * random_unit(&random) - 1.0);
        events.scores[t] = (float)(order->first + order->step * (double)t + noise);
        events.x[t] = (float)(2.0 * random_unit(&random) - 1.0);
    }
    check_events(order->about, &events);
}
END_TEST

START_TEST(test_a_score_that_is_not_a_number_is_never_hidden)
{
    struct running_softmax running;
    running_softmax_add(&running, 1.0f, true);
    ck_assert(isnan(running_softmax_add(&running, NAN, false)));
    ck_assert(isnan(running_softmax_add(&running, 5.0f, false)));
}
END_TEST

Suite *attention_suite(void)
{
    Suite *suite = suite_create("attention");
    TCase *tc = tcase_create("attention");
    tcase_add_loop_test(tc, test_it_is_the_softmax_over_all_scores, 0,
                        sizeof orders / sizeof *orders);
    tcase_add_test(tc, test_a_score_that_is_not_a_number_is_never_hidden);
    suite_add_tcase(suite, tc);
    return suite;
}
