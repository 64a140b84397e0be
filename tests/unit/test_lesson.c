/*
 * The worked examples that this project began with ("RNNs, LSTMs, GRUs, and Sequence
 * Modeling", LeetLLM, 2026).  Those of a single cell are in test_kernels.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "infer/kernels.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/sample.h"
#include "train/adam.h"
#include "train/network.h"
#include "unit/suites.h"

#define LOGGED "\"error logged\""
#define CONFIRMED "\"reproduction confirmed\""
#define ROLLBACK "\"rollback requested\""

/* ---- the vector RNN ------------------------------------------------------------------------ */

static const struct {
    const char *about, *events;
    double state[2], probabilities[3];
    const char *action;
} cases[] = {
    {"error logged",
     LOGGED,
     {0.664036770, 0.099667995},
     {0.445792723, 0.239618589, 0.314588688},
     "ignore"},
    {"then reproduction confirmed",
     LOGGED ", " CONFIRMED,
     {0.494489207, 0.640959611},
     {0.312608009, 0.367259060, 0.320132931},
     "rollback"},
    {"then rollback requested",
     LOGGED ", " CONFIRMED ", " ROLLBACK,
     {0.389610346, 0.655325238},
     {0.290872492, 0.389619796, 0.319507712},
     "rollback"},
    {"the same events in reverse: another action",
     ROLLBACK ", " CONFIRMED ", " LOGGED,
     {0.767013264, 0.491311322},
     {0.392880883, 0.290102507, 0.317016610},
     "ignore"},
};

START_TEST(test_answers_of_the_lesson)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_load("models/lesson.safetensors", &err);
    struct classifier *classifier;
    char json[256];
    float state[2], probabilities[3];
    struct arena arena;
    size_t best = 0;
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    classifier = triage_classifier_new(model, 1, 3, NULL);
    arena_init(&arena, SIZE_MAX);
    snprintf(json, sizeof json, "{\"events\": [%s]}", cases[_i].events);
    struct history history = sample_history(triage_model_schema(model), json, &arena);
    ck_assert_int_eq(triage_classifier_encode(classifier, &history, state, NULL),
                     STATUS_OK);
    ck_assert_int_eq(triage_classifier_run(classifier, &history, 1, probabilities, NULL),
                     STATUS_OK);
    assert_all_close(cases[_i].about, state, cases[_i].state, 2, 2e-7);
    assert_all_close(cases[_i].about, probabilities, cases[_i].probabilities, 3, 2e-7);
    for (size_t c = 1; c < 3; c++)
        best = probabilities[c] > probabilities[best] ? c : best;
    ck_assert_str_eq(triage_model_action(model, best), cases[_i].action);
    triage_classifier_free(classifier);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* The state has 2 numbers after 1, 2, 3 or 200 events, computed with 21 parameters. */
START_TEST(test_a_state_does_not_grow)
{
    struct model *model = triage_model_load("models/lesson.safetensors", NULL);
    struct classifier *classifier = triage_classifier_new(model, 1, 200, NULL);
    uint32_t ids[200];
    size_t recurrent_biases = 0;
    float state[3] = {0, 0, 7};
    for (uint32_t t = 0; t < 200; t++)
        ids[t] = 2 + t % 3;
    ck_assert_uint_eq(triage_model_state_size(model), 2);
    for (uint32_t length = 1; length <= 200; length++) {
        struct history history = {.ids = ids, .length = length};
        ck_assert_int_eq(triage_classifier_encode(classifier, &history, state, NULL),
                         STATUS_OK);
        ck_assert(fabsf(state[0]) < 1.0f && fabsf(state[1]) < 1.0f && state[2] == 7.0f);
    }
    for (size_t i = 0; i < triage_model_tensor_count(model); i++)
        if (strstr(triage_model_tensor(model, i).name, "bias_hh"))
            recurrent_biases += triage_model_tensor(model, i).rows;
    ck_assert_uint_eq(model->trained->tensors.parameters, 23);
    ck_assert_uint_eq(model->trained->tensors.parameters - recurrent_biases, 21);
    triage_classifier_free(classifier);
    triage_model_free(model);
}
END_TEST

/* The forward pass over one history. */
static void run_forward(struct network_run *run, struct packed_batch *batch,
                        const struct model *model, const struct history *history,
                        struct arena *arena)
{
    const struct trained_model *trained = model->trained;
    ck_assert_int_eq(packed_batch_init(batch, trained->schema, &history, 1, arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(network_forward(run, trained, trained->params, batch,
                                     (struct dropout){0.0, NULL}, arena, NULL),
                     STATUS_OK);
}

START_TEST(test_logits_of_the_lesson)
{
    static const double expected[] = {0.076129670, 0.368416052, 0.170026082};
    static const uint32_t ids[] = {2, 3, 4};
    const struct history history = {.ids = ids, .length = 3};
    struct model *model = triage_model_load("models/lesson.safetensors", NULL);
    struct network_run run;
    struct packed_batch batch;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    run_forward(&run, &batch, model, &history, &arena);
    assert_all_close("logits of the lesson", run.logits, expected, 3, 1e-7);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

/* ---- order ----------------------------------------------------------------------------------- */

static const struct {
    const char *about;
    float signals[3];
    double state;
} orders[] = {
    {"in the order of the incident", {1.0f, 0.4f, 0.9f}, 1.5},
    {"reversed", {0.9f, 0.4f, 1.0f}, 1.564},
};

/* state = 0.6 * state + signal, by the product of the kernels. */
START_TEST(test_state_depends_on_the_order)
{
    const struct kernels *kernels = kernels_pick();
    const float w = 0.6f;
    float state = 0.0f, *packed = calloc(kernels->packed_floats(1, 1, 1), sizeof *packed);
    kernels->pack(1, 1, 1, 1, &w, packed);
    for (size_t t = 0; t < 3; t++) {
        const float *x = &state;
        float next = orders[_i].signals[t], *y = &next;
        kernels->product(1, 1, 1, packed, &x, &y);
        state = next;
    }
    free(packed);
    assert_close(orders[_i].about, 0, (double)state, orders[_i].state, 3e-7);
}
END_TEST

/* ---- gradients ------------------------------------------------------------------------------- */

static const struct {
    uint32_t steps;
    double gradient;
} vanishing[] = {{1, 0.6}, {4, 0.1296}, {8, 0.01679616}, {12, 0.002176782}};

/*
 * A plain cell with state 0 (tanh' is 1) and U = 0.6: the gradient that reaches the weight of
 * the first event is 0.6 to the number of steps.
 */
START_TEST(test_the_gradient_of_an_early_event_vanishes)
{
    struct spec spec = sample_spec(0, 0, 1, 1, 1);
    struct model *model = sample_model(sample_plain, &spec, 0.0f, 1);
    uint32_t ids[13] = {2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
    const struct history history = {.ids = ids, .length = vanishing[_i].steps + 1};
    const float dlogits[SAMPLE_ACTIONS] = {1.0f, 0.0f, 0.0f};
    const struct tensor *w = tensors_recurrent(&model->trained->tensors, 0, 0, WEIGHT_IH);
    float *gradients = tensors_zeros(&model->trained->tensors);
    struct network_run run;
    struct packed_batch batch;
    struct arena arena;
    *trained_model_floats(model->trained, tensors_recurrent(&model->trained->tensors, 0,
                                                            0, WEIGHT_HH)) = 0.6f;
    *trained_model_floats(model->trained, tensors_head(&model->trained->tensors)) = 1.0f;
    arena_init(&arena, SIZE_MAX);
    run_forward(&run, &batch, model, &history, &arena);
    ck_assert_int_eq(network_backward(&run, dlogits, gradients, NULL), STATUS_OK);
    assert_close("0.6 to the number of steps", vanishing[_i].steps,
                 (double)gradients[w->offset], vanishing[_i].gradient,
                 1e-6 * vanishing[_i].gradient);
    arena_release(&arena);
    free(gradients);
    triage_model_free(model);
}
END_TEST

START_TEST(test_clipping_of_the_lesson)
{
    float gradient[2] = {(float)pow(1.4, 12), (float)(-0.8 * pow(1.4, 12))};
    static const double clipped[2] = {3.904344047, -3.123475238};
    double norm = clip_norm(gradient, 2, 5.0);
    assert_close("the raw norm is reported", 0, norm, 72.603632889, 1e-5);
    assert_all_close("clipped to norm 5", gradient, clipped, 2, 1e-6);
}
END_TEST

/* ---- packing --------------------------------------------------------------------------------- */

/* One number, its flag and one time feature are three inputs besides the event. */
static const char three_inputs[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\"]},"
    " {\"name\": \"x\", \"kind\": \"number\"}], \"time\": [{\"name\": \"since_first\"}]}";

/* The final states of two histories, in the service and in training. */
static void final_states(const struct model *model, const struct history histories[2],
                         float serving[2][2], float training[2][2])
{
    const struct history *pointers[] = {&histories[0], &histories[1]};
    struct classifier *classifier = triage_classifier_new(model, 2, 3, NULL);
    struct network_run run;
    struct packed_batch batch;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(
        packed_batch_init(&batch, model->trained->schema, pointers, 2, &arena, NULL),
        STATUS_OK);
    ck_assert_int_eq(network_forward(&run, model->trained, model->trained->params, &batch,
                                     (struct dropout){0.0, NULL}, &arena, NULL),
                     STATUS_OK);
    for (size_t b = 0; b < 2; b++) {
        ck_assert_int_eq(
            triage_classifier_encode(classifier, &histories[b], serving[b], NULL),
            STATUS_OK);
        memcpy(training[batch.order[b]], run.head_inputs + 2 * b, sizeof training[b]);
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
}

START_TEST(test_padding_does_not_change_the_state)
{
    static const uint32_t ids[3] = {2, 2, 2};
    float first[3][3] = {{1, 2, 3}, {-1, 0, 1}, {0.5f, 0.25f, 2}};
    float second[3][3] = {{0.3f, 1, -2}, {2, -1, 0.5f}, {0, 0, 0}};
    struct spec spec = sample_spec(2, 0, 2, 1, 1);
    struct model *model = sample_model(three_inputs, &spec, 0.8f, 1);
    struct history histories[2] = {{.ids = ids, .values = first[0], .length = 3},
                                   {.ids = ids, .values = second[0], .length = 2}};
    float serving[3][2][2], training[3][2][2];
    final_states(model, histories, serving[0], training[0]);
    second[2][0] = 9, second[2][1] = -9, second[2][2] = 9;
    final_states(model, histories, serving[1], training[1]);
    histories[1].length = 3; /* with the padding as an event */
    final_states(model, histories, serving[2], training[2]);
    assert_same_bits("other padding, serving", serving[1][1], serving[0][1], 2);
    assert_same_bits("other padding, training", training[1][1], training[0][1], 2);
    for (size_t j = 0; j < 2; j++) {
        ck_assert(serving[2][1][j] != serving[0][1][j]);
        ck_assert(training[2][1][j] != training[0][1][j]);
    }
    triage_model_free(model);
}
END_TEST

Suite *lesson_suite(void)
{
    Suite *suite = suite_create("lesson");
    TCase *tc = tcase_create("lesson");
    tcase_add_loop_test(tc, test_answers_of_the_lesson, 0, COUNT(cases));
    tcase_add_test(tc, test_a_state_does_not_grow);
    tcase_add_test(tc, test_logits_of_the_lesson);
    tcase_add_loop_test(tc, test_state_depends_on_the_order, 0, COUNT(orders));
    tcase_add_loop_test(tc, test_the_gradient_of_an_early_event_vanishes, 0,
                        COUNT(vanishing));
    tcase_add_test(tc, test_clipping_of_the_lesson);
    tcase_add_test(tc, test_padding_does_not_change_the_state);
    suite_add_tcase(suite, tc);
    return suite;
}
