/*
 * Diagnostics of a trained model.  Activity: gates and units whose weights are set so that the
 * result is known.  Lags: against central differences of forward, and against the published
 * worked example, a local derivative of 0.6 over 1, 4, 8 and 12 steps.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "train/network.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, EVENTS = 7, SHAPES = 4 * SAMPLE_CELLS, MANY = 50, H = 4 };

/* ---- activity ---------------------------------------------------------------------------- */

/* The bias of one gate is pushed far up or down: all values of that gate are saturated. */
static const struct {
    const char *about;
    int cell;
    size_t gate, gates;
    float push;
} pushes[] = {
    {"rnn, candidate", 0, 0, 1, 50},      {"lstm, input", 1, 0, 4, 50},
    {"lstm, forget", 1, 1, 4, -50},       {"lstm, candidate", 1, 2, 4, -50},
    {"lstm, output", 1, 3, 4, 50},        {"gru, reset", 2, 0, 3, 50},
    {"gru, update", 3, 1, 3, -50},        {"gru, candidate", 2, 2, 3, 50},
    {"before, reset", 4, 0, 3, -50},      {"before, candidate", 5, 2, 3, 50},
    {"nothing pushed, lstm", 1, 9, 4, 0}, {"nothing pushed, gru", 2, 9, 3, 0},
};

START_TEST(test_saturated_gates_are_counted)
{
    struct spec spec = sample_spec(pushes[_i].cell, 3, H, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.4f, 1);
    struct activity activity;
    struct arena arena;
    size_t count;
    float *bias = triage_trainer_tensor(trainer, "rnn.bias_ih_l0", &count);
    for (size_t j = 0; pushes[_i].gate < 4 && j < H; j++)
        bias[pushes[_i].gate * H + j] += pushes[_i].push;
    arena_init(&arena, SIZE_MAX);
    struct model *model = sample_finish(trainer);
    struct history *histories =
        triage_histories_draw(model->trained->schema, MANY, 1, 20, 1, &arena, NULL);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, MANY, NULL),
                     STATUS_OK);
    for (size_t gate = 0; gate < pushes[_i].gates; gate++)
        assert_close(pushes[_i].about, gate, activity.saturated[gate],
                     gate == pushes[_i].gate, 0.0);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* A unit without weights is constant; over one history all units are. */
START_TEST(test_constant_units_are_counted)
{
    struct spec spec = sample_spec(_i, 3, H, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 0.8f, 1);
    struct activity activity;
    struct arena arena;
    size_t count, width = 3;
    float *w = triage_trainer_tensor(trainer, "rnn.weight_ih_l0", &count);
    size_t gates = count / (H * width);
    for (size_t gate = 0; gate < gates; gate++)
        memset(w + (gate * H + 2) * width, 0, width * sizeof *w);
    w = triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count);
    for (size_t gate = 0; gate < gates; gate++)
        memset(w + (gate * H + 2) * H, 0, H * sizeof *w);
    arena_init(&arena, SIZE_MAX);
    struct model *model = sample_finish(trainer);
    struct history *histories =
        triage_histories_draw(model->trained->schema, MANY, 200, 220, 1, &arena, NULL);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, MANY, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(activity.constant, 1);
    ck_assert_int_eq(triage_activity_measure(&activity, model, histories, 1, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(activity.constant, H);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_activity_without_memory)
{
    struct spec spec = sample_spec(2, 3, H, 2, 2);
    struct model *model = sample_model(sample_plain, &spec, 0.5f, 1);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(model->trained->schema, 20, 100, 100, 1, &arena, NULL);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct activity activity;
        ck_assert_int_eq(triage_activity_measure(&activity, model, histories, 20, NULL),
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* ---- lags -------------------------------------------------------------------------------- */

static const struct training defaults = {.batch = 64, .clip = 1.0};

/* Minus the log of the action's probability, from forward only. */
static double loss_of(const struct model *model, const float *params,
                      const struct history *history, uint32_t action)
{
    struct arena arena;
    struct packed_batch batch;
    struct network_run run;
    double sum = 0.0;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(
        packed_batch_init(&batch, model->trained->schema, &history, 1, &arena, NULL),
        STATUS_OK);
    ck_assert_int_eq(network_forward(&run, model->trained, params, &batch,
                                     (struct dropout){0.0, NULL}, &arena, NULL),
                     STATUS_OK);
    for (size_t c = 0; c < C; c++)
        sum += exp((double)run.logits[c] - (double)run.logits[action]);
    arena_release(&arena);
    return log(sum);
}

/* The derivative along one number of a block, by differences of fourth order. */
static double difference(const struct model *model, float *params, size_t place,
                         const struct history *history, uint32_t action)
{
    static const double ways[4] = {-2, -1, 1, 2}, weights[4] = {1, -8, 8, -1};
    const double step = 0.03;
    float from = params[place];
    double sum = 0.0;
    for (int i = 0; i < 4; i++) {
        params[place] = (float)((double)from + ways[i] * step);
        sum += weights[i] * loss_of(model, params, history, action);
    }
    params[place] = from;
    return sum / (12 * step);
}

/*
 * Each event of the history has a different id, so a row of the embedding is the input of one
 * event.
 */
START_TEST(test_lags_are_derivatives)
{
    static const uint32_t ids[EVENTS] = {4, 0, 6, 2, 1, 5, 3};
    int cell = _i % SAMPLE_CELLS, rest = _i / SAMPLE_CELLS;
    struct spec spec =
        sample_spec(cell, 3, 4, 1 + (uint32_t)rest % 2, 1 + (uint32_t)rest / 2);
    struct model *model = sample_model(sample_plain, &spec, 0.8f, (uint64_t)_i);
    const struct example example = {.history = {.ids = ids, .length = EVENTS},
                                    .action = 1};
    float *params = tensors_zeros(&model->trained->tensors);
    struct lags lags;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    memcpy(params, model->trained->params,
           model->trained->tensors.floats * sizeof *params);
    ck_assert_int_eq(
        triage_lags_measure(&lags, model, &defaults, &example, 1, EVENTS, &arena, NULL),
        STATUS_OK);
    ck_assert_uint_eq(lags.histories, 1);
    for (uint32_t lag = 0; lag < EVENTS; lag++) {
        size_t row = tensors_embedding(&model->trained->tensors, 0)->offset +
                     (size_t)ids[EVENTS - 1 - lag] * spec.embedding;
        double sum = 0.0;
        for (size_t j = 0; j < spec.embedding; j++)
            sum += pow(difference(model, params, row + j, &example.history, 1), 2.0);
        assert_close(sample_cells[cell].name, lag, lags.norms[lag], sqrt(sum), 2e-4);
        ck_assert(lags.norms[lag] > 1e-5); /* else the comparison means little */
    }
    free(params);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* h' = tanh(1e-4 x + 0.6 h): the state is small, so that tanh' is 1 and each step 0.6. */
START_TEST(test_vanishing_gradient_of_the_lesson)
{
    static const struct {
        uint32_t lag;
        double left;
    } steps[] = {{0, 1.0}, {1, 0.6}, {4, 0.1296}, {8, 0.01679616}, {12, 0.002176782336}};
    struct spec spec = sample_spec(0, 0, 1, 1, 1);
    struct trainer *trainer = sample_trainer(sample_plain, &spec, 1.0f, 1);
    uint32_t ids[100];
    struct example example = {.history = {.ids = ids, .length = 100}, .action = 0};
    struct lags lags;
    struct arena arena;
    size_t count;

    arena_init(&arena, SIZE_MAX);
    float *w = triage_trainer_tensor(trainer, "rnn.weight_ih_l0", &count);
    for (size_t i = 0; i < count; i++)
        w[i] = 1e-4f;
    triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count)[0] = 0.6f;
    triage_trainer_tensor(trainer, "rnn.bias_ih_l0", &count)[0] = 0.0f;
    triage_trainer_tensor(trainer, "rnn.bias_hh_l0", &count)[0] = 0.0f;
    for (uint32_t t = 0; t < 100; t++)
        ids[t] = 2 + t % 5;
    struct model *model = sample_finish(trainer);
    ck_assert_int_eq(
        triage_lags_measure(&lags, model, &defaults, &example, 1, 100, &arena, NULL),
        STATUS_OK);
    ck_assert(lags.norms[0] > 0.0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_close("share of the gradient that is left", steps[i].lag,
                     lags.norms[steps[i].lag] / lags.norms[0] / steps[i].left, 1.0, 2e-6);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Longer ones are cut to their last events. */
START_TEST(test_short_histories_are_left_out)
{
    struct spec spec = sample_spec(2, 4, 5, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.6f, 3);
    struct arena arena;
    struct lags whole, cut;
    struct error err = {.status = STATUS_OK};
    struct example examples[5], tail;
    size_t K = triage_model_categories(model), F = triage_model_inputs(model);
    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(model->trained->schema, 5, 9, 9, 1, &arena, NULL);
    for (size_t i = 0; i < 5; i++)
        examples[i] = (struct example){.history = histories[i], .action = 2};
    examples[0].history.length = examples[2].history.length = 3;
    examples[1].history.length = examples[4].history.length = 2;
    ck_assert_int_eq(
        triage_lags_measure(&cut, model, &defaults, examples, 5, 4, &arena, NULL),
        STATUS_OK);
    ck_assert_uint_eq(cut.histories, 1);
    tail = examples[3];
    tail.history.ids += 5 * K;
    tail.history.values += 5 * F;
    tail.history.length = 4;
    ck_assert_int_eq(
        triage_lags_measure(&whole, model, &defaults, &tail, 1, 4, &arena, NULL),
        STATUS_OK);
    ck_assert_mem_eq(cut.norms, whole.norms, 4 * sizeof *cut.norms);
    ck_assert_int_eq(
        triage_lags_measure(&cut, model, &defaults, examples, 5, 10, &arena, &err),
        STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "none of 5 histories has 10 events");
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* Norms by lag do not depend on the batch; clipping is counted by its mean gradient. */
START_TEST(test_lags_do_not_depend_on_the_batch)
{
    struct spec spec = sample_spec(1, 4, 5, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.6f, 4);
    struct training training = defaults;
    struct arena arena;
    struct lags one, many;
    struct example examples[40];
    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(model->trained->schema, 40, 12, 12, 1, &arena, NULL);
    for (size_t i = 0; i < 40; i++)
        examples[i] =
            (struct example){.history = histories[i], .action = (uint32_t)ACTION_OTHER};
    training.batch = 40;
    training.clip = 0.0;
    ck_assert_int_eq(
        triage_lags_measure(&one, model, &training, examples, 40, 12, &arena, NULL),
        STATUS_OK);
    ck_assert_uint_eq(one.batches, 1);
    ck_assert_uint_eq(one.clipped, 0);
    training.clip = one.norm_largest * 1.0001;
    training.batch = 3;
    ck_assert_int_eq(
        triage_lags_measure(&many, model, &training, examples, 40, 12, &arena, NULL),
        STATUS_OK);
    ck_assert_uint_eq(many.batches, 14);
    ck_assert(many.clipped >= 1 && many.norm_largest > one.norm_largest);
    for (uint32_t lag = 0; lag < 12; lag++)
        assert_close("batches of 3 and of 40", lag, many.norms[lag], one.norms[lag],
                     1e-6 * one.norms[lag]);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

START_TEST(test_lags_without_memory)
{
    struct spec spec = sample_spec(2, 4, 5, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.6f, 4);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct arena arena;
        struct example example = {.action = 0};
        struct lags lags;
        enum status status = STATUS_NO_MEMORY;
        arena_init(&arena, SIZE_MAX);
        struct history *history =
            triage_histories_draw(model->trained->schema, 1, 2000, 2000, 1, &arena, &err);
        if (history) {
            example.history = *history;
            status = triage_lags_measure(&lags, model, &defaults, &example, 1, 2000,
                                         &arena, &err);
        }
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    triage_model_free(model);
}
END_TEST

/* The lags of a model of another task are those of its last event. */
START_TEST(test_lags_of_other_tasks_are_those_of_the_last_event)
{
    struct spec spec = sample_spec(_i, 3, 4, 2, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.8f, 1);
    struct example examples[20];
    struct lags last, every;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(model->trained->schema, 20, 12, &arena, 1);
    for (size_t i = 0; i < 20; i++)
        examples[i] = (struct example){histories[i], (uint32_t)i % C, NULL};
    triage_lags_measure(&last, model, &defaults, examples, 20, 5, &arena, NULL);
    model->trained->task = TASK_EVERY;
    triage_lags_measure(&every, model, &defaults, examples, 20, 5, &arena, NULL);
    ck_assert(last.histories > 2 && last.histories == every.histories);
    for (size_t lag = 0; lag < 5; lag++)
        assert_close("norm", lag, every.norms[lag], last.norms[lag],
                     1e-5 * last.norms[lag]);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

Suite *diagnostics_suite(void)
{
    Suite *suite = suite_create("diagnostics");
    TCase *tc = tcase_create("diagnostics");
    tcase_add_loop_test(tc, test_lags_are_derivatives, 0, SHAPES);
    tcase_add_test(tc, test_vanishing_gradient_of_the_lesson);
    tcase_add_test(tc, test_short_histories_are_left_out);
    tcase_add_test(tc, test_lags_do_not_depend_on_the_batch);
    tcase_add_test(tc, test_lags_without_memory);
    tcase_add_loop_test(tc, test_lags_of_other_tasks_are_those_of_the_last_event, 0,
                        SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_saturated_gates_are_counted, 0, COUNT(pushes));
    tcase_add_loop_test(tc, test_constant_units_are_counted, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_activity_without_memory);
    suite_add_tcase(suite, tc);
    return suite;
}
