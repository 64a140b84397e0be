/*
 * Histories come, are stepped, and leave with their probabilities: the part of engine.h that
 * runs a model.  How a step works is in running.c.
 */
#include "base/error.h"
#include "infer/active_batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct classifier *triage_classifier_new(const struct model *model, uint32_t max_rows,
                                         uint32_t max_steps, struct error *err)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);

    if (classifier == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&classifier->arena, SIZE_MAX);
    classifier->model = model;
    classifier->fold = model->packed;
    classifier->max_rows = max_rows;
    classifier->max_steps = max_steps;
    if (!running_init(classifier)) {
        error_no_memory(err);
        triage_classifier_free(classifier);
        return NULL;
    }
    return classifier;
}

void triage_classifier_free(struct classifier *classifier)
{
    if (classifier == NULL)
        return;
    running_release(classifier);
    arena_release(&classifier->arena);
    free(classifier);
}

size_t triage_classifier_rows(const struct classifier *classifier)
{
    return classifier->running + classifier->ended;
}

enum status triage_classifier_admit(struct classifier *classifier,
                                    const struct history *history, void *owner,
                                    struct error *err)
{
    if (history->length > classifier->max_steps)
        return error_set(err, STATUS_TOO_LARGE, "/events",
                         "the history has %u events, this classifier takes %u",
                         (unsigned)history->length, (unsigned)classifier->max_steps);
    if (triage_classifier_rows(classifier) == classifier->max_rows)
        return error_set(err, STATUS_BUSY, "", "all %u rows are taken",
                         (unsigned)classifier->max_rows);
    running_admit(classifier, history, owner);
    return STATUS_OK;
}

void triage_classifier_step(struct classifier *classifier, uint32_t steps)
{
    running_step(classifier, steps);
}

/* logits / temperature -> probabilities, in place; false when they are not numbers. */
static bool softmax(const struct packed_weights *fold, float *values)
{
    float largest = values[0] * fold->inverse_temperature, sum = 0.0f;

    for (size_t i = 0; i < fold->C; i++) {
        values[i] *= fold->inverse_temperature;
        largest = values[i] > largest ? values[i] : largest;
    }
    for (size_t i = 0; i < fold->C; i++)
        if (!isfinite(values[i]))
            return false;
    fold->kernels->exponentials(fold->C, largest, values);
    for (size_t i = 0; i < fold->C; i++)
        sum += values[i];
    for (size_t i = 0; i < fold->C; i++)
        values[i] /= sum;
    return true;
}

/* The head over a final state [D*H]. */
static enum status answer(const struct classifier *x, const float *final,
                          float *probabilities)
{
    const struct packed_weights *fold = x->fold;

    memcpy(probabilities, fold->head_bias, fold->C * sizeof *probabilities);
    fold->kernels->product(1, (size_t)fold->D * fold->H, fold->C, fold->head, &final,
                           &probabilities);
    return softmax(fold, probabilities) ? STATUS_OK : STATUS_NOT_FINITE;
}

void *triage_classifier_finish(struct classifier *classifier, float *probabilities,
                               enum status *status)
{
    const struct row *row = &classifier->ring[classifier->first];

    if (classifier->ended == 0)
        return NULL;
    *status = answer(classifier, running_final(classifier, row), probabilities);
    running_finish(classifier);
    return row->owner;
}

void triage_classifier_drop(struct classifier *classifier, const void *owner)
{
    struct classifier *x = classifier;

    for (uint32_t row = 0; row < x->running; row++)
        if (x->rows[row].owner == owner) {
            running_remove(x, row);
            return;
        }
    for (uint32_t i = 0; i < x->ended; i++)
        if (x->ring[(x->first + i) % x->max_rows].owner == owner) {
            running_forget(x, i);
            return;
        }
}

static enum status no_answer(enum status status, struct error *err)
{
    return error_set(err, status, "", "the model's weights lead to no finite answer");
}

/* Events between two looks for rows to give to histories that wait. */
enum { SLICE = 32 };

enum status triage_classifier_run(struct classifier *classifier,
                                  const struct history *histories, size_t count,
                                  float *probabilities, struct error *err)
{
    size_t C = classifier->fold->C, admitted = 0, done = 0;
    enum status worst = STATUS_OK;

    for (size_t i = 0; i < count; i++)
        if (histories[i].length > classifier->max_steps)
            return error_set(err, STATUS_TOO_LARGE, "/events",
                             "history %zu has %u events, this classifier takes %u", i,
                             (unsigned)histories[i].length,
                             (unsigned)classifier->max_steps);
    while (done < count) {
        while (admitted < count &&
               triage_classifier_rows(classifier) < classifier->max_rows) {
            /* The owner is the history: its place gives the row of the answer. */
            void *owner = (void *)(uintptr_t)&histories[admitted];
            (void)triage_classifier_admit(classifier, &histories[admitted++], owner,
                                          NULL);
        }
        triage_classifier_step(classifier, admitted < count ? SLICE : UINT32_MAX);
        while (classifier->ended > 0) {
            const struct history *next = classifier->ring[classifier->first].owner;
            enum status status = STATUS_OK;
            triage_classifier_finish(
                classifier, probabilities + (size_t)(next - histories) * C, &status);
            if (status != STATUS_OK)
                worst = status;
            done++;
        }
    }
    return worst == STATUS_OK ? worst : no_answer(worst, err);
}

enum status triage_classifier_trace(struct classifier *classifier,
                                    const struct history *history, float *probabilities,
                                    struct error *err)
{
    enum status status = STATUS_OK, worst = STATUS_OK;
    size_t C = classifier->fold->C;

    if (classifier->fold->D != 1)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "a model with two directions answers only at the end");
    status = triage_classifier_admit(classifier, history, NULL, err);
    if (status != STATUS_OK)
        return status;
    for (uint32_t t = 0; t < history->length; t++) {
        const struct row *row = classifier->rows;
        running_step(classifier, 1);
        if (classifier->ended > 0)
            row = &classifier->ring[classifier->first];
        status = answer(classifier, running_top(classifier, row), probabilities + t * C);
        worst = status == STATUS_OK ? worst : status;
    }
    running_finish(classifier);
    return worst == STATUS_OK ? worst : no_answer(worst, err);
}

enum status triage_classifier_encode(struct classifier *classifier,
                                     const struct history *history, float *final_state,
                                     struct error *err)
{
    enum status status = triage_classifier_admit(classifier, history, NULL, err);

    if (status != STATUS_OK)
        return status;
    while (classifier->ended == 0)
        triage_classifier_step(classifier, history->length);
    memcpy(final_state, running_final(classifier, &classifier->ring[classifier->first]),
           triage_model_state_size(classifier->model) * sizeof *final_state);
    running_finish(classifier);
    return STATUS_OK;
}

enum status triage_classifier_decide(const struct classifier *classifier,
                                     const float *state, float *probabilities,
                                     struct error *err)
{
    enum status status = answer(classifier, state, probabilities);

    return status == STATUS_OK ? status : no_answer(status, err);
}
