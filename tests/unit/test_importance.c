/* Which inputs a model uses: one that it uses, one that it does not, and the end of memory. */
#include <math.h>
#include <string.h>

#include "eval/predictions.h"
#include "evaluation.h"
#include "support/case_count.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { HISTORIES = 120, LONGEST = 6, C = SAMPLE_ACTIONS };

static const struct evaluation_settings usual = {
    .seed = 1, .resamples = 100, .shortest = 1, .end = true, .threads = 1};

struct trial {
    struct model *model;
    struct example examples[HISTORIES];
    uint32_t actions[HISTORIES][LONGEST];
    struct evaluation_data data;
    struct arena arena;
};

/* Set the columns of the input weights that belong to the inputs from `first` on to 0. */
static void ignore_inputs(struct trainer *trainer, uint32_t first, uint32_t width)
{
    size_t count;
    float *weights = triage_trainer_tensor(trainer, "rnn.weight_ih_l0", &count);
    for (size_t i = 0; i < count; i++)
        if (i % width >= first)
            weights[i] = 0.0f;
}

/* The labels are what the model predicts.  Of the rich schema it reads only the category "event". */
static void trial_init(struct trial *x, const char *schema, size_t count)
{
    enum {
        EVENT_VALUES = 5,
        RICH_WIDTH = 5 + 2 + 2 + 4 + 7
    }; /* one-hot, numbers, times */
    const struct spec spec = sample_spec(2, 0, 6, 1, 1);
    struct trainer *trainer = sample_trainer(schema, &spec, 2.5f, 4);
    arena_init(&x->arena, SIZE_MAX);
    if (schema == sample_rich)
        ignore_inputs(trainer, EVENT_VALUES, RICH_WIDTH);
    x->model = sample_finish(trainer);
    const struct history *histories =
        sample_histories(triage_model_schema(x->model), count, LONGEST, &x->arena, 12);
    for (size_t h = 0; h < count; h++) {
        float *probabilities = sample_alone(x->model, &histories[h], 1, LONGEST);
        x->examples[h] = (struct example){
            .history = histories[h], .action = prediction_of(probabilities, C, 0).action};
        free(probabilities);
    }
    x->data = (struct evaluation_data){
        .evaluated = x->examples, .evaluated_count = count, .end_action = ACTION_NONE};
}

static void trial_release(struct trial *x)
{
    triage_model_free(x->model);
    arena_release(&x->arena);
}

START_TEST(test_only_inputs_that_are_used_matter)
{
    static struct trial x;
    struct importance importance;
    struct error err = {.status = STATUS_OK};
    trial_init(&x, sample_rich, HISTORIES);
    ck_assert_int_eq(
        triage_importance_measure(&importance, x.model, &x.data, &usual, &err),
        STATUS_OK);
    ck_assert_uint_eq(importance.input_count, 5 + 3); /* fields, groups from time */
    ck_assert_uint_eq(importance.histories, HISTORIES);
    for (size_t i = 0; i < importance.input_count; i++) {
        const struct input_importance *input = &importance.inputs[i];
        const bool is_used = strcmp(input->name, "event") == 0;
        ck_assert_int_eq(input->is_time, i >= 5);
        ck_assert_msg(is_used ? input->accuracy_drop.low > 0.1
                              : input->loss_rise.value == 0.0,
                      "%s: accuracy %g, loss %g", input->name, input->accuracy_drop.value,
                      input->loss_rise.value);
        ck_assert_msg(input->loss_rise.low <= input->loss_rise.value &&
                          input->loss_rise.value <= input->loss_rise.high,
                      "%s: %g is not in its interval", input->name,
                      input->loss_rise.value);
    }
    triage_importance_release(&importance);
    trial_release(&x);
}
END_TEST

START_TEST(test_threads_do_not_change_it)
{
    static struct trial x;
    struct importance one, three;
    struct evaluation_settings settings = usual;
    trial_init(&x, sample_rich, HISTORIES / 2);
    ck_assert_int_eq(triage_importance_measure(&one, x.model, &x.data, &settings, NULL),
                     STATUS_OK);
    settings.threads = 3;
    ck_assert_int_eq(triage_importance_measure(&three, x.model, &x.data, &settings, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < one.input_count; i++) {
        ck_assert(memcmp(&one.inputs[i].loss_rise, &three.inputs[i].loss_rise,
                         sizeof one.inputs[i].loss_rise) == 0);
        ck_assert(memcmp(&one.inputs[i].accuracy_drop, &three.inputs[i].accuracy_drop,
                         sizeof one.inputs[i].accuracy_drop) == 0);
    }
    triage_importance_release(&one);
    triage_importance_release(&three);
    trial_release(&x);
}
END_TEST

/* There is no other history to take an input from. */
START_TEST(test_one_history_changes_nothing)
{
    static struct trial x;
    struct importance importance;
    trial_init(&x, sample_plain, 1);
    ck_assert_int_eq(
        triage_importance_measure(&importance, x.model, &x.data, &usual, NULL),
        STATUS_OK);
    ck_assert_uint_eq(importance.input_count, 1);
    ck_assert(importance.inputs[0].loss_rise.value == 0.0);
    triage_importance_release(&importance);
    trial_release(&x);
}
END_TEST

START_TEST(test_labels_that_the_model_lacks_have_no_loss)
{
    static struct trial x;
    struct importance importance;
    trial_init(&x, sample_plain, 10);
    for (size_t h = 0; h < 10; h++)
        x.examples[h].action = ACTION_OTHER;
    ck_assert_int_eq(
        triage_importance_measure(&importance, x.model, &x.data, &usual, NULL),
        STATUS_OK);
    ck_assert(isnan(importance.inputs[0].loss_rise.value));
    ck_assert(importance.inputs[0].accuracy_drop.value == 0.0);
    triage_importance_release(&importance);
    trial_release(&x);
}
END_TEST

START_TEST(test_it_ends_cleanly_when_memory_runs_out)
{
    static struct trial x;
    trial_init(&x, sample_plain, 10);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct importance importance;
        struct error err = {.status = STATUS_OK};
        enum status status =
            triage_importance_measure(&importance, x.model, &x.data, &usual, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        triage_importance_release(&importance);
    }
    trial_release(&x);
}
END_TEST

Suite *importance_suite(void)
{
    Suite *suite = suite_create("importance");
    TCase *tc = tcase_create("importance");
    tcase_add_test(tc, test_only_inputs_that_are_used_matter);
    tcase_add_test(tc, test_threads_do_not_change_it);
    tcase_add_test(tc, test_one_history_changes_nothing);
    tcase_add_test(tc, test_labels_that_the_model_lacks_have_no_loss);
    tcase_add_test(tc, test_it_ends_cleanly_when_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
