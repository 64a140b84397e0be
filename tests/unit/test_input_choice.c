/* Leaving out inputs: views of encoded histories, losses of histories, and what is chosen. */
#include "search/choose_inputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "data/examples.h"
#include "search/input_groups.h"
#include "search/trials.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

/* ---- data ---- */

enum { TRAINED = 60, VALIDATED = 120 };

/*
 * Histories of two events whose first name says the action in four of five.  "code" says it in all
 * training histories, and the opposite in the others; "zone" and "load" say nothing.
 */
static void write_histories(struct strbuf *text)
{
    for (int i = 0; i < TRAINED + VALIDATED; i++) {
        bool is_trained = i < TRAINED;
        int action = i % 2, hint = i % 5 == 0 ? 1 - action : action;
        strbuf_printf(
            text,
            "{\"events\": [{\"event\": \"e%d\", \"time\": %d, \"code\": \"c%d\", "
            "\"zone\": \"z%d\", \"load\": %d}, {\"event\": \"end\", \"time\": "
            "%d}], \"action\": \"%s\", \"part\": \"%s\"}\n",
            hint, 1000000000 + 5000 * i, is_trained ? action : 1 - action, i % 3, i % 7,
            1000000000 + 5000 * i + i % 11, action ? "x" : "y",
            is_trained ? "train" : "val");
    }
}

static enum status load(struct examples *examples, const json_t *schema,
                        struct error *err)
{
    static const struct data_keys keys = {DATA_KEYS("time", "part")};
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write_histories(&text);
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "x.jsonl", path);
    ck_assert(file_write(path, text.bytes, text.length, NULL) == STATUS_OK);
    const char *files[1] = {path};
    const struct data_files data = {files, 1, &keys};
    const struct examples_settings settings = {
        .task = TASK_LAST, .schema = schema, .seed = 1, .threads = 1};
    enum status status = examples_load(examples, &data, &settings, err);
    strbuf_release(&text);
    tmpdir_release(&tmpdir);
    return status;
}

static struct training_data data_of(const struct examples *examples)
{
    return (struct training_data){.train = examples->train,
                                  .validation = examples->validation,
                                  .train_count = examples->train_count,
                                  .validation_count = examples->validation_count};
}

static uint32_t find(const struct input_groups *groups, const char *name)
{
    uint32_t i = 0;
    while (i < groups->count && strcmp(groups->list[i].name, name) != 0)
        i++;
    ck_assert_msg(i < groups->count, "%s", name);
    return i;
}

START_TEST(test_groups_are_the_calendar_the_gaps_and_each_field)
{
    static const char *const names[] = {"calendar", "gaps", "code", "zone", "load"};
    struct examples examples;
    struct input_groups groups;
    ck_assert(load(&examples, NULL, NULL) == STATUS_OK);
    ck_assert(input_groups_init(&groups, examples.schema, NULL) == STATUS_OK);
    ck_assert_uint_eq(groups.count, COUNT(names));
    for (int i = 0; i < COUNT(names); i++) {
        ck_assert_str_eq(groups.list[i].name, names[i]);
        ck_assert(groups.list[i].is_field == (i >= 2));
    }
    bool both[5] = {true, true, false, false, false};
    bool one[5] = {true, false, true, true, true};
    ck_assert_msg(!input_groups_may_leave_out(&groups, both),
                  "a time input must stay where no other says that times were used");
    ck_assert(input_groups_may_leave_out(&groups, one));
    input_groups_release(&groups);
    examples_release(&examples);
}
END_TEST

/* ---- views ---- */

static const struct {
    const char *about, *left_out[4];
} views[] = {
    {"nothing", {NULL}},
    {"the calendar", {"calendar"}},
    {"the gaps", {"gaps"}},
    {"the first category", {"code"}},
    {"the last category", {"zone"}},
    {"a number", {"load"}},
    {"all that can be", {"calendar", "code", "zone", "load"}},
};

static void compare_examples(const struct example *a, const struct example *b,
                             size_t count, size_t K, size_t F, const char *about)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = a[i].history.length;
        ck_assert_uint_eq(length, b[i].history.length);
        ck_assert_uint_eq(a[i].action, b[i].action);
        ck_assert_msg(memcmp(a[i].history.ids, b[i].history.ids,
                             length * K * sizeof *a->history.ids) == 0,
                      "%s: ids", about);
        ck_assert_msg(F == 0 || memcmp(a[i].history.values, b[i].history.values,
                                       length * F * sizeof *a->history.values) == 0,
                      "%s: values", about);
    }
}

START_TEST(test_a_view_is_the_data_read_by_its_own_schema)
{
    struct examples all, again;
    struct input_groups groups;
    struct input_view view;
    struct strbuf text;
    bool is_left_out[5] = {false};
    ck_assert(load(&all, NULL, NULL) == STATUS_OK);
    ck_assert(input_groups_init(&groups, all.schema, NULL) == STATUS_OK);
    size_t K = 3, F = 2 + 6;
    for (int i = 0; i < 4 && views[_i].left_out[i]; i++) {
        uint32_t group = find(&groups, views[_i].left_out[i]);
        is_left_out[group] = true;
        K -= group == 2 || group == 3;
        F -= group == 0 ? 4 : group == 1 || group == 4 ? 2 : 0;
    }
    const struct training_data data = data_of(&all);
    ck_assert(input_view_init(&view, &groups, &data, is_left_out, NULL) == STATUS_OK);
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(view.schema, &text);
    json_t *schema = json_read(text.bytes, text.length, NULL);
    ck_assert(load(&again, schema, NULL) == STATUS_OK);
    ck_assert_uint_eq(view.data.train_count, again.train_count);
    ck_assert_uint_eq(view.data.validation_count, again.validation_count);
    compare_examples(view.data.train, again.train, again.train_count, K, F,
                     views[_i].about);
    compare_examples(view.data.validation, again.validation, again.validation_count, K, F,
                     views[_i].about);
    ck_assert_msg((json_object_get(schema, "hours") != NULL) != is_left_out[0],
                  "%s: hours", views[_i].about);
    json_decref(schema);
    strbuf_release(&text);
    input_view_release(&view);
    input_groups_release(&groups);
    examples_release(&all);
    examples_release(&again);
}
END_TEST

START_TEST(test_a_hidden_group_is_unknown_or_the_mean)
{
    struct examples all;
    struct input_groups groups;
    struct input_view view;
    const bool nothing[5] = {false};
    ck_assert(load(&all, NULL, NULL) == STATUS_OK);
    ck_assert(input_groups_init(&groups, all.schema, NULL) == STATUS_OK);
    const struct training_data data = data_of(&all);
    for (uint32_t group = 0; group < groups.count; group++) {
        ck_assert(input_view_init(&view, &groups, &data, nothing, NULL) == STATUS_OK);
        input_view_hide(&view, &groups, group);
        const struct history *hidden = &view.data.validation[5].history;
        const struct history *given = &all.validation[5].history;
        /* the columns of event 0: calendar and gaps follow the two of "load" */
        for (uint32_t k = 0; k < 3; k++) {
            bool is_hidden = group == 2 || group == 3 ? k == group - 1 : false;
            ck_assert_uint_eq(hidden->ids[k], is_hidden ? 0 : given->ids[k]);
        }
        for (uint32_t f = 0; f < 8; f++) {
            bool is_hidden = (group == 4 && f < 2) || (group == 1 && f >= 2 && f < 4) ||
                             (group == 0 && f >= 4);
            ck_assert(hidden->values[f] == (is_hidden ? 0.0f : given->values[f]));
        }
        input_view_release(&view);
    }
    input_groups_release(&groups);
    examples_release(&all);
}
END_TEST

/* ---- losses ---- */

START_TEST(test_losses_are_compared_by_history)
{
    /* differences 1, 1, 4 over 1, 1, 2 labels: mean 6 / 4; what is left is -.5, -.5, 1 */
    const struct history_loss a[] = {{1.0, 1.0}, {2.0, 1.0}, {3.0, 2.0}};
    const struct history_loss b[] = {{2.0, 1.0}, {3.0, 1.0}, {7.0, 2.0}};
    struct loss_difference difference = losses_compare(a, b, 3);
    ck_assert_double_eq_tol(difference.mean, 1.5, 1e-12);
    ck_assert_double_eq_tol(difference.z, 1.5 / (sqrt(1.5) / 4.0), 1e-12);
    ck_assert_double_eq_tol(losses_mean(a, 3), 6.0 / 4.0, 1e-12);
    difference = losses_compare(a, a, 3);
    ck_assert_double_eq(difference.mean, 0.0);
    ck_assert_double_eq(difference.z, 0.0);
}
END_TEST

static const char *const actions[] = {"x", "y"};

static const struct spec small = {.cell = CELL_GRU,
                                  .reset = RESET_AFTER,
                                  .embedding = 4,
                                  .hidden = 8,
                                  .layers = 1,
                                  .directions = 1};

static struct training quick(void)
{
    return (struct training){.epochs = 6,
                             .patience = 6,
                             .batch = 8,
                             .schedule = SCHEDULE_CONSTANT,
                             .learning_rate = 0.02,
                             .clip = 1.0,
                             .average = 0.5,
                             .prefix_weight = 1.0,
                             .calibrate = false,
                             .seed = 1,
                             .threads = 1};
}

static struct trial_runner runner_of(uint32_t threads)
{
    struct trial_runner runner = {.task = TASK_LAST,
                                  .actions = actions,
                                  .action_count = 2,
                                  .workers = workers_new(threads, NULL)};
    ck_assert_ptr_nonnull(runner.workers);
    return runner;
}

/* _i: enum prefix_loss */
START_TEST(test_the_loss_of_a_trial_is_that_of_its_report)
{
    struct examples examples;
    struct trial_runner runner = runner_of(1);
    struct training training = quick();
    training.prefix_loss = (uint32_t)_i;
    ck_assert(load(&examples, NULL, NULL) == STATUS_OK);
    const struct training_data data = data_of(&examples);
    struct trial trial = {
        .schema = examples.schema, .data = &data, .spec = small, .training = training};
    ck_assert(trials_run(&runner, &trial, 1, NULL) == STATUS_OK);
    ck_assert_double_eq_tol(trial.loss, trial.report.validation_loss, 1e-4);
    trial_release(&trial);
    workers_free(runner.workers);
    examples_release(&examples);
}
END_TEST

/* ---- the choice ---- */

static enum status choose(struct input_choice *choice, const struct examples *examples,
                          const struct trial_runner *runner, struct error *err)
{
    struct input_groups groups;
    const struct training_data data = data_of(examples);
    const struct input_choice_settings settings = {.spec = small,
                                                   .training = quick(),
                                                   .candidates = 2,
                                                   .rounds = 2,
                                                   .is_quiet = true};
    *choice = (struct input_choice){.is_left_out = NULL};
    enum status status = input_groups_init(&groups, examples->schema, err);
    if (status == STATUS_OK)
        status = input_choice_make(choice, &settings, &groups, &data, runner, err);
    input_groups_release(&groups);
    return status;
}

START_TEST(test_a_field_that_misleads_is_left_out_with_any_threads)
{
    struct examples examples;
    struct input_choice choices[2];
    ck_assert(load(&examples, NULL, NULL) == STATUS_OK);
    for (uint32_t i = 0; i < 2; i++) {
        struct error err = {.status = STATUS_OK};
        struct trial_runner runner = runner_of(1 + 2 * i);
        ck_assert_msg(choose(&choices[i], &examples, &runner, &err) == STATUS_OK, "%s",
                      err.text);
        workers_free(runner.workers);
        ck_assert_msg(choices[i].is_left_out[2], "the field that misleads");
        ck_assert_uint_ge(choices[i].left_out_count, 1);
    }
    ck_assert(json_equal(choices[0].table, choices[1].table));
    const json_t *first = json_array_get(choices[0].table, 0);
    ck_assert(json_is_null(json_object_get(first, "without")));
    input_choice_release(&choices[0]);
    input_choice_release(&choices[1]);
    examples_release(&examples);
}
END_TEST

static bool stop(void *context)
{
    (void)context;
    return true;
}

START_TEST(test_a_choice_that_is_stopped_leaves_nothing_out)
{
    struct examples examples;
    struct input_choice choice;
    struct error err = {.status = STATUS_OK};
    struct trial_runner runner = runner_of(2);
    runner.should_stop = stop;
    ck_assert(load(&examples, NULL, NULL) == STATUS_OK);
    ck_assert(choose(&choice, &examples, &runner, &err) == STATUS_INTERRUPTED);
    ck_assert_uint_eq(choice.left_out_count, 0);
    input_choice_release(&choice);
    workers_free(runner.workers);
    examples_release(&examples);
}
END_TEST

START_TEST(test_views_survive_failing_allocations)
{
    struct examples examples;
    const bool is_left_out[5] = {true, false, true, false, true};
    ck_assert(load(&examples, NULL, NULL) == STATUS_OK);
    const struct training_data data = data_of(&examples);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct input_groups groups;
        struct input_view view = {.schema = NULL};
        enum status status = input_groups_init(&groups, examples.schema, &err);
        if (status == STATUS_OK)
            status = input_view_init(&view, &groups, &data, is_left_out, &err);
        ck_assert_msg(status ==
                          (failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK),
                      "allocation %u: %s", n, triage_status_name(status));
        input_view_release(&view);
        input_groups_release(&groups);
    }
    examples_release(&examples);
}
END_TEST

START_TEST(test_a_choice_survives_failing_allocations)
{
    struct examples examples;
    struct trial_runner runner = runner_of(1);
    json_t *schema = json_loads("{\"fields\": [{\"name\": \"event\", \"kind\": "
                                "\"category\", \"values\": [\"e0\", \"e1\"]}, "
                                "{\"name\": \"load\", \"kind\": \"number\"}]}",
                                0, NULL);
    ck_assert(load(&examples, schema, NULL) == STATUS_OK);
    json_decref(schema);
    examples.train_count = 4;
    examples.validation_count = 4;
    const struct training_data data = data_of(&examples);
    struct input_choice_settings settings = {.spec = small,
                                             .training = quick(),
                                             .candidates = 1,
                                             .rounds = 1,
                                             .is_quiet = true};
    struct input_groups groups;
    ck_assert(input_groups_init(&groups, examples.schema, NULL) == STATUS_OK);
    settings.training.epochs = 1;
    settings.spec.hidden = 1;
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct input_choice choice;
        enum status status =
            input_choice_make(&choice, &settings, &groups, &data, &runner, &err);
        ck_assert_msg(!failing_malloc_has_failed() || status == STATUS_NO_MEMORY,
                      "allocation %u: %s", n, triage_status_name(status));
        input_choice_release(&choice);
    }
    input_groups_release(&groups);
    workers_free(runner.workers);
    examples_release(&examples);
}
END_TEST

Suite *input_choice_suite(void)
{
    Suite *suite = suite_create("input_choice");
    TCase *tcase = tcase_create("input_choice");
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, test_groups_are_the_calendar_the_gaps_and_each_field);
    tcase_add_loop_test(tcase, test_a_view_is_the_data_read_by_its_own_schema, 0,
                        COUNT(views));
    tcase_add_test(tcase, test_a_hidden_group_is_unknown_or_the_mean);
    tcase_add_test(tcase, test_losses_are_compared_by_history);
    tcase_add_loop_test(tcase, test_the_loss_of_a_trial_is_that_of_its_report,
                        PREFIX_MEAN, PREFIX_SUM + 1);
    tcase_add_test(tcase, test_a_field_that_misleads_is_left_out_with_any_threads);
    tcase_add_test(tcase, test_a_choice_that_is_stopped_leaves_nothing_out);
    tcase_add_test(tcase, test_views_survive_failing_allocations);
    tcase_add_test(tcase, test_a_choice_survives_failing_allocations);
    suite_add_tcase(suite, tcase);
    return suite;
}
