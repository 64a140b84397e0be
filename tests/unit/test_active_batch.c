/*
 * Histories that are admitted, stepped, finished and dropped at any moment: each has the bits
 * that it has alone.
 */
#include <stdlib.h>

#include "base/random.h"
#include "engine.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, ROWS = 11 };

/* The state of a random sequence of the four calls. */
struct traffic {
    struct classifier *classifier;
    const struct history *histories;
    const float *alone;
    size_t count, next;
    bool is_inside[200];
    size_t inside, finished, dropped;
    struct random random;
};

static void admit(const char *name, struct traffic *x)
{
    size_t i = x->next;
    if (i == x->count)
        return;
    void *owner = (void *)(uintptr_t)&x->histories[i];
    enum status status =
        triage_classifier_admit(x->classifier, &x->histories[i], owner, NULL);
    bool is_full = x->inside == ROWS;
    ck_assert_msg(status == (is_full ? STATUS_BUSY : STATUS_OK), "%s: %s with %zu rows",
                  name, triage_status_name(status), x->inside);
    if (!is_full) {
        x->is_inside[i] = true;
        x->inside++;
        x->next++;
    }
}

static void finish(const char *name, struct traffic *x)
{
    float answer[C];
    enum status status = STATUS_BUSY;
    const struct history *owner =
        triage_classifier_finish(x->classifier, answer, &status);
    if (!owner)
        return;
    size_t i = (size_t)(owner - x->histories);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_msg(x->is_inside[i], "%s: history %zu is finished twice or after its drop",
                  name, i);
    assert_same_bits(name, answer, x->alone + i * C, C);
    x->is_inside[i] = false;
    x->inside--;
    x->finished++;
}

static void drop(struct traffic *x)
{
    size_t i = x->next - random_below(&x->random, x->next < 14 ? x->next + 1 : 14);
    /* The history may have no row. */
    triage_classifier_drop(x->classifier, &x->histories[i]);
    if (x->is_inside[i]) {
        x->is_inside[i] = false;
        x->inside--;
        x->dropped++;
    }
}

START_TEST(test_joining_and_leaving_changes_no_bit)
{
    enum { LONGEST = 15 };
    const size_t most = (size_t)case_count(200, 3);
    struct arena arena;
    const char *name;
    struct model *model = sample_shape(sample_round(_i), &name);
    struct traffic x = {.count = most - 1};
    arena_init(&arena, SIZE_MAX);
    x.histories = sample_histories(model->trained->schema, most, LONGEST, &arena, 5);
    float *alone = sample_alone(model, x.histories, most, LONGEST);
    x.alone = alone;
    x.classifier = triage_classifier_new(model, ROWS, LONGEST, NULL);
    random_init(&x.random, 6, (uint64_t)_i);
    while (x.next < x.count || x.inside > 0) {
        uint64_t choice = random_below(&x.random, 20);
        if (choice < 8)
            admit(name, &x);
        else if (choice < 13)
            triage_classifier_step(x.classifier, (uint32_t)random_below(&x.random, 5));
        else if (choice < 19)
            finish(name, &x);
        else
            drop(&x);
        ck_assert_uint_eq(triage_classifier_rows(x.classifier), x.inside);
    }
    ck_assert_uint_eq(x.finished + x.dropped, x.count);
    ck_assert(x.finished > most / 2 && x.dropped >= most / 40);
    triage_classifier_free(x.classifier);
    free(alone);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_rows_finish_in_the_order_they_end)
{
    struct spec spec = sample_spec(2, 0, 5, 1, 1 + (uint32_t)_i);
    struct model *model = sample_model(sample_plain, &spec, 0.5f, 1);
    struct classifier *classifier = triage_classifier_new(model, 4, 10, NULL);
    static const uint32_t ids[10] = {2, 3, 4, 5, 6, 2, 3, 4, 5, 6};
    const struct history histories[] = {
        {.ids = ids, .length = 9}, {.ids = ids, .length = 1}, {.ids = ids, .length = 5}};
    /* With one direction, the shortest ends first; with two, the first admitted. */
    static const int expected[2][3] = {{1, 2, 0}, {0, 1, 2}};
    float answer[C];
    enum status status;
    ck_assert_ptr_null(triage_classifier_finish(classifier, answer, &status));
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(triage_classifier_admit(classifier, &histories[i],
                                                 (void *)(uintptr_t)&histories[i], NULL),
                         STATUS_OK);
    triage_classifier_step(classifier, 100);
    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_eq(triage_classifier_finish(classifier, answer, &status),
                         &histories[expected[_i][i]]);
    ck_assert_ptr_null(triage_classifier_finish(classifier, answer, &status));
    triage_classifier_free(classifier);
    triage_classifier_free(NULL);
    triage_model_free(model);
}
END_TEST

Suite *active_batch_suite(void)
{
    Suite *suite = suite_create("active_batch");
    TCase *tc = tcase_create("active_batch");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_joining_and_leaving_changes_no_bit, 0, sample_rounds());
    tcase_add_loop_test(tc, test_rows_finish_in_the_order_they_end, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
