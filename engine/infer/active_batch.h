/*
 * A running batch: its states, and what its steps do to them.  Private to classifier.c (which
 * asks), running.c (places; one direction), walk.c (two directions) and slots.c (their inputs).
 *
 * A history that was admitted has a place, memory for its states, until it is finished or
 * dropped; nothing of it is ever copied when another comes or leaves.
 *
 * With one direction, the rows under way are advanced a few at a time, as many as kernels work
 * on side by side: they take slots, run until the first of them has had its events or has
 * ended, and whose turn is over gives its slot to the next.  Weights and states stay in the
 * nearest caches meanwhile, and a long history costs its neighbours nothing.
 *
 *     slot 0   a a a a a a a a d d d d d      rows a b c d e f, 3 slots: no padding, no
 *     slot 1   b b b e e e e e e e e          sorting, and kernels see rows without gaps
 *     slot 2   c c c c c f f
 *
 * A state has two rooms for each layer, old and new: which is which is told by the number of
 * events a row has had.
 *
 * With two directions a history can only be run whole, layer by layer, forwards and then
 * backwards: rows wait in line and the first is walked, some events at a time; between
 * layers its outputs stand in sequence [T][2H].
 *
 * Either way an ended history waits in a ring until it is taken.  No row's arithmetic ever
 * involves another row.
 */
#ifndef TRIAGE_ACTIVE_BATCH_H
#define TRIAGE_ACTIVE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine.h"
#include "infer/kernels.h"
#include "infer/model.h"
#include "infer/packed_weights.h"
#include "model/trained_model.h"

struct row {
    const struct history *history;
    void *owner;
    uint32_t next;  /* the event to come */
    uint32_t place; /* its states */
};

/* Where the first row's walk in two directions stands. */
struct walk {
    uint32_t layer, direction, done;
};

struct classifier {
    const struct model *model;
    const struct packed_weights *fold;
    uint32_t max_rows, max_steps;
    uint32_t running; /* rows under way */
    uint32_t ended;   /* rows waiting to be finished */
    uint32_t first;   /* the oldest of them in the ring */
    struct walk walk;

    struct row *rows;    /* [max_rows], under way, the oldest first */
    struct row *ring;    /* [max_rows], ended */
    uint32_t *places;    /* free ones are the first max_rows - running - ended */
    bool has_memory;     /* LSTM */
    size_t padded;       /* H, so that each state begins on a cache line of its own */
    size_t room_floats;  /* G*H likewise */
    size_t place_floats; /* of one place */
    float *states;       /* [max_rows][place_floats]; owned, and what follows within it */
    float *rooms; /* [kernels' rows][room_floats]: what gates of rows at work receive */
    float *work;  /* for the kernels */
    float *h[2], *c;    /* [padded], the walk's */
    float *sequence[2]; /* [max_steps][2H], two directions and layers or more; owned */
    struct arena arena;
};

/* Memory for a model's rows; false when there is none.  running_release frees what it took. */
bool running_init(struct classifier *x);
void running_release(struct classifier *x);

/* Give a history a place; there must be one. */
void running_admit(struct classifier *x, const struct history *history, void *owner);

/* As many events further in every row (one direction), or in the first row's walk (two). */
void running_step(struct classifier *x, uint32_t steps);

/* The uppermost layer's state of a row that has had an event [H]; one direction only. */
const float *running_top(const struct classifier *x, const struct row *row);

/* The final state of a row in the ring [D*H]. */
const float *running_final(const struct classifier *x, const struct row *row);

/* Take the oldest row off the ring, or the i-th of those under way; its place is free. */
void running_finish(struct classifier *x);
void running_remove(struct classifier *x, uint32_t row);

/* Take a row out of the middle of the ring: the i-th from its oldest. */
void running_forget(struct classifier *x, uint32_t i);

/* Put a row under way at the end of the ring; then close the gap it leaves: rows after it move
 * up, and a walk starts with the new first. */
void running_end(struct classifier *x, const struct row *row);
void running_close(struct classifier *x, uint32_t row);

/* Where the halves of a final state in two directions are collected [2H]. */
float *running_halves(const struct classifier *x, const struct row *row);

/* running_step in two directions. */
void walk_steps(struct classifier *x, uint32_t steps);

#endif
