/*
 * The active batch: histories that are being run, and those that are done and not yet taken.
 *
 * An admitted history has a row, and memory for its states, until its row is taken or dropped;
 * nothing of it is copied when another row joins or leaves.  No row's arithmetic involves another
 * row.
 *
 * With one direction, as many rows as the kernels work on together are in slots.  They run until
 * the first of them has used up its slice of events or has ended; its slot goes to the next row.
 * Weights and states stay in the nearest caches meanwhile, and a long history costs the other rows
 * nothing.
 *
 *     slot 0   a a a a a a a a d d d d d      rows a b c d e f, 3 slots: no padding, no
 *     slot 1   b b b e e e e e e e e          sorting, and kernels see rows without gaps
 *     slot 2   c c c c c f f
 *
 * With self-attention a slot is one event, and the slots are filled with the events of a row before
 * those of the next: a layer computes all of them together.
 *
 * With two directions a history can only be run whole, layer by layer, forwards and then
 * backwards: only the oldest row runs, and the others wait.  Between layers its outputs are in
 * sequence [T][2H].
 *
 * Rows that have had all their events are in a ring, in the order in which they ended.
 */
#ifndef TRIAGE_ACTIVE_BATCH_H
#define TRIAGE_ACTIVE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine.h"
#include "infer/attention.h"
#include "infer/packed_weights.h"

struct row {
    const struct history *history;
    void *owner;
    struct included *included; /* to be noted by the classifier, or NULL */
    float *scores; /* [length] those of the attention are noted here, unless NULL */
    uint32_t next; /* the event to be read next */
    uint32_t states_index; /* its states */
};

/* How far the oldest row is, in two directions. */
struct position {
    uint32_t layer, direction;
    uint32_t events; /* done in that layer and direction */
};

struct active_batch {
    const struct packed_weights *packed;
    uint32_t max_rows, max_steps;
    uint32_t active; /* rows with events left */
    uint32_t done;   /* rows without */

    struct row *rows; /* [max_rows] active rows, oldest first */
    struct row *ring; /* [max_rows] done rows, oldest at ring_first */
    uint32_t ring_first;
    uint32_t *free_states;    /* stack of max_rows - active - done free states_index */
    struct position position; /* two directions */

    /* All of these are in one block, and padded to whole cache lines. */
    size_t state_floats;        /* H */
    size_t gates_floats;        /* G*H */
    size_t row_floats;          /* all states of one row */
    float *states;              /* owned block: [max_rows][row_floats] */
    float *gate_inputs;         /* [kernels' rows][gates_floats], of the rows in slots */
    float *work;                /* for the kernels */
    float *hidden;              /* [kernels' rows][state_floats] for the attention head */
    struct memory_shape memory; /* of a row, with self-attention */
    float *h[2], *c;            /* [H] two directions: states old and new, cell state */

    /* [max_steps][2H] owned; two directions and at least two layers */
    float *sequence[2];
    struct arena arena; /* rows, ring, free_states */
};

/* STATUS_NO_MEMORY; active_batch_release is called in any case. */
enum status active_batch_init(struct active_batch *batch,
                              const struct packed_weights *packed, uint32_t max_rows,
                              uint32_t max_steps, struct error *err);
void active_batch_release(struct active_batch *batch);

/* Rows in use, done ones included. */
static inline size_t active_batch_rows(const struct active_batch *batch)
{
    return (size_t)batch->active + batch->done;
}

/* Start a history; there must be a free row.  included and scores: of struct row. */
void active_batch_admit(struct active_batch *batch, const struct history *history,
                        struct included *included, float *scores, void *owner);

/*
 * Start a row with a copy of the states of another one, which stays: of the same batch, or of one of a
 * network with the same cell, width and layers.  There must be a free row, and one direction.  The new
 * row reads one more event: that of the last row of history, whose length is set to 2 or 3.  Its rows
 * before that are not read.
 */
void active_batch_fork(struct active_batch *batch, const struct active_batch *other,
                       const struct row *from, struct history *history, void *owner);

/*
 * Advance every row by at most steps events.  With two directions the oldest row gets the steps
 * of all rows.
 */
void active_batch_step(struct active_batch *batch, uint32_t steps);

/* The row that was done first, or NULL; then free it. */
const struct row *active_batch_first_done(const struct active_batch *batch);
void active_batch_free_first_done(struct active_batch *batch);

/* The row of an owner, active or done; NULL: there is none. */
const struct row *active_batch_find(const struct active_batch *batch, const void *owner);

/* Free the row of an owner, active or done, if there is one. */
void active_batch_drop(struct active_batch *batch, const void *owner);

/* The state [H] of the last layer after the events so far, at least one; one direction only. */
const float *active_batch_last_state(const struct active_batch *batch,
                                     const struct row *row);

/* With an attention head: the context [H] after the events so far, at least one. */
const float *active_batch_context(const struct active_batch *batch,
                                  const struct row *row);

/* The same: the running softmax over their scores. */
const struct running_softmax *active_batch_softmax(const struct active_batch *batch,
                                                   const struct row *row);

/* The final state [D*H] of a done row. */
const float *active_batch_final_state(const struct active_batch *batch,
                                      const struct row *row);

#endif
