/* Metrics of ranks, by hand, against all pairs, and their interval against its coverage. */
#include "eval/ranking.h"

#include <math.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "trainer.h"
#include "unit/suites.h"

enum { MAX = 60 };

/* Scores of action 1 of two, and whether it is the label. */
static const struct {
    const char *about;
    size_t count;
    float p[8];
    uint32_t label[8];
    double auc, average_precision, threshold, f1;
} cases[] = {
    {"perfect order", 4, {0.9f, 0.75f, 0.5f, 0.25f}, {1, 1, 0, 0}, 1.0, 1.0, 0.75, 1.0},
    {"reversed",
     4,
     {0.25f, 0.5f, 0.75f, 1.0f},
     {1, 1, 0, 0},
     0.0,
     /* recall 1/2 at 3, 1 at 4 */ 0.5 / 3 + 0.5 * 2 / 4,
     0.25,
     2.0 / 3},
    {"all equal", 4, {0.5f, 0.5f, 0.5f, 0.5f}, {1, 0, 0, 0}, 0.5, 0.25, 0.5, 0.4},
    {"a tie counts half", 3, {0.75f, 0.5f, 0.5f}, {0, 1, 0}, 0.25, 1.0 / 3, 0.5, 0.5},
    {"one positive in the middle",
     3,
     {0.75f, 0.5f, 0.25f},
     {0, 1, 0},
     0.5,
     0.5,
     0.5,
     2.0 / 3},
    {"labels that are no action are left out",
     4,
     {0.75f, 0.5f, 0.25f, 1.0f},
     {1, 0, 0, ACTION_OTHER},
     1.0,
     1.0,
     0.75,
     1.0},
    {"no positive",
     2,
     {0.75f, 0.5f},
     {0, 0},
     (double)NAN,
     (double)NAN,
     (double)NAN,
     (double)NAN},
    {"positives only", 2, {0.75f, 0.5f}, {1, 1}, (double)NAN, 1.0, 0.5, 1.0},
};

static void assert_equal(const char *about, size_t i, double got, double expected)
{
    if (isnan(expected))
        ck_assert_msg(isnan(got), "%s: [%zu] is %g, expected nan", about, i, got);
    else
        assert_close(about, i, got, expected, 1e-12);
}

START_TEST(test_metrics_equal_those_computed_by_hand)
{
    float probabilities[8][2];
    struct ranked list[8];
    for (size_t i = 0; i < cases[_i].count; i++) {
        probabilities[i][1] = cases[_i].p[i];
        probabilities[i][0] = 1.0f - cases[_i].p[i];
    }
    struct ranking ranking =
        ranking_make(&probabilities[0][0], cases[_i].label, cases[_i].count, 2, 1, list);
    struct ranking_metrics metrics = ranking_measure(&ranking, NULL, NULL);
    assert_equal(cases[_i].about, 0, metrics.auc, cases[_i].auc);
    assert_equal(cases[_i].about, 1, metrics.average_precision,
                 cases[_i].average_precision);
    assert_equal(cases[_i].about, 2, metrics.threshold, cases[_i].threshold);
    assert_equal(cases[_i].about, 3, metrics.threshold_f1, cases[_i].f1);
}
END_TEST

struct drawn {
    size_t count;
    float probabilities[MAX][3];
    uint32_t labels[MAX], groups[MAX];
    struct ranked list[MAX];
};

/* Positives have higher scores by `better`; few different scores, so that many are equal. */
static void draw(struct drawn *x, size_t count, double better, struct random *random)
{
    x->count = count;
    for (size_t i = 0; i < count; i++) {
        x->labels[i] = (uint32_t)random_below(random, 3);
        x->groups[i] = (uint32_t)i;
        for (uint32_t c = 0; c < 3; c++)
            x->probabilities[i][c] = (float)(random_below(random, 6)) / 8.0f +
                                     (x->labels[i] == c ? (float)better : 0.0f);
    }
}

static double area_of_pairs(const struct drawn *x, uint32_t c, const uint32_t *weights)
{
    double won = 0.0, pairs = 0.0;
    for (size_t i = 0; i < x->count; i++)
        for (size_t j = 0; j < x->count; j++) {
            double weight = weights ? (double)weights[i] * weights[j] : 1.0;
            float p = x->probabilities[i][c], q = x->probabilities[j][c];
            if (x->labels[i] != c || x->labels[j] == c)
                continue;
            won += p > q ? weight : p < q ? 0.0 : weight / 2.0;
            pairs += weight;
        }
    return won / pairs;
}

START_TEST(test_area_is_the_share_of_pairs_in_order)
{
    struct drawn x;
    struct random random;
    uint32_t weights[MAX];
    random_init(&random, 5, (uint64_t)_i);
    draw(&x, MAX, 0.125, &random);
    for (size_t i = 0; i < MAX; i++)
        weights[i] = (uint32_t)random_below(&random, 4);
    double mean = 0.0;
    for (uint32_t c = 0; c < 3; c++) {
        struct ranking ranking =
            ranking_make(&x.probabilities[0][0], x.labels, MAX, 3, c, x.list);
        double area = area_of_pairs(&x, c, NULL);
        mean += area / 3.0;
        assert_close("area", c, ranking_measure(&ranking, NULL, NULL).auc, area, 1e-12);
        assert_close("with weights", c, ranking_measure(&ranking, weights, x.groups).auc,
                     area_of_pairs(&x, c, weights), 1e-12);
    }
    assert_close(
        "mean over the actions", 0,
        ranking_area(&x.probabilities[0][0], x.labels, MAX, 3, x.list, NULL).value, mean,
        1e-12);
}
END_TEST

/* Positives with normal scores around 1, others around 0: the area is Phi(1 / sqrt(2)). */
START_TEST(test_interval_covers_the_true_area)
{
    enum { COUNT_OF = 50 };
    const double area = 0.7602499389065233;
    const unsigned trials = (unsigned)case_count(400, 8);
    unsigned covered = 0;
    struct random random;
    random_init(&random, 9, 0);
    for (unsigned n = 0; n < trials; n++) {
        float p[COUNT_OF][2];
        uint32_t labels[COUNT_OF];
        struct ranked list[COUNT_OF];
        double scratch[COUNT_OF];
        for (size_t i = 0; i < COUNT_OF; i++) {
            labels[i] = i % 2;
            double score = random_normal(&random) + (labels[i] == 1 ? 1.0 : 0.0);
            p[i][1] = (float)(1.0 / (1.0 + exp(-score)));
            p[i][0] = 1.0f - p[i][1];
        }
        struct ranking_area got =
            ranking_area(&p[0][0], labels, COUNT_OF, 2, list, scratch);
        ck_assert(got.low <= got.value && got.value <= got.high);
        covered += got.low <= area && area <= got.high;
    }
    ck_assert_msg(covered >= trials * 88 / 100 && covered <= trials,
                  "%u of %u intervals contain the true area", covered, trials);
}
END_TEST

/* A probability near 1 has lost digits that the one near 0 has. */
START_TEST(test_two_actions_are_ordered_by_the_difference)
{
    static const float p[3][2] = {{1e-9f, 1.0f}, {2e-9f, 1.0f}, {3e-9f, 1.0f}};
    static const uint32_t labels[] = {1, 0, 0};
    struct ranked list[3];
    assert_close("area", 0, ranking_area(&p[0][0], labels, 3, 2, list, NULL).value, 1.0,
                 0.0);
}
END_TEST

Suite *ranking_suite(void)
{
    Suite *suite = suite_create("ranking");
    TCase *tc = tcase_create("ranking");
    tcase_add_loop_test(tc, test_metrics_equal_those_computed_by_hand, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_area_is_the_share_of_pairs_in_order, 0, 5);
    tcase_add_test(tc, test_interval_covers_the_true_area);
    tcase_add_test(tc, test_two_actions_are_ordered_by_the_difference);
    suite_add_tcase(suite, tc);
    return suite;
}
