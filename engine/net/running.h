/*
 * A running batch: its state, and what one step does to it.  Private to classifier.c (who
 * comes and goes) and running.c (the steps).
 *
 * With one direction, rows 0 .. running-1 are the histories under way, each at its own
 * event; whoever ends gives its row to the last one, so kernels always see rows without gaps
 * and a history joins or leaves between any two steps.  The state of layer l is
 * h[l] [rows][H].
 *
 * With two directions a history can only be run whole, layer by layer, forwards and then
 * backwards: rows wait in line and the first is walked, some events at a time; between
 * layers its outputs stand in sequence [T][2H].
 *
 * Either way an ended history's final state waits in a ring until it is taken.  No row's
 * arithmetic ever involves another row.
 */
#ifndef TRIAGE_RUNNING_H
#define TRIAGE_RUNNING_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine.h"
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

/* Start the row that comes after the running ones (one direction), or the walk (two). */
void running_clear(struct classifier *x);

/* One event further: in every row (one direction), or in the first row's walk (two). */
void running_step(struct classifier *x);

/* The uppermost layer's state of the first row [H], under way; one direction only. */
const float *running_top(const struct classifier *x);

/* Take a row out before its end; the others move up. */
void running_remove(struct classifier *x, uint32_t row);

#endif
