/*
 * The cells are PyTorch's: answers, gradients and ten steps of training against numbers that
 * PyTorch computed in double precision (made by tests/golden/make_golden.py).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "model/decoder.h"
#include "model/safetensors.h"
#include "support/compare.h"
#include "support/sample.h"
#include "train/adam.h"
#include "train/encoder_decoder.h"
#include "train/loss.h"
#include "train/network.h"
#include "unit/suites.h"

enum { MOST = 8, PATH = 96 };

/* CELL-LxD, CELL-attention-LxD, self-attention-L, and the networks of export_example.py. */
static const char *const cases[] = {"rnn-1x1",
                                    "rnn-1x2",
                                    "rnn-2x1",
                                    "rnn-2x2",
                                    "rnn-3x1",
                                    "rnn-3x2",
                                    "lstm-1x1",
                                    "lstm-1x2",
                                    "lstm-2x1",
                                    "lstm-2x2",
                                    "lstm-3x1",
                                    "lstm-3x2",
                                    "gru-1x1",
                                    "gru-1x2",
                                    "gru-2x1",
                                    "gru-2x2",
                                    "gru-3x1",
                                    "gru-3x2",
                                    "gru-after-write-1x1",
                                    "gru-after-write-1x2",
                                    "gru-after-write-2x1",
                                    "gru-after-write-2x2",
                                    "gru-before-keep-1x1",
                                    "gru-before-keep-1x2",
                                    "gru-before-keep-2x1",
                                    "gru-before-keep-2x2",
                                    "gru-before-write-1x1",
                                    "gru-before-write-1x2",
                                    "gru-before-write-2x1",
                                    "gru-before-write-2x2",
                                    "rnn-attention-1x1",
                                    "rnn-attention-2x1",
                                    "lstm-attention-1x1",
                                    "lstm-attention-2x1",
                                    "gru-attention-1x1",
                                    "gru-attention-2x1",
                                    "self-attention-1",
                                    "self-attention-2",
                                    "self-attention-3",
                                    "self-attention-head-1",
                                    "self-attention-head-2",
                                    "self-attention-head-3",
                                    "exported",
                                    "exported-transformer"};

/* The model, the histories and what PyTorch computed for them. */
struct golden {
    struct model *model;
    struct safetensors expected;
    char *bytes; /* of expected */
    struct arena arena;
    struct history histories[MOST];
    const struct history *pointers[MOST];
    uint32_t actions[MOST];
    size_t count;
    struct packed_batch batch;
};

static void read_histories(struct golden *golden)
{
    const json_t *text = json_object_get(golden->expected.metadata, "histories");
    json_t *list = json_read(json_string_value(text), json_string_length(text), NULL);
    const struct schema *schema = golden->model->trained->schema;
    golden->count = json_array_size(list);
    ck_assert(golden->count >= 1 && golden->count <= MOST);
    for (size_t i = 0; i < golden->count; i++) {
        const json_t *object = json_array_get(list, i);
        struct strbuf history;
        strbuf_init(&history, SIZE_MAX);
        json_write(&history, object, 17);
        ck_assert_int_eq(decoder_decode_golden(&golden->histories[i], schema,
                                               history.bytes, history.length,
                                               &golden->arena, NULL),
                         STATUS_OK);
        strbuf_release(&history);
        golden->actions[i] =
            (uint32_t)json_integer_value(json_object_get(object, "action"));
        golden->pointers[i] = &golden->histories[i];
    }
    json_decref(list);
    ck_assert_int_eq(packed_batch_init(&golden->batch, schema, golden->pointers,
                                       golden->count, &golden->arena, NULL),
                     STATUS_OK);
}

static void golden_init(struct golden *golden, const char *name)
{
    struct error err = {.status = STATUS_OK};
    char path[PATH];
    size_t length;
    memset(golden, 0, sizeof *golden);
    arena_init(&golden->arena, SIZE_MAX);
    snprintf(path, sizeof path, "tests/golden/%s.safetensors", name);
    golden->model = triage_model_load(path, &err);
    ck_assert_msg(golden->model, "%s: %s", err.where, err.text);
    snprintf(path, sizeof path, "tests/golden/%s.expected.safetensors", name);
    ck_assert_int_eq(file_read(path, SIZE_MAX, &golden->bytes, &length, &err), STATUS_OK);
    ck_assert_msg(safetensors_read(&golden->expected, path,
                                   (const unsigned char *)golden->bytes, length,
                                   &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    read_histories(golden);
}

static void golden_release(struct golden *golden)
{
    safetensors_release(&golden->expected);
    free(golden->bytes);
    arena_release(&golden->arena);
    triage_model_free(golden->model);
}

/* A stored tensor in double, F64 or F32, in the arena; NULL if there is none. */
static const double *expected(struct golden *golden, const char *prefix, const char *name,
                              size_t *count)
{
    char full[PATH];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const struct stored_tensor *stored = safetensors_find(&golden->expected, full);

    if (!stored)
        return NULL;
    bool is_double = strcmp(stored->dtype, "F64") == 0;
    *count = stored->bytes / (is_double ? 8 : 4);
    double *values = arena_array(&golden->arena, *count, sizeof *values);
    for (size_t i = 0; i < *count; i++) {
        float single;
        if (is_double) {
            memcpy(&values[i], stored->data + 8 * i, 8);
        } else {
            memcpy(&single, stored->data + 4 * i, 4);
            values[i] = (double)single;
        }
    }
    return values;
}

START_TEST(test_answers_equal_those_of_pytorch)
{
    struct golden golden;
    float answers[MOST * 3];
    size_t count = 0;
    golden_init(&golden, cases[_i]);
    struct classifier *classifier = triage_classifier_new(golden.model, MOST, 100, NULL);
    const double *probabilities = expected(&golden, "", "probabilities", &count);
    ck_assert_uint_eq(count, golden.count * 3);
    ck_assert_int_eq(
        triage_classifier_run(classifier, golden.histories, golden.count, answers, NULL),
        STATUS_OK);
    assert_all_close(cases[_i], answers, probabilities, count, 1e-6);
    triage_classifier_free(classifier);
    golden_release(&golden);
}
END_TEST

/* Forward and backward: the mean loss and its gradient. */
static double train(struct golden *golden, const float *params, struct network_run *run,
                    float *gradients)
{
    float dlogits[MOST * 3];
    double loss = 0.0;
    ck_assert_int_eq(network_forward(run, golden->model->trained, params, &golden->batch,
                                     (struct dropout){0.0, NULL}, &golden->arena, NULL),
                     STATUS_OK);
    for (size_t b = 0; b < golden->count; b++)
        loss += loss_cross_entropy(run->logits + 3 * b, 3,
                                   golden->actions[golden->batch.order[b]],
                                   1.0 / (double)golden->count, dlogits + 3 * b);
    memset(gradients, 0, golden->model->trained->tensors.floats * sizeof *gradients);
    ck_assert_int_eq(network_backward(run, dlogits, gradients, NULL), STATUS_OK);
    return loss / (double)golden->count;
}

static void check_gradient(struct golden *golden, const char *name,
                           const struct tensor *tensor, const float *gradients)
{
    size_t count = 0;
    const double *exact = expected(golden, "gradient.", tensor->name, &count);
    double largest = 0.0;
    char about[PATH];
    if (!exact && strncmp(name, "exported", 8) == 0)
        return; /* a network to be served only */
    snprintf(about, sizeof about, "%s: gradient of %s", name, tensor->name);
    ck_assert_msg(exact && count == (size_t)tensor->rows * tensor->columns, "%s", about);
    for (size_t j = 0; j < count; j++)
        largest = fmax(largest, fabs(exact[j]));
    ck_assert_msg(largest > 0.0, "%s is zero", about);
    assert_all_close(about, gradients + tensor->offset, exact, count, 1e-5 * largest);
}

START_TEST(test_logits_and_gradients_equal_those_of_pytorch)
{
    struct golden golden;
    struct network_run run;
    size_t count = 0;
    golden_init(&golden, cases[_i]);
    const struct tensor_list *tensors = &golden.model->trained->tensors;
    float *gradients = tensors_zeros(tensors);
    double loss = train(&golden, golden.model->trained->params, &run, gradients);
    const double *logits = expected(&golden, "", "logits", &count);
    for (size_t b = 0; b < golden.count; b++)
        assert_all_close(cases[_i], run.logits + 3 * b,
                         logits + 3 * golden.batch.order[b], 3, 1e-6);
    assert_close("mean cross-entropy", 0, loss, *expected(&golden, "", "loss", &count),
                 1e-6);
    for (size_t i = 0; i < tensors->count; i++)
        check_gradient(&golden, cases[_i], &tensors->items[i], gradients);
    free(gradients);
    golden_release(&golden);
}
END_TEST

static const char *const encoder_decoders[] = {
    "encoder-decoder-rnn-1",   "encoder-decoder-rnn-2", "encoder-decoder-lstm-1",
    "encoder-decoder-lstm-2",  "encoder-decoder-gru-1", "encoder-decoder-gru-2",
    "exported-encoder-decoder"};

/* All beginnings of all histories, as PyTorch has computed them, in that order. */
static size_t list_beginnings(const struct golden *golden, struct beginning *list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < golden->count; i++)
        for (uint32_t length = 1; length <= golden->histories[i].length; length++)
            list[count++] = (struct beginning){.history = i, .length = length};
    return count;
}

/* The action that is right at step t after a beginning; ACTION_OTHER: an unknown event. */
static uint32_t label_at(const struct golden *golden, const struct beginning *beginning,
                         uint32_t t)
{
    const struct model *model = golden->model;
    const struct history *history = &golden->histories[beginning->history];
    const size_t event = beginning->length + t, K = model->trained->schema->categories;
    if (event == history->length)
        return model->end_action;
    return model->event_actions[history->ids[event * K + model->event_column]];
}

/* Every step after every beginning, the answers of the classifier, the mean loss and its gradient. */
START_TEST(test_encoder_decoders_equal_those_of_pytorch)
{
    enum { BEGINNINGS = MOST * 9, ACTIONS = 8 };
    const char *name = encoder_decoders[_i];
    struct beginning list[BEGINNINGS];
    struct encoder_decoder_weights weights;
    struct encoder_decoder_batch batch;
    struct encoder_decoder_run run;
    struct golden golden;
    size_t count = 0, steps = 0, labels = 0;
    double sum = 0.0;
    golden_init(&golden, name);
    const struct trained_model *model = golden.model->trained;
    const size_t beginnings = list_beginnings(&golden, list), C = model->action_count;
    ck_assert(beginnings <= BEGINNINGS && C <= ACTIONS);
    ck_assert_int_eq(
        encoder_decoder_pack(&weights, model, model->params, &golden.arena, NULL),
        STATUS_OK);
    ck_assert_int_eq(encoder_decoder_batch_init(&batch, model, golden.pointers,
                                                golden.count, list, beginnings,
                                                &golden.arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(encoder_decoder_forward(&run, &weights, &batch,
                                             (struct dropout){.random = NULL},
                                             &golden.arena, NULL),
                     STATUS_OK);
    const double *logits = expected(&golden, "", "logits", &count);
    size_t first[BEGINNINGS]; /* the row of its first step in logits */
    for (size_t i = 0; i < beginnings; i++) {
        first[i] = steps;
        steps += golden.histories[list[i].history].length - list[i].length + 1;
    }
    ck_assert_uint_eq(count, steps * C);
    float *dlogits = arena_array(&golden.arena, steps, C * sizeof *dlogits);
    for (uint32_t b = 0; b < batch.decoder.rows; b++) {
        const size_t i = batch.decoder.order[b];
        for (uint32_t t = 0; t < batch.decoder.lengths[b]; t++) {
            const size_t row = network_logit_row(&run.decoder, b, t) * C;
            const uint32_t label = label_at(&golden, &list[i], t);
            assert_all_close(name, run.decoder.logits + row, logits + (first[i] + t) * C,
                             C, 1e-6);
            labels += label < C;
            if (label < C)
                sum += loss_cross_entropy(run.decoder.logits + row, C, label, 1.0,
                                          dlogits + row);
        }
        if (list[i].length == golden.histories[list[i].history].length) {
            float answer[ACTIONS];
            double total = 0.0;
            struct classifier *classifier =
                triage_classifier_new(golden.model, 1, 100, NULL);
            triage_classifier_run(classifier, golden.pointers[list[i].history], 1, answer,
                                  NULL);
            triage_classifier_free(classifier);
            for (size_t c = 0; c < C; c++)
                total += exp(logits[first[i] * C + c]);
            for (size_t c = 0; c < C; c++)
                assert_close("an answer", c, (double)answer[c],
                             exp(logits[first[i] * C + c]) / total, 1e-6);
        }
    }
    const double *loss = expected(&golden, "", "loss", &count);
    if (loss) { /* not of the exported one, which is to be served only */
        assert_close("mean cross-entropy", 0, sum / (double)labels, *loss, 1e-6);
        float *gradients = tensors_zeros(&model->tensors);
        for (size_t i = 0; i < steps * C; i++)
            dlogits[i] /= (float)labels;
        ck_assert_int_eq(encoder_decoder_backward(&run, dlogits, gradients, NULL),
                         STATUS_OK);
        for (size_t i = 0; i < model->tensors.count; i++)
            check_gradient(&golden, name, &model->tensors.items[i], gradients);
        free(gradients);
    }
    golden_release(&golden);
}
END_TEST

static const char *const trainings[] = {"training", "training-self-attention"};

/* Ten steps of AdamW on one batch, clipped, decay on matrices only. */
START_TEST(test_training_equals_that_of_pytorch)
{
    struct golden golden;
    struct network_run run;
    struct adam adam;
    size_t count = 0;
    golden_init(&golden, trainings[_i]);
    const struct tensor_list *tensors = &golden.model->trained->tensors;
    float *gradients = tensors_zeros(tensors), *params = golden.model->trained->params;
    const double *settings = expected(&golden, "", "settings", &count);
    const double *losses = expected(&golden, "", "losses", &count);
    const double *norms = expected(&golden, "", "norms", &count);
    ck_assert_int_eq(adam_init(&adam, tensors, NULL), STATUS_OK);
    for (size_t t = 0; t < count; t++) {
        double loss = train(&golden, params, &run, gradients);
        double norm = clip_norm(gradients, tensors->floats, settings[2]);
        assert_close("the loss of a step", t, loss, losses[t], 1e-5);
        assert_close("the raw norm of a step", t, norm, norms[t], 1e-5);
        adam_step(&adam, params, gradients, settings[0], settings[1]);
    }
    ck_assert(losses[0] > losses[9] + 0.2);
    for (size_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->items[i];
        const double *end = expected(&golden, "weights.", tensor->name, &count);
        if (strstr(tensor->name, "in_proj_bias"))
            count /=
                3; /* a bias of all keys changes no answer: Adam follows rounding errors */
        assert_all_close(tensor->name, params + tensor->offset, end, count, 1e-4);
    }
    adam_release(&adam);
    free(gradients);
    golden_release(&golden);
}
END_TEST

Suite *pytorch_suite(void)
{
    Suite *suite = suite_create("pytorch");
    TCase *tc = tcase_create("pytorch");
    tcase_add_loop_test(tc, test_answers_equal_those_of_pytorch, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_logits_and_gradients_equal_those_of_pytorch, 0,
                        COUNT(cases));
    tcase_add_loop_test(tc, test_encoder_decoders_equal_those_of_pytorch, 0,
                        COUNT(encoder_decoders));
    tcase_add_loop_test(tc, test_training_equals_that_of_pytorch, 0, COUNT(trainings));
    suite_add_tcase(suite, tc);
    return suite;
}
