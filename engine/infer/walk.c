/*
 * Two directions: the first row in the line is walked, layer by layer, forwards and then
 * backwards.  See running.h.
 */
#include "infer/slots.h"

#include <string.h>

/* The pass over one layer in one direction is over: on to the next, or the end. */
static void turn_walk(struct classifier *x, const float *h)
{
    const struct packed_weights *fold = x->fold;
    struct walk *walk = &x->walk;

    if (walk->layer == fold->L - 1)
        memcpy(running_halves(x, &x->rows[0]) + walk->direction * fold->H, h,
               fold->H * sizeof *h);
    walk->done = 0;
    walk->direction = 1 - walk->direction;
    walk->layer += walk->direction == 0;
    if (walk->layer == fold->L) {
        running_end(x, &x->rows[0]);
        running_close(x, 0);
    }
}

/* One event further in the first row's walk. */
static void step_walk(struct classifier *x, struct slots *slots)
{
    const struct packed_weights *fold = x->fold;
    struct walk *walk = &x->walk;
    const struct history *history = x->rows[0].history;
    const struct packed_layer *pass = &fold->passes[walk->layer * 2 + walk->direction];
    uint32_t t = walk->direction == 0 ? walk->done : history->length - 1 - walk->done;
    uint32_t odd = walk->done & 1;

    if (walk->done == 0) {
        memset(x->h[0], 0, fold->H * sizeof *x->h[0]);
        memset(x->c, 0, fold->H * sizeof *x->c);
    }
    slots->h[0] = x->h[odd];
    slots->next[0] = x->h[1 - odd];
    slots->step.is_backwards = odd;
    if (walk->layer == 0) {
        slots_event(slots, 0, fold, walk->direction, history, t);
        slots_numbers(slots, fold, walk->direction);
    } else {
        const float *below = x->sequence[(walk->layer - 1) % 2] + (size_t)t * 2 * fold->H;
        slots_layer(slots, fold, pass, &below);
    }
    fold->step(&pass->cell, &slots->step);
    if (walk->layer + 1 < fold->L)
        memcpy(x->sequence[walk->layer % 2] + ((size_t)t * 2 + walk->direction) * fold->H,
               slots->next[0], fold->H * sizeof(float));
    if (++walk->done == history->length)
        turn_walk(x, slots->next[0]);
}

void walk_steps(struct classifier *x, uint32_t steps)
{
    /* A line of rows gets as many steps as if all of them moved. */
    uint64_t left = (uint64_t)steps * x->running;
    struct slots slots;

    slots_init(&slots, x);
    slots.count = 1;
    slots.step.count = 1;
    slots.c[0] = x->c;
    for (; left > 0 && x->running > 0; left--)
        step_walk(x, &slots);
}
