/*
 * Histories come, are stepped, and leave with their probabilities: the part of engine.h that
 * runs a model.  How a step works is in running.c.
 */
#include "net/running.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "math/elementary.h"

static float *floats(struct classifier *classifier, size_t a, size_t b, size_t c)
{
    size_t count;

    if (!size_multiply(a, b, &count) || !size_multiply(count, c, &count))
        return NULL;
    return arena_array(&classifier->arena, count, sizeof(float));
}

static bool allocate(struct classifier *x)
{
    const struct fold *fold = x->fold;
    uint32_t B = x->max_rows, states = fold->D == 1 ? B : 1;
    bool is_whole = true;

    x->rows = arena_array(&x->arena, B, sizeof *x->rows);
    x->owners = arena_array(&x->arena, B, sizeof *x->owners);
    x->gx = arena_array(&x->arena, B, sizeof *x->gx);
    x->below = arena_array(&x->arena, B, sizeof *x->below);
    x->above = arena_array(&x->arena, B, sizeof *x->above);
    x->finals = floats(x, B, fold->D, fold->H);
    x->h = floats(x, fold->L, states, fold->H);
    x->c = floats(x, fold->L, states, fold->H);
    x->rooms = floats(x, B, 1, fold->GH);
    x->work = floats(x, 1, 1, fold->GH);
    /* Not from the arena, which would clear it: memory that long histories alone touch. */
    for (int i = 0; fold->D == 2 && fold->L > 1 && i < 2; i++) {
        size_t bytes;
        is_whole = is_whole &&
                   size_multiply((size_t)x->max_steps, 2u * fold->H, &bytes) &&
                   size_multiply(bytes, sizeof(float), &bytes) &&
                   (x->sequence[i] = malloc(bytes)) != NULL;
    }
    return is_whole && x->rows != NULL && x->owners != NULL && x->gx != NULL &&
           x->below != NULL && x->above != NULL && x->finals != NULL && x->h != NULL &&
           x->c != NULL && x->rooms != NULL && x->work != NULL;
}

struct classifier *classifier_new(const struct model *model, uint32_t max_rows,
                                  uint32_t max_steps, struct error *err)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);

    if (classifier == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&classifier->arena, SIZE_MAX);
    classifier->model = model;
    classifier->fold = model->fold;
    classifier->kernels = kernels_pick();
    classifier->max_rows = max_rows;
    classifier->max_steps = max_steps;
    if (!allocate(classifier)) {
        error_no_memory(err);
        classifier_free(classifier);
        return NULL;
    }
    return classifier;
}

void classifier_free(struct classifier *classifier)
{
    if (classifier == NULL)
        return;
    free(classifier->sequence[0]);
    free(classifier->sequence[1]);
    arena_release(&classifier->arena);
    free(classifier);
}

size_t classifier_rows(const struct classifier *classifier)
{
    return classifier->running + classifier->ended;
}

enum status classifier_admit(struct classifier *classifier, const struct history *history,
                             void *owner, struct error *err)
{
    if (history->length > classifier->max_steps)
        return error_set(err, STATUS_TOO_LARGE, "/events",
                         "the history has %u events, this classifier takes %u",
                         (unsigned)history->length, (unsigned)classifier->max_steps);
    if (classifier_rows(classifier) == classifier->max_rows)
        return error_set(err, STATUS_BUSY, "", "all %u rows are taken",
                         (unsigned)classifier->max_rows);
    running_clear(classifier);
    classifier->rows[classifier->running++] = (struct row){history, owner, 0};
    return STATUS_OK;
}

void classifier_step(struct classifier *classifier, uint32_t steps)
{
    /* A line of rows gets as many steps as if all of them moved. */
    uint64_t left =
        classifier->fold->D == 1 ? steps : (uint64_t)steps * classifier->running;

    for (; left > 0 && classifier->running > 0; left--)
        running_step(classifier);
}

/* logits / temperature -> probabilities, in place; false when they are not numbers. */
static bool softmax(float *values, size_t count, float inverse_temperature)
{
    float largest = values[0] * inverse_temperature, sum = 0.0f;

    for (size_t i = 0; i < count; i++) {
        values[i] *= inverse_temperature;
        largest = values[i] > largest ? values[i] : largest;
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return false;
        values[i] = exp_f(values[i] - largest);
        sum += values[i];
    }
    for (size_t i = 0; i < count; i++)
        values[i] /= sum;
    return true;
}

/* Take the oldest ended row off the ring. */
static void *take_ended(struct classifier *x, const float **final)
{
    uint32_t place = x->first;

    if (x->ended == 0)
        return NULL;
    x->first = (x->first + 1) % x->max_rows;
    x->ended--;
    *final = x->finals + (size_t)place * x->fold->D * x->fold->H;
    return x->owners[place];
}

/* The head over a final state [D*H]. */
static enum status answer(const struct classifier *x, const float *final,
                          float *probabilities)
{
    const struct fold *fold = x->fold;

    memcpy(probabilities, fold->head_bias, fold->C * sizeof *probabilities);
    x->kernels->product(1, (size_t)fold->D * fold->H, fold->C, fold->head, &final,
                        &probabilities);
    return softmax(probabilities, fold->C, fold->inverse_temperature) ? STATUS_OK
                                                                      : STATUS_NOT_FINITE;
}

void *classifier_finish(struct classifier *classifier, float *probabilities,
                        enum status *status)
{
    const float *final = NULL;
    void *owner;

    /* A walk's halves stand in the ring's next place: rows are taken off the other end. */
    owner = take_ended(classifier, &final);
    if (final == NULL)
        return NULL;
    *status = answer(classifier, final, probabilities);
    return owner;
}

void classifier_drop(struct classifier *classifier, const void *owner)
{
    struct classifier *x = classifier;
    size_t width = (size_t)x->fold->D * x->fold->H;

    for (uint32_t row = 0; row < x->running; row++)
        if (x->rows[row].owner == owner) {
            running_remove(x, row);
            return;
        }
    for (uint32_t i = 0; i < x->ended; i++)
        if (x->owners[(x->first + i) % x->max_rows] == owner) {
            /* One more beyond the ended: a walk's first half may stand there. */
            for (uint32_t j = i; j + 1 < x->max_rows; j++) {
                uint32_t to = (x->first + j) % x->max_rows;
                uint32_t from = (x->first + j + 1) % x->max_rows;
                x->owners[to] = x->owners[from];
                memcpy(x->finals + to * width, x->finals + from * width,
                       width * sizeof *x->finals);
            }
            x->ended--;
            return;
        }
}

static enum status no_answer(enum status status, struct error *err)
{
    return error_set(err, status, "", "the model's weights lead to no finite answer");
}

enum status classifier_run(struct classifier *classifier, const struct history *histories,
                           size_t count, float *probabilities, struct error *err)
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
        while (admitted < count && classifier_rows(classifier) < classifier->max_rows) {
            /* The owner is the history: its place gives the row of the answer. */
            void *owner = (void *)(uintptr_t)&histories[admitted];
            (void)classifier_admit(classifier, &histories[admitted++], owner, NULL);
        }
        classifier_step(classifier, 1);
        while (classifier->ended > 0) {
            const struct history *next = classifier->owners[classifier->first];
            enum status status = STATUS_OK;
            classifier_finish(classifier, probabilities + (size_t)(next - histories) * C,
                              &status);
            if (status != STATUS_OK)
                worst = status;
            done++;
        }
    }
    return worst == STATUS_OK ? worst : no_answer(worst, err);
}

enum status classifier_trace(struct classifier *classifier, const struct history *history,
                             float *probabilities, struct error *err)
{
    enum status status = STATUS_OK, worst = STATUS_OK;
    size_t C = classifier->fold->C;

    if (classifier->fold->D != 1)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "a model with two directions answers only at the end");
    status = classifier_admit(classifier, history, NULL, err);
    if (status != STATUS_OK)
        return status;
    for (uint32_t t = 0; t < history->length; t++) {
        const float *top;
        running_step(classifier);
        if (classifier->ended > 0)
            take_ended(classifier, &top);
        else
            top = running_top(classifier);
        status = answer(classifier, top, probabilities + t * C);
        worst = status == STATUS_OK ? worst : status;
    }
    return worst == STATUS_OK ? worst : no_answer(worst, err);
}

enum status classifier_encode(struct classifier *classifier,
                              const struct history *history, float *final_state,
                              struct error *err)
{
    const float *final = NULL;
    enum status status = classifier_admit(classifier, history, NULL, err);

    if (status != STATUS_OK)
        return status;
    while (classifier->ended == 0)
        classifier_step(classifier, history->length);
    take_ended(classifier, &final);
    memcpy(final_state, final, model_state_size(classifier->model) * sizeof *final_state);
    return STATUS_OK;
}

enum status classifier_decide(const struct classifier *classifier, const float *state,
                              float *probabilities, struct error *err)
{
    enum status status = answer(classifier, state, probabilities);

    return status == STATUS_OK ? status : no_answer(status, err);
}
