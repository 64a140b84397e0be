/*
 * A running batch: histories are admitted to rows, stepped, and leave at their last event.
 *
 * With one direction, rows 0 .. running-1 are the histories under way, each at its own
 * event; whoever ends gives its row to the last one, so kernels always see rows without gaps
 * and a history joins or leaves between any two steps.  The state of layer l is
 * h[l] [rows][H].
 *
 * With two directions a history can only be run whole, layer by layer, forwards and then
 * backwards: rows wait in line and the first is walked, some events at a time; between
 * layers its outputs stand in `below` [T][2H].
 *
 * Either way an ended history's final state waits in a ring until classifier_finish turns it
 * into probabilities.  No row's arithmetic ever involves another row.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "engine.h"
#include "math/elementary.h"
#include "math/kernels.h"
#include "model/model.h"
#include "net/fold.h"

struct row {
    const struct history *history;
    void *owner;
    uint32_t next; /* the event to come */
};

/* Where the first row's walk in two directions stands. */
struct walk {
    uint32_t layer, direction, done;
};

struct classifier {
    const struct model *model;
    const struct fold *fold;
    const struct kernels *kernels;
    uint32_t max_rows, max_steps;
    uint32_t running; /* rows under way */
    uint32_t ended;   /* rows waiting to be finished */
    uint32_t first;   /* the oldest of them in the ring */
    struct walk walk;

    struct row *rows;    /* [max_rows] */
    void **owners;       /* [max_rows], ring */
    float *finals;       /* [max_rows][D*H], ring */
    float *h, *c;        /* [L][max_rows][H], one direction; [1][H], two; c: LSTM */
    float *rooms;        /* [max_rows][G*H] */
    const float **gx;    /* [max_rows], into tables or rooms */
    const float **below; /* [max_rows] inputs of a deeper layer */
    float **above;       /* [max_rows] rows of rooms, to be added to */
    float *work;         /* [G*H] */
    float *sequence[2];  /* [max_steps][2H], two directions and two layers or more */
    struct arena arena;
};

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

static float *state(const struct classifier *x, float *states, uint32_t layer,
                    uint32_t row)
{
    return states + ((size_t)layer * x->max_rows + row) * x->fold->H;
}

static void clear_row(struct classifier *x, uint32_t row)
{
    for (uint32_t l = 0; l < x->fold->L; l++) {
        memset(state(x, x->h, l, row), 0, x->fold->H * sizeof *x->h);
        memset(state(x, x->c, l, row), 0, x->fold->H * sizeof *x->c);
    }
}

static void clear_walk(struct classifier *x)
{
    memset(x->h, 0, x->fold->H * sizeof *x->h);
    memset(x->c, 0, x->fold->H * sizeof *x->c);
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
    if (classifier->fold->D == 1)
        clear_row(classifier, classifier->running);
    else if (classifier->running == 0) {
        classifier->walk = (struct walk){0};
        clear_walk(classifier);
    }
    classifier->rows[classifier->running++] = (struct row){history, owner, 0};
    return STATUS_OK;
}

/* Where the next ended history's final state goes. */
static float *end_of_ring(struct classifier *x, void *owner)
{
    uint32_t place = (x->first + x->ended++) % x->max_rows;

    x->owners[place] = owner;
    return x->finals + (size_t)place * x->fold->D * x->fold->H;
}

/* One direction: give row's place to the last row. */
static void close_gap(struct classifier *x, uint32_t row)
{
    uint32_t last = --x->running;

    if (row == last)
        return;
    x->rows[row] = x->rows[last];
    for (uint32_t l = 0; l < x->fold->L; l++) {
        size_t bytes = x->fold->H * sizeof(float);
        memcpy(state(x, x->h, l, row), state(x, x->h, l, last), bytes);
        memcpy(state(x, x->c, l, row), state(x, x->c, l, last), bytes);
    }
}

/* Two directions: the others in the line move up. */
static void close_line(struct classifier *x, uint32_t row)
{
    memmove(x->rows + row, x->rows + row + 1, (--x->running - row) * sizeof *x->rows);
    if (row == 0) {
        x->walk = (struct walk){0};
        clear_walk(x);
    }
}

static const float *event_input(const struct classifier *x, uint32_t direction,
                                const struct history *history, uint32_t t, float *room)
{
    const uint32_t *ids = history->ids + (size_t)t * x->fold->K;
    const float *values =
        history->values == NULL ? NULL : history->values + (size_t)t * x->fold->F;

    return fold_event(x->fold, x->kernels, direction, ids, values, room);
}

/* Inputs of a layer above the first: bias, then the product with what is below. */
static void layer_input(struct classifier *x, const struct fold_pass *pass, uint32_t rows)
{
    const struct fold *fold = x->fold;

    for (uint32_t row = 0; row < rows; row++) {
        x->above[row] = x->rooms + (size_t)row * fold->GH;
        memcpy(x->above[row], pass->bias, fold->GH * sizeof *x->rooms);
        x->gx[row] = x->above[row];
    }
    x->kernels->product(rows, (size_t)fold->D * fold->H, fold->GH, pass->w, x->below,
                        x->above);
}

/* One event further in every row. */
static void step_rows(struct classifier *x)
{
    const struct fold *fold = x->fold;

    for (uint32_t row = 0; row < x->running; row++)
        x->gx[row] = event_input(x, 0, x->rows[row].history, x->rows[row].next++,
                                 x->rooms + (size_t)row * fold->GH);
    for (uint32_t l = 0; l < fold->L; l++) {
        if (l > 0) {
            for (uint32_t row = 0; row < x->running; row++)
                x->below[row] = state(x, x->h, l - 1, row);
            layer_input(x, &fold->passes[l], x->running);
        }
        fold->step(x->running, x->kernels, &fold->passes[l].cell, x->gx,
                   state(x, x->h, l, 0), state(x, x->c, l, 0), x->work);
    }
    for (uint32_t row = x->running; row-- > 0;)
        if (x->rows[row].next == x->rows[row].history->length) {
            memcpy(end_of_ring(x, x->rows[row].owner), state(x, x->h, fold->L - 1, row),
                   fold->H * sizeof *x->h);
            close_gap(x, row);
        }
}

/* The pass over one layer in one direction is over: on to the next, or the end. */
static void turn_walk(struct classifier *x)
{
    const struct fold *fold = x->fold;
    struct walk *walk = &x->walk;

    if (walk->layer == fold->L - 1) {
        /* The ring's next free place collects both halves before it counts as ended. */
        uint32_t place = (x->first + x->ended) % x->max_rows;
        memcpy(x->finals + ((size_t)place * 2 + walk->direction) * fold->H, x->h,
               fold->H * sizeof *x->h);
    }
    walk->done = 0;
    walk->direction = 1 - walk->direction;
    walk->layer += walk->direction == 0;
    clear_walk(x);
    if (walk->layer == fold->L) {
        end_of_ring(x, x->rows[0].owner);
        close_line(x, 0);
    }
}

/* One event further in the first row's walk. */
static void step_walk(struct classifier *x)
{
    const struct fold *fold = x->fold;
    struct walk *walk = &x->walk;
    const struct history *history = x->rows[0].history;
    const struct fold_pass *pass = &fold->passes[walk->layer * 2 + walk->direction];
    uint32_t t = walk->direction == 0 ? walk->done : history->length - 1 - walk->done;

    if (walk->layer == 0) {
        x->gx[0] = event_input(x, walk->direction, history, t, x->rooms);
    } else {
        x->below[0] = x->sequence[(walk->layer - 1) % 2] + (size_t)t * 2 * fold->H;
        layer_input(x, pass, 1);
    }
    fold->step(1, x->kernels, &pass->cell, x->gx, x->h, x->c, x->work);
    if (walk->layer + 1 < fold->L)
        memcpy(x->sequence[walk->layer % 2] + ((size_t)t * 2 + walk->direction) * fold->H,
               x->h, fold->H * sizeof *x->h);
    if (++walk->done == history->length)
        turn_walk(x);
}

void classifier_step(struct classifier *classifier, uint32_t steps)
{
    /* A line of rows gets as many steps as if all of them moved. */
    uint64_t left =
        classifier->fold->D == 1 ? steps : (uint64_t)steps * classifier->running;

    for (; left > 0 && classifier->running > 0; left--)
        if (classifier->fold->D == 1)
            step_rows(classifier);
        else
            step_walk(classifier);
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

void *classifier_finish(struct classifier *classifier, float *probabilities,
                        enum status *status)
{
    const struct fold *fold = classifier->fold;
    const float *final = NULL;
    void *owner;

    /* A walk's halves stand in the ring's next place: rows are taken off the other end. */
    owner = take_ended(classifier, &final);
    if (final == NULL)
        return NULL;
    memcpy(probabilities, fold->head_bias, fold->C * sizeof *probabilities);
    classifier->kernels->product(1, (size_t)fold->D * fold->H, fold->C, fold->head,
                                 &final, &probabilities);
    *status = softmax(probabilities, fold->C, fold->inverse_temperature)
                  ? STATUS_OK
                  : STATUS_NOT_FINITE;
    return owner;
}

void classifier_drop(struct classifier *classifier, const void *owner)
{
    struct classifier *x = classifier;
    size_t width = (size_t)x->fold->D * x->fold->H;

    for (uint32_t row = 0; row < x->running; row++)
        if (x->rows[row].owner == owner) {
            if (x->fold->D == 1)
                close_gap(x, row);
            else
                close_line(x, row);
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
    if (worst != STATUS_OK)
        return error_set(err, worst, "", "the model's weights lead to no finite answer");
    return STATUS_OK;
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
