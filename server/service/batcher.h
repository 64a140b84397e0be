/*
 * One model on one loop: its classifier, and the histories that wait for a row of it.
 *
 * A job waits (oldest first), then runs in a row, then has ended; a batcher_step moves all of
 * them on.  Rows that end in the middle of a step are given to waiting jobs at once.  Long
 * histories may have three quarters of the rows: so a short one never waits for the end of a
 * long one.
 */
#ifndef TRIAGE_BATCHER_H
#define TRIAGE_BATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

struct batcher;
struct model_counters;

enum job_state { JOB_NEW, JOB_WAITING, JOB_RUNNING, JOB_ENDED };

/* A history on its way through a lane; the caller's, and its texts too, until it has ended. */
struct job {
    const struct history *history;
    float *probabilities; /* [C] */
    void *owner;
    void (*on_end)(
        struct job *job); /* status is set, and the probabilities if it is OK */
    int64_t received_us;  /* of a request's first: when the request was whole; else 0 */
    enum status status;
    enum job_state state; /* the rest is the lane's */
    uint64_t number;
    int64_t admitted_us;
    struct job *next, *previous;
};

/* max_rows histories a batch, each of at most max_steps events; counters is borrowed. */
struct batcher *batcher_new(const struct model *model, struct model_counters *counters,
                            uint32_t max_rows, uint32_t max_steps, struct error *err);
void batcher_free(struct batcher *lane);

bool batcher_is_idle(const struct batcher *lane);

/* Have it wait; nothing runs before batcher_step. */
void batcher_submit(struct batcher *lane, struct job *job);

/* Advance every row by at most events, for about 2 ms at most, ending jobs on the way. */
void batcher_step(struct batcher *lane, uint32_t events);

/* Give up a job that may wait or run; on_end is not called. */
void batcher_drop(struct batcher *lane, struct job *job);

#endif
