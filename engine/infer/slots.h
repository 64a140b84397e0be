/*
 * Rows at work: the pointers that kernels take, and what the gates receive but for the state.
 * Private to running.c and walk.c.
 */
#ifndef TRIAGE_SLOTS_H
#define TRIAGE_SLOTS_H

#include "infer/active_batch.h"

struct slots {
    uint32_t count;
    struct row *rows[KERNELS_ROWS];
    uint32_t left[KERNELS_ROWS]; /* events of its turn */
    const float *gx[KERNELS_ROWS], *h[KERNELS_ROWS], *values[KERNELS_ROWS];
    float *next[KERNELS_ROWS], *c[KERNELS_ROWS], *rooms[KERNELS_ROWS];
    struct step_rows step; /* points into the above */
};

/* No row yet. */
void slots_init(struct slots *slots, const struct classifier *x);

/* Slot i receives event t in layer 0, but for its numbers, which slots_numbers adds to all. */
void slots_event(struct slots *slots, uint32_t i, const struct packed_weights *fold,
                 uint32_t direction, const struct history *history, uint32_t t);
void slots_numbers(struct slots *slots, const struct packed_weights *fold,
                   uint32_t direction);

/* All receive what is below [count] -> [D*H] in a layer above the first. */
void slots_layer(struct slots *slots, const struct packed_weights *fold,
                 const struct packed_layer *pass, const float *const *below);

#endif
