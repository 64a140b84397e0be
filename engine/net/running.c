/* See running.h. */
#include "net/running.h"

#include <string.h>

static float *state(const struct classifier *x, float *states, uint32_t layer,
                    uint32_t row)
{
    return states + ((size_t)layer * x->max_rows + row) * x->fold->H;
}

const float *running_top(const struct classifier *x)
{
    return state(x, x->h, x->fold->L - 1, 0);
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

void running_clear(struct classifier *x)
{
    if (x->fold->D == 1) {
        clear_row(x, x->running);
    } else if (x->running == 0) {
        x->walk = (struct walk){0};
        clear_walk(x);
    }
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

void running_remove(struct classifier *x, uint32_t row)
{
    if (x->fold->D == 1)
        close_gap(x, row);
    else
        close_line(x, row);
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

void running_step(struct classifier *x)
{
    if (x->fold->D == 1)
        step_rows(x);
    else
        step_walk(x);
}
