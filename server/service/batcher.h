/*
 * The batcher of one model on one loop: its classifier, and the jobs that wait for a row of it.
 *
 * A job is one history.  It waits in a queue until a row of the active batch is free, runs in this
 * row, and ends.  batcher_step advances all rows by a few events; a row that becomes free during a
 * step is given to the oldest waiting job at once.  Long histories may have at most three quarters
 * of the rows, so that a short one never waits for a long one to end.
 */
#ifndef TRIAGE_BATCHER_H
#define TRIAGE_BATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine.h"

struct batcher;
struct model_counters;

enum job_state { JOB_NEW, JOB_WAITING, JOB_RUNNING, JOB_ENDED };

/* The caller owns a job and what it points to, and keeps them until the job has ended. */
struct job {
    const struct history *history;
    float *probabilities;      /* [C]; set when the job ends with STATUS_OK */
    struct included *included; /* set like probabilities; NULL: nothing is included */
    void *owner;
    void (*on_end)(struct job *job); /* called by batcher_step when the job has ended */

    /* For the first job of a request: when its body was complete.  0: not counted as a wait. */
    int64_t received_us;

    /* Set by the batcher. */
    enum status status; /* when the job has ended */
    enum job_state state;
    uint64_t number;     /* in the order of submission */
    int64_t admitted_us; /* when it got a row */
    struct list_link link;
};

/* A batch has at most max_rows histories, each of at most max_events.  counters is borrowed. */
struct batcher *batcher_new(const struct model *model, struct model_counters *counters,
                            uint32_t max_rows, uint32_t max_events, struct error *err);
void batcher_free(struct batcher *batcher);

bool batcher_is_idle(const struct batcher *batcher);

/* Queue the job.  It does not run until batcher_step. */
void batcher_submit(struct batcher *batcher, struct job *job);

/* Advance every row by at most that many events, for about 2 ms at most, and end finished jobs. */
void batcher_step(struct batcher *batcher, uint32_t events);

/* Take back a job in any state; on_end is not called. */
void batcher_drop(struct batcher *batcher, struct job *job);

#endif
