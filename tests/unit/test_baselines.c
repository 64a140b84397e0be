/* What each baseline can and cannot know, trained on other histories and cross-fitted. */
#include "eval/baselines.h"

#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "unit/suites.h"

enum { MAX_HISTORIES = 24, LONGEST = 4, C = 24 };

/* Histories of one field, with an action after the last event. */
struct labelled {
    struct example examples[MAX_HISTORIES];
    uint32_t ids[MAX_HISTORIES][LONGEST];
    size_t count;
};

static void add(struct labelled *labelled, const char *names, uint32_t action)
{
    struct example *example = &labelled->examples[labelled->count];
    uint32_t *ids = labelled->ids[labelled->count++];
    uint32_t length = (uint32_t)strlen(names);
    for (uint32_t t = 0; t < length; t++)
        ids[t] = (uint32_t)(names[t] - 'a') + 2;
    *example =
        (struct example){.history = {.ids = ids, .length = length}, .action = action};
}

/* The number of correct predictions of each baseline; training may be NULL. */
static void run(const struct labelled *training, const struct labelled *evaluated,
                double correct[EVALUATION_BASELINES])
{
    const struct position_filter filter = {1, ACTION_NONE};
    struct positions positions;
    const struct baselines baselines = {.evaluated = evaluated->examples,
                                        .evaluated_count = evaluated->count,
                                        .ids = {1, 0},
                                        .training = training ? training->examples : NULL,
                                        .training_count = training ? training->count : 0,
                                        .training_ids = {1, 0},
                                        .positions = &positions,
                                        .C = C,
                                        .seed = 1,
                                        .workers = workers_new(2, NULL)};
    struct baseline_metrics metrics[EVALUATION_BASELINES];
    struct history_sums sums;
    ck_assert_int_eq(
        positions_init(&positions, evaluated->examples, evaluated->count, &filter, NULL),
        STATUS_OK);
    ck_assert_int_eq(history_sums_init(&sums, evaluated->count, NULL), STATUS_OK);
    ck_assert_int_eq(baselines_run(&baselines, &sums, metrics, NULL), STATUS_OK);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        ck_assert(metrics[i].is_available && *metrics[i].name != '\0');
        correct[i] = history_sums_total(&sums, baseline_correct(i));
        ck_assert(history_sums_total(&sums, baseline_loss(i)) > 0.0);
    }
    history_sums_release(&sums);
    positions_release(&positions);
    workers_free(baselines.workers);
}

/* Trained on four or five each of xa 0, xb 1, yb 2, and two za 0. */
START_TEST(test_each_uses_the_events_that_it_looks_at)
{
    static const double expected[EVALUATION_BASELINES] = {2, 4, 5, 5, 5, 5, 5};
    static struct labelled training, evaluated;
    double correct[EVALUATION_BASELINES];
    for (int i = 0; i < 4; i++) {
        add(&training, "xa", 0);
        add(&training, "xb", 1);
        add(&training, "yb", 2);
    }
    add(&training, "yb", 2);
    add(&training, "za", 0);
    add(&training, "za", 0);
    add(&evaluated, "xa", 0);
    add(&evaluated, "wa", 0);
    add(&evaluated, "yb", 2);
    add(&evaluated, "wb", 2);
    add(&evaluated, "xb", 1); /* the last event but one tells, the last one does not */
    add(&evaluated, "xb", ACTION_OTHER);
    run(&training, &evaluated, correct);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        assert_close("correct predictions", i, correct[i], expected[i], 0);
}
END_TEST

/* With an event and an action of its own in every history, only the training data can tell. */
START_TEST(test_cross_fitting_does_not_see_the_label)
{
    static struct labelled own, common;
    double correct[EVALUATION_BASELINES];
    for (uint32_t i = 0; i < MAX_HISTORIES; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        add(&own, name, i);
        add(&common, i % 2 == 0 ? "ab" : "cd", i % 2);
    }
    run(NULL, &own, correct);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        assert_close("not in the other folds", i, correct[i], 0, 0);
    run(&own, &own, correct);
    for (size_t i = BASELINE_LAST_EVENT; i < EVALUATION_BASELINES; i++)
        assert_close("in the training data", i, correct[i], MAX_HISTORIES, 0);
    run(NULL, &common, correct);
    for (size_t i = BASELINE_LAST_EVENT; i < EVALUATION_BASELINES; i++)
        assert_close("in the other folds", i, correct[i], MAX_HISTORIES, 0);
}
END_TEST

Suite *baselines_suite(void)
{
    Suite *suite = suite_create("baselines");
    TCase *tc = tcase_create("baselines");
    tcase_add_test(tc, test_each_uses_the_events_that_it_looks_at);
    tcase_add_test(tc, test_cross_fitting_does_not_see_the_label);
    suite_add_tcase(suite, tc);
    return suite;
}
