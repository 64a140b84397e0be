/*
 * Forecasts: a probability is the product of what the classifier says step by step, and a beam that is
 * wide enough finds what trying all continuations finds.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/strbuf.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { ACTIONS = 4, LONGEST = 6, MANY = 6, STEPS = 3, EVERYTHING = 64, END = 1 };

/*
 * Every cell, and every cell with an attention head; one or two layers, one or two networks; then
 * self-attention.
 */
enum { SHAPES = 3 * SAMPLE_CELLS };

enum { DRAWN = 30 };
#define LARGE 2.2e38f

/* Events of the schema in another order, and without its d and e. */
static const char *const actions[ACTIONS] = {"c", END_OF_HISTORY, "a", "b"};
static const uint32_t ids_of_actions[ACTIONS] = {4, 0, 2, 3};

static struct trainer *new_trainer(int shape, enum task task)
{
    const int cell = shape % SAMPLE_CELLS;
    const struct training training = {.batch = 16,
                                      .epochs = 1,
                                      .threads = 1,
                                      .seed = 9,
                                      .members = shape % 4 == 3 ? 2 : 1};
    struct spec spec = sample_spec(cell, 3, 7, 1 + (uint32_t)cell % 2, 1);
    struct schema *schema = sample_schema(cell % 2 == 0 ? sample_plain : sample_rich);
    spec.head = shape < SAMPLE_CELLS ? HEAD_FINAL : HEAD_ATTENTION;
    if (shape >= 2 * SAMPLE_CELLS)
        spec = sample_self_attention(cell + cell % 2 * 6);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, ACTIONS, &training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    return trainer;
}

/* The history with the events of a continuation: constant fields go on, others are missing. */
struct extended {
    uint32_t ids[(LONGEST + STEPS) * 8];
    float values[(LONGEST + STEPS) * 16];
    struct history history;
};

static void extend(struct extended *extended, const struct model *model,
                   const struct history *history, const uint32_t *path, uint32_t length)
{
    const struct schema *schema = model->trained->schema;
    const size_t K = schema->categories, F = schema_inputs(schema), n = history->length;
    memcpy(extended->ids, history->ids, n * K * sizeof *extended->ids);
    if (F > 0)
        memcpy(extended->values, history->values, n * F * sizeof *extended->values);
    for (size_t t = n; t < n + length; t++) {
        uint32_t *ids = extended->ids + t * K;
        float *values = extended->values + t * F;
        for (uint32_t i = 0; i < schema->field_count; i++) {
            const struct field *field = &schema->fields[i];
            const size_t at = field->index;
            bool is_same = true;
            for (size_t u = 1; u < n && field->kind == FIELD_CATEGORY; u++)
                is_same &= history->ids[u * K + at] == history->ids[at];
            for (size_t u = 1; u < n && field->kind == FIELD_NUMBER; u++)
                is_same &= memcmp(history->values + u * F + 2 * at,
                                  history->values + 2 * at, 2 * sizeof(float)) == 0;
            if (field->kind == FIELD_CATEGORY)
                ids[at] = is_same ? history->ids[at] : SCHEMA_MISSING;
            else if (is_same)
                memcpy(values + 2 * at, history->values + 2 * at, 2 * sizeof(float));
            else
                schema_encode_missing(field, values + 2 * at);
        }
        schema_encode_times(schema, NULL, 1, values + 2 * schema->numbers, (uint32_t)F);
        ids[model->event_column] = ids_of_actions[path[t - n]];
    }
    extended->history = *history;
    extended->history.ids = extended->ids;
    extended->history.values = F > 0 ? extended->values : NULL;
    extended->history.length = (uint32_t)(n + length);
}

static void assert_same_double(double a, double b)
{
    ck_assert_msg(memcmp(&a, &b, sizeof a) == 0, "%.17g, %.17g", a, b);
}

/* Step by step with the classifier.  Returns the sum of the logarithms. */
static double check_continuation(const struct model *model, struct classifier *classifier,
                                 const struct history *history,
                                 const struct continuation *continuation)
{
    uint32_t path[STEPS + 1];
    double probability = 1.0, sum = 0.0;
    const uint32_t predictions = continuation->length + continuation->has_ended;
    if (continuation->length > 0)
        memcpy(path, continuation->actions, continuation->length * sizeof *path);
    path[continuation->length] = END;
    for (uint32_t i = 0; i < predictions; i++) {
        struct extended extended;
        float p[ACTIONS];
        extend(&extended, model, history, path, i);
        ck_assert_int_eq(triage_classifier_run(classifier, &extended.history, 1, p, NULL),
                         STATUS_OK);
        probability *= (double)p[path[i]];
        sum += log_d((double)p[path[i]], 0.0);
    }
    assert_same_double(continuation->probability, probability);
    return sum;
}

static size_t run(struct forecaster *forecaster, const struct history *history,
                  const struct forecast_options *options, uint32_t slice,
                  const struct continuation **result)
{
    bool is_done = false;
    size_t count;
    ck_assert_int_eq(triage_forecaster_begin(forecaster, history, options, NULL),
                     STATUS_OK);
    while (!is_done)
        ck_assert_int_eq(triage_forecaster_step(forecaster, slice, &is_done, NULL),
                         STATUS_OK);
    *result = triage_forecaster_result(forecaster, &count);
    return count;
}

struct fixture {
    struct model *model;
    struct forecaster *forecaster;
    struct classifier *classifier;
    struct arena arena;
    const struct history *histories;
};

static void setup(struct fixture *fixture, int shape)
{
    fixture->model = sample_finish(new_trainer(shape, TASK_NEXT));
    fixture->forecaster =
        triage_forecaster_new(fixture->model, LONGEST, STEPS, EVERYTHING, NULL);
    fixture->classifier = triage_classifier_new(fixture->model, 1, LONGEST + STEPS, NULL);
    arena_init(&fixture->arena, SIZE_MAX);
    fixture->histories = sample_histories(fixture->model->trained->schema, MANY, LONGEST,
                                          &fixture->arena, 3);
    ck_assert_ptr_nonnull(fixture->forecaster);
}

static void teardown(struct fixture *fixture)
{
    triage_forecaster_free(fixture->forecaster);
    triage_classifier_free(fixture->classifier);
    arena_release(&fixture->arena);
    triage_model_free(fixture->model);
}

/* Of 4 actions, one the end, in 3 steps: 1 + 3 + 9 end and 27 do not; the sum of all is 1. */
START_TEST(test_a_wide_beam_finds_every_continuation)
{
    struct fixture fixture;
    setup(&fixture, _i);
    for (size_t h = 0; h < MANY; h++) {
        const struct forecast_options options = {
            .steps = STEPS, .beam = EVERYTHING, .is_mean = h % 2 == 1};
        const struct continuation *result;
        double total = 0.0;
        size_t count = run(fixture.forecaster, &fixture.histories[h], &options,
                           1 + (uint32_t)h, &result);
        ck_assert_uint_eq(count, 40);
        for (size_t i = 0; i < count; i++) {
            double sum = check_continuation(fixture.model, fixture.classifier,
                                            &fixture.histories[h], &result[i]);
            double n = result[i].length + (result[i].has_ended ? 1.0 : 0.0);
            assert_same_double(result[i].score, options.is_mean ? sum / n : sum);
            ck_assert(i == 0 || result[i].score <= result[i - 1].score);
            total += result[i].probability;
        }
        assert_close("total", h, total, 1.0, 1e-5);
    }
    teardown(&fixture);
}
END_TEST

START_TEST(test_a_beam_of_1_takes_the_most_probable_event)
{
    struct fixture fixture;
    setup(&fixture, _i);
    for (size_t h = 0; h < MANY; h++) {
        const struct forecast_options options = {.steps = STEPS, .beam = 1};
        const struct continuation *result;
        ck_assert_uint_eq(
            run(fixture.forecaster, &fixture.histories[h], &options, 2, &result), 1);
        check_continuation(fixture.model, fixture.classifier, &fixture.histories[h],
                           result);
        uint32_t i = 0;
        for (; i < result->length + (result->has_ended ? 1U : 0U); i++) {
            struct extended extended;
            float p[ACTIONS];
            extend(&extended, fixture.model, &fixture.histories[h], result->actions, i);
            triage_classifier_run(fixture.classifier, &extended.history, 1, p, NULL);
            uint32_t expected = i < result->length ? result->actions[i] : END;
            ck_assert_uint_eq(argmax(p, ACTIONS), expected);
        }
        ck_assert(result->has_ended || i == STEPS);
    }
    teardown(&fixture);
}
END_TEST

/* 64 samples of 40 continuations; the same seed draws the same, in slices of any size. */
START_TEST(test_samples_are_repeatable)
{
    struct fixture fixture;
    setup(&fixture, _i);
    struct forecast_options options = {
        .steps = STEPS, .beam = EVERYTHING, .is_sampled = true, .seed = 5};
    const struct continuation *result;
    double first[EVERYTHING];
    size_t different = 0, count = 0;
    for (uint32_t slice = 1; slice < 200; slice += 99) {
        count = run(fixture.forecaster, fixture.histories, &options, slice, &result);
        ck_assert_uint_eq(count, EVERYTHING);
        for (size_t i = 0; i < count; i++) {
            check_continuation(fixture.model, fixture.classifier, fixture.histories,
                               &result[i]);
            if (slice > 1)
                assert_same_double(result[i].probability, first[i]);
            first[i] = result[i].probability;
        }
    }
    options.seed = 6;
    run(fixture.forecaster, fixture.histories, &options, 1, &result);
    for (size_t i = 0; i < count; i++)
        different += memcmp(&result[i].probability, &first[i], sizeof first[i]) != 0;
    ck_assert_uint_gt(different, 0);
    teardown(&fixture);
}
END_TEST

START_TEST(test_refused)
{
    struct error err = {.status = STATUS_OK};
    struct fixture fixture;
    struct model *last = sample_finish(new_trainer(0, TASK_LAST));
    ck_assert_ptr_null(triage_forecaster_new(last, LONGEST, STEPS, 2, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_str_eq(err.received, "last");
    triage_model_free(last);
    setup(&fixture, 0);
    const struct forecast_options none = {.beam = 1}, wide = {.steps = 1, .beam = 65};
    ck_assert_int_eq(
        triage_forecaster_begin(fixture.forecaster, fixture.histories, &none, NULL),
        STATUS_BAD_INPUT);
    err.status = STATUS_OK;
    ck_assert_int_eq(
        triage_forecaster_begin(fixture.forecaster, fixture.histories, &wide, &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/beam");
    ck_assert_str_eq(err.expected, "1 to 64");
    teardown(&fixture);
}
END_TEST

/* A step of one event reads or predicts from one event, so it takes as many steps as there are. */
START_TEST(test_a_step_is_bounded)
{
    struct fixture fixture;
    const struct forecast_options options = {.steps = STEPS, .beam = EVERYTHING};
    bool is_done = false;
    uint32_t steps = 0;
    setup(&fixture, _i);
    struct history history = fixture.histories[0];
    history.length = 1;
    ck_assert_int_eq(
        triage_forecaster_begin(fixture.forecaster, &history, &options, NULL), STATUS_OK);
    for (; !is_done; steps++)
        triage_forecaster_step(fixture.forecaster, 1, &is_done, NULL);
    /* the event; 1, 4 and 13 predictions; 4, 13 and 40 continuations */
    ck_assert_uint_eq(steps, 1 + 18 + 57);
    teardown(&fixture);
}
END_TEST

/* A forecast that is given up at any point leaves no row, and the next one is not changed by it. */
START_TEST(test_one_that_is_given_up_has_no_effect)
{
    struct fixture fixture;
    const struct forecast_options options = {.steps = STEPS, .beam = EVERYTHING};
    const struct continuation *result;
    double first[EVERYTHING];
    setup(&fixture, _i);
    size_t count = run(fixture.forecaster, fixture.histories, &options, 9, &result);
    for (size_t i = 0; i < count; i++)
        first[i] = result[i].probability;
    for (uint32_t steps = 0; steps < 70; steps += 3) {
        bool is_done;
        triage_forecaster_begin(fixture.forecaster, &fixture.histories[1], &options,
                                NULL);
        for (uint32_t i = 0; i < steps; i++)
            triage_forecaster_step(fixture.forecaster, 1, &is_done, NULL);
        ck_assert_uint_eq(
            run(fixture.forecaster, fixture.histories, &options, 9, &result), count);
        for (size_t i = 0; i < count; i++)
            assert_same_double(result[i].probability, first[i]);
    }
    teardown(&fixture);
}
END_TEST

/* Weights near the largest float: a forecast may fail after its first prediction. */
START_TEST(test_a_probability_that_is_not_finite_is_an_error)
{
    struct trainer *trainer = new_trainer(2, TASK_NEXT);
    size_t count, failed = 0, failed_later = 0;
    float *w = triage_trainer_tensor(trainer, "head.weight", &count);
    for (size_t i = 0; i < count; i++)
        w[i] = copysignf(LARGE, w[i]);
    struct model *model = sample_finish(trainer);
    struct forecaster *forecaster =
        triage_forecaster_new(model, LONGEST, STEPS, EVERYTHING, NULL);
    struct classifier *classifier = triage_classifier_new(model, 1, LONGEST, NULL);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, DRAWN, LONGEST, &arena, 5);
    for (size_t i = 0; i < DRAWN; i++) {
        const struct forecast_options options = {.steps = STEPS, .beam = 2};
        struct error err = {.status = STATUS_OK};
        enum status status = STATUS_OK;
        bool is_done = false;
        float answer[ACTIONS];
        triage_forecaster_begin(forecaster, &histories[i], &options, NULL);
        while (!is_done)
            status = triage_forecaster_step(forecaster, 1, &is_done, &err);
        ck_assert_int_eq(err.status, status);
        triage_forecaster_result(forecaster, &count);
        ck_assert_uint_eq(count, status == STATUS_OK ? 2 : 0);
        bool is_first = triage_classifier_run(classifier, &histories[i], 1, answer,
                                              NULL) != STATUS_OK;
        ck_assert(status == STATUS_NOT_FINITE || (status == STATUS_OK && !is_first));
        failed += status != STATUS_OK;
        failed_later += status != STATUS_OK && !is_first;
    }
    ck_assert_msg(failed_later > 0 && failed < DRAWN, "%zu, %zu failed", failed,
                  failed_later);
    triage_forecaster_free(forecaster);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* The text of the answer, written in parts of about so many bytes. */
static char *answer_in_parts(const struct fixture *fixture, const struct history *history,
                             size_t bytes, size_t *parts)
{
    struct forecast_answer answer = {
        .model = fixture->model, .name = "m", .history = history};
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    answer.continuations = triage_forecaster_result(fixture->forecaster, &answer.count);
    for (*parts = 1; !triage_forecast_write(&text, &answer, bytes);)
        ++*parts;
    return strbuf_take(&text, &length);
}

START_TEST(test_an_answer_is_written_in_parts)
{
    struct fixture fixture;
    const struct forecast_options options = {.steps = STEPS, .beam = EVERYTHING};
    const struct continuation *result;
    size_t parts;
    setup(&fixture, 0);
    struct history history = fixture.histories[0];
    history.unknown_names = history.length; /* for "declined" */
    run(fixture.forecaster, &history, &options, 9, &result);
    char *whole = answer_in_parts(&fixture, &history, SIZE_MAX, &parts);
    ck_assert_uint_eq(parts, 1);
    for (size_t bytes = 0; bytes < 400; bytes += 57) {
        char *text = answer_in_parts(&fixture, &history, bytes, &parts);
        ck_assert_str_eq(text, whole);
        ck_assert_uint_gt(parts, bytes == 0 ? 39 : 5); /* at least one of 40 each */
        free(text);
    }
    json_t *json = json_loads(whole, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "continuations")), 40);
    ck_assert(json_is_true(json_object_get(json, "declined")));
    ck_assert_str_eq(json_string_value(json_object_get(json, "reason")),
                     "every event is unknown");
    json_decref(json);
    free(whole);
    teardown(&fixture);
}
END_TEST

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

START_TEST(test_memory_runs_out)
{
    struct fixture fixture;
    const struct forecast_options options = {.steps = STEPS, .beam = 3};
    setup(&fixture, 9);
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct forecaster *forecaster =
            triage_forecaster_new(fixture.model, LONGEST, STEPS, 3, &err);
        ck_assert((forecaster == NULL) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, forecaster ? STATUS_OK : STATUS_NO_MEMORY);
        if (forecaster) { /* the rest allocates nothing, so it cannot fail */
            const struct continuation *result;
            ck_assert_uint_eq(run(forecaster, fixture.histories, &options, 4, &result),
                              3);
        }
        triage_forecaster_free(forecaster);
    }
    teardown(&fixture);
}
END_TEST

Suite *forecast_suite(void)
{
    Suite *suite = suite_create("forecast");
    TCase *tc = tcase_create("forecast");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_a_wide_beam_finds_every_continuation, 0, SHAPES);
    tcase_add_loop_test(tc, test_a_beam_of_1_takes_the_most_probable_event, 0, SHAPES);
    tcase_add_loop_test(tc, test_samples_are_repeatable, 0, SHAPES);
    tcase_add_test(tc, test_refused);
    tcase_add_loop_test(tc, test_a_step_is_bounded, 0, SHAPES);
    tcase_add_loop_test(tc, test_one_that_is_given_up_has_no_effect, 0, SHAPES);
    tcase_add_test(tc, test_a_probability_that_is_not_finite_is_an_error);
    tcase_add_test(tc, test_an_answer_is_written_in_parts);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
