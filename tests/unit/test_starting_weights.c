/*
 * Going on from a model: its weights are copied by name into a network with more values, fields and
 * actions, whose answers are then those of the model; and what cannot be copied is refused.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/small_training.h"
#include "trainer.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, LONGEST = 4 };

/* clang-format off */
#define CATEGORY(name, values)                                                           \
    "{\"name\": \"" name "\", \"kind\": \"category\", \"values\": [" values "]}"
#define NUMBER(name, scales) "{\"name\": \"" name "\", \"kind\": \"number\"" scales "}"
#define SCALES(scale)                                                                    \
    ", \"mean\": 3.5, \"scale\": " scale ", \"missing_mean\": 0.25, \"missing_scale\": 0.5"
#define TIME(name) "{\"name\": \"" name "\"}"
#define SCHEMA(fields, times) "{\"fields\": [" fields "], \"time\": [" times "]}"

#define EVENT CATEGORY("event", "\"a\", \"b\", \"c\", \"d\", \"e\"")
#define LATENCY NUMBER("latency", SCALES("2.0"))
#define SERVICE CATEGORY("service", "\"api\", \"db\"")
#define SIZE NUMBER("size", "")
#define IS_PAGED CATEGORY("is_paged", "\"true\", \"false\"")
#define SINCE_PREVIOUS "{\"name\": \"since_previous\", \"mean\": 1.5, \"scale\": 2.5}"
#define TIMES                                                                            \
    SINCE_PREVIOUS ", " TIME("since_first") ", " TIME("hour_sin") ", " TIME("hour_cos")  \
    ", " TIME("weekday_sin") ", " TIME("weekday_cos") ", " TIME("missing")

/* sample_rich, with new values between and after the others, a new category and a new number. */
static const char grown_rich[] = SCHEMA(
    CATEGORY("event", "\"a\", \"new\", \"b\", \"c\", \"d\", \"e\", \"newer\"") ", "
    LATENCY ", " CATEGORY("service", "\"cache\", \"api\", \"db\"") ", " SIZE ", " IS_PAGED
    ", " CATEGORY("zone", "\"z1\", \"z2\"") ", " NUMBER("load", SCALES("3.0")),
    TIMES);
/* clang-format on */

static const char *const same_actions[] = {"ignore", "rollback", "escalate"};
static const char *const more_actions[] = {"page", "escalate", "ignore", "wait",
                                           "rollback"};

/* Histories of the schema of the model, with unknown and missing values. */
static const char *const histories[] = {
    "{\"events\": [\"a\", \"b\", \"e\"]}",
    "{\"events\": [\"d\", \"never seen\", {\"latency\": 4}]}",
    "{\"events\": [{\"event\": \"c\", \"latency\": 9.5, \"service\": \"db\"}, \"a\"]}",
    ("{\"events\": [{\"event\": \"a\", \"time\": 1000000000, \"service\": \"other\"}, "
     "{\"event\": \"e\", \"time\": 1000000070, \"size\": -1.5, \"is_paged\": true}]}"),
};

static const struct {
    const char *about;
    uint32_t embedding, layers, directions, members;
    enum head_kind head;
} shapes[] = {
    {"embeddings", 4, 1, 1, 1, HEAD_FINAL},
    {"one-hot", 0, 1, 1, 1, HEAD_FINAL},
    {"two layers of two directions", 3, 2, 2, 1, HEAD_FINAL},
    {"one-hot, two directions", 0, 1, 2, 1, HEAD_FINAL},
    {"two networks", 4, 1, 1, 2, HEAD_FINAL},
    {"an attention head", 4, 1, 1, 1, HEAD_ATTENTION},
};

enum { HISTORIES = sizeof histories / sizeof *histories };

static struct spec shape_spec(int i)
{
    struct spec spec =
        sample_spec(i % SAMPLE_CELLS, shapes[i / SAMPLE_CELLS].embedding, 5,
                    shapes[i / SAMPLE_CELLS].layers, shapes[i / SAMPLE_CELLS].directions);
    spec.head = shapes[i / SAMPLE_CELLS].head;
    return spec;
}

static struct trainer *make_trainer(const char *schema_text, const struct spec *spec,
                                    enum task task, const char *const *actions,
                                    size_t action_count, uint32_t members)
{
    const struct training training = {
        .batch = 16, .epochs = 1, .members = members, .seed = 3, .threads = 1};
    struct error err = {.status = STATUS_OK};
    struct schema *schema = sample_schema(schema_text);
    struct trainer *trainer =
        triage_trainer_new(schema, spec, task, actions, action_count, &training, &err);
    ck_assert_msg(trainer, "%s: %s", err.where, err.text);
    triage_schema_free(schema);
    return trainer;
}

/* The model that a trainer is before the training, started from a model. */
static struct model *start(struct trainer *trainer, const struct model *from)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(triage_trainer_start_from(trainer, from, &err) == STATUS_OK, "%s: %s",
                  err.where, err.text);
    return sample_finish(trainer);
}

/* The answer to the i-th history. */
static void answer(const struct model *model, int i, float *probabilities)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct history history =
        sample_history(triage_model_schema(model), histories[i], &arena);
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    ck_assert_int_eq(triage_classifier_run(classifier, &history, 1, probabilities, NULL),
                     STATUS_OK);
    triage_classifier_free(classifier);
    arena_release(&arena);
}

static struct model *sample_from(int i, const struct spec *spec)
{
    return sample_finish(
        sample_members(sample_rich, spec, shapes[i / SAMPLE_CELLS].members, 0.9f, 11));
}

START_TEST(test_a_grown_schema_changes_no_bit_of_an_answer)
{
    struct spec spec = shape_spec(_i);
    struct model *from = sample_from(_i, &spec);
    struct model *grown = start(make_trainer(grown_rich, &spec, TASK_LAST, same_actions,
                                             C, shapes[_i / SAMPLE_CELLS].members),
                                from);
    for (int h = 0; h < HISTORIES; h++) {
        float before[C], after[C];
        answer(from, h, before);
        answer(grown, h, after);
        assert_same_bits(histories[h], after, before, C);
    }
    triage_model_free(grown);
    triage_model_free(from);
}
END_TEST

/* The probabilities of the old actions keep their ratios. */
START_TEST(test_new_actions_take_a_share_and_leave_the_others_in_proportion)
{
    struct spec spec = shape_spec(_i);
    struct model *from = sample_from(_i, &spec);
    struct model *grown = start(make_trainer(sample_rich, &spec, TASK_LAST, more_actions,
                                             5, shapes[_i / SAMPLE_CELLS].members),
                                from);
    bool is_single = triage_model_members(from) == 1;
    for (int h = 0; h < HISTORIES && is_single; h++) {
        float before[C], after[5];
        answer(from, h, before);
        answer(grown, h, after);
        const float others[C] = {after[2], after[4], after[1]};
        float sum = others[0] + others[1] + others[2];
        ck_assert(sum < 0.999f);
        for (size_t c = 0; c < C; c++)
            assert_close(histories[h], c, (double)(others[c] / sum), (double)before[c],
                         1e-5);
    }
    triage_model_free(grown);
    triage_model_free(from);
}
END_TEST

/* All bytes of the tensors, and the temperature. */
START_TEST(test_without_anything_new_the_weights_are_those_of_the_model)
{
    struct spec spec = shape_spec(_i);
    struct model *from = sample_from(_i, &spec);
    from->trained->temperature = 2.0f;
    struct model *same = start(make_trainer(sample_rich, &spec, TASK_LAST, same_actions,
                                            C, shapes[_i / SAMPLE_CELLS].members),
                               from);
    ck_assert(same->trained->temperature == 2.0f);
    for (size_t t = 0; t < triage_model_tensor_count(from); t++) {
        struct tensor_view a = triage_model_tensor(same, t);
        struct tensor_view b = triage_model_tensor(from, t);
        ck_assert_str_eq(a.name, b.name);
        assert_same_bits(a.name, a.data, b.data, (size_t)b.rows * b.columns);
    }
    triage_model_free(same);
    triage_model_free(from);
}
END_TEST

/* Is a row all 0? */
static bool is_zero(const float *w, size_t count)
{
    while (count > 0 && w[count - 1] == 0.0f)
        count--;
    return count == 0;
}

START_TEST(test_new_values_and_actions_begin_with_drawn_weights)
{
    struct spec spec = sample_spec(2, 4, 5, 1, 1);
    struct model *from = sample_from(0, &spec);
    struct trainer *trainer =
        make_trainer(grown_rich, &spec, TASK_LAST, more_actions, 5, 1);
    struct trainer *drawn =
        make_trainer(grown_rich, &spec, TASK_LAST, more_actions, 5, 1);
    static const struct {
        const char *tensor;
        size_t row, columns;
        bool is_zero;
    } rows[] = {
        {"embedding.event.weight", 2 + 1, 4, false},
        {"embedding.event.weight", 2 + 6, 4, false},
        {"embedding.service.weight", 2 + 0, 4, false},
        {"embedding.zone.weight", 1, 4, true}, /* missing */
        {"embedding.zone.weight", 2, 4, false},
        {"head.weight", 0, 5, false},
        {"head.weight", 3, 5, false},
        {"head.bias", 3, 1, true},
    };
    ck_assert_int_eq(triage_trainer_start_from(trainer, from, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count, first = rows[i].row * rows[i].columns;
        const float *w = triage_trainer_tensor(trainer, rows[i].tensor, &count) + first;
        const float *as = triage_trainer_tensor(drawn, rows[i].tensor, &count) + first;
        assert_same_bits(rows[i].tensor, w, as, rows[i].columns);
        ck_assert_msg(is_zero(w, rows[i].columns) == rows[i].is_zero, "%s %zu",
                      rows[i].tensor, rows[i].row);
    }
    triage_trainer_free(trainer);
    triage_trainer_free(drawn);
    triage_model_free(from);
}
END_TEST

static const struct {
    const char *about;
    const char *schema; /* of the training; the model has sample_rich */
    const char *const *actions;
    size_t action_count;
    uint32_t hidden, members;
    enum task task;
    const char *where, *text;
} refusals[] = {
    /* clang-format off */
    {"a field is missing", SCHEMA(EVENT ", " LATENCY ", " SIZE ", " IS_PAGED, TIMES),
     same_actions, C, 5, 1, TASK_LAST,
     "/schema/fields", "the field \"service\" of the model is missing"},
    {"a field is of another kind",
     SCHEMA(EVENT ", " LATENCY ", " SERVICE ", " CATEGORY("size", "\"1\"") ", " IS_PAGED, TIMES),
     same_actions, C, 5, 1, TASK_LAST,
     "/schema/fields", "the field \"size\" is a number in the model"},
    {"a value is missing",
     SCHEMA(CATEGORY("event", "\"a\", \"b\", \"c\", \"e\"") ", " LATENCY ", " SERVICE ", " SIZE
            ", " IS_PAGED, TIMES),
     same_actions, C, 5, 1, TASK_LAST,
     "/schema/fields", "the value \"d\" of \"event\" in the model is missing"},
    {"a number has another scale",
     SCHEMA(EVENT ", " NUMBER("latency", SCALES("2.5")) ", " SERVICE ", " SIZE ", " IS_PAGED,
            TIMES),
     same_actions, C, 5, 1, TASK_LAST,
     "/schema/fields", "the number \"latency\" is not scaled as in the model"},
    {"a time feature is missing",
     SCHEMA(EVENT ", " LATENCY ", " SERVICE ", " SIZE ", " IS_PAGED, SINCE_PREVIOUS),
     same_actions, C, 5, 1, TASK_LAST,
     "/schema/time",
     "the time feature \"since_first\" of the model is missing, or is not scaled as there"},
    {"an action is missing", sample_rich, more_actions, 4, 5, 1, TASK_LAST,
     "/actions", "the action \"rollback\" of the model is missing"},
    {"another width", sample_rich, same_actions, C, 6, 1, TASK_LAST,
     "/network", "the network has {\"hidden\": 6}, the model {\"hidden\": 5}"},
    {"another number of networks", sample_rich, same_actions, C, 5, 2, TASK_LAST,
     "/members", "there are 2 networks, in the model 1"},
    {"another task", sample_rich, same_actions, C, 5, 1, TASK_EVERY,
     "/target", "the target is \"every\", that of the model \"last\""},
    /* clang-format on */
};

START_TEST(test_what_does_not_fit_is_refused)
{
    struct error err = {.status = STATUS_OK};
    struct spec spec = sample_spec(2, 4, 5, 1, 1);
    struct model *from = sample_from(0, &spec);
    spec.hidden = refusals[_i].hidden;
    struct trainer *trainer =
        make_trainer(refusals[_i].schema, &spec, refusals[_i].task, refusals[_i].actions,
                     refusals[_i].action_count, refusals[_i].members);
    ck_assert_msg(triage_trainer_start_from(trainer, from, &err) == STATUS_BAD_INPUT,
                  "%s", refusals[_i].about);
    ck_assert_str_eq(err.where, refusals[_i].where);
    ck_assert_str_eq(err.text, refusals[_i].text);
    triage_trainer_free(trainer);
    triage_model_free(from);
}
END_TEST

START_TEST(test_a_model_without_numerics_is_refused)
{
    struct error err = {.status = STATUS_OK};
    struct spec spec = sample_spec(2, 4, 5, 1, 1);
    struct model *from = sample_from(0, &spec);
    struct trainer *trainer =
        make_trainer(sample_rich, &spec, TASK_LAST, same_actions, C, 1);
    from->trained->numerics = 0;
    ck_assert_int_eq(triage_trainer_start_from(trainer, from, &err), STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/numerics");
    triage_trainer_free(trainer);
    triage_model_free(from);
}
END_TEST

/* With steps of nearly no length: both runs begin with the weights of the model, chrono or not. */
START_TEST(test_the_training_begins_with_the_weights_of_the_model)
{
    struct small_training *small = small_training_new();
    struct report report;
    struct trainer *trainer = small_training_trainer(&small->training);
    ck_assert_int_eq(triage_trainer_train(trainer, &small->data, NULL, &report, NULL),
                     STATUS_OK);
    struct model *from = sample_finish(trainer);
    small->training.learning_rate = 1e-9;
    small->training.init = INIT_CHRONO;
    small->training.refit = true;
    trainer = small_training_trainer(&small->training);
    ck_assert_int_eq(triage_trainer_start_from(trainer, from, NULL), STATUS_OK);
    ck_assert_int_eq(triage_trainer_train(trainer, &small->data, NULL, &report, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(report.refit_count, SMALL_EXAMPLES);
    ck_assert(report.start.exists);
    assert_close("loss", 0, report.start.loss, report.validation_loss, 1e-5);
    assert_close("loss at the end", 0, report.start.end_loss, report.validation_end_loss,
                 1e-5);
    assert_close("accuracy", 0, report.start.accuracy, report.validation_accuracy, 1e-9);
    for (size_t t = 0; t < triage_model_tensor_count(from); t++) {
        struct tensor_view view = triage_model_tensor(from, t);
        size_t count;
        const float *w = triage_trainer_tensor(trainer, view.name, &count);
        for (size_t i = 0; i < count; i++)
            assert_close(view.name, i, (double)w[i], (double)view.data[i], 1e-6);
    }
    triage_trainer_free(trainer);
    triage_model_free(from);
    small_training_free(small);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct spec spec = sample_spec(2, 0, 5, 1, 1);
    struct model *from = sample_from(0, &spec);
    struct trainer *trainer =
        make_trainer(grown_rich, &spec, TASK_LAST, more_actions, 5, 1);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        enum status status = triage_trainer_start_from(trainer, from, &err);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        ck_assert_int_eq(status, err.status);
    }
    triage_trainer_free(trainer);
    triage_model_free(from);
}
END_TEST

Suite *starting_weights_suite(void)
{
    const int all = SAMPLE_CELLS * COUNT(shapes);
    Suite *suite = suite_create("starting_weights");
    TCase *tc = tcase_create("starting_weights");
    tcase_add_loop_test(tc, test_a_grown_schema_changes_no_bit_of_an_answer, 0, all);
    tcase_add_loop_test(
        tc, test_new_actions_take_a_share_and_leave_the_others_in_proportion, 0, all);
    tcase_add_loop_test(tc, test_without_anything_new_the_weights_are_those_of_the_model,
                        0, all);
    tcase_add_test(tc, test_new_values_and_actions_begin_with_drawn_weights);
    tcase_add_loop_test(tc, test_what_does_not_fit_is_refused, 0, COUNT(refusals));
    tcase_add_test(tc, test_a_model_without_numerics_is_refused);
    tcase_add_test(tc, test_the_training_begins_with_the_weights_of_the_model);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
