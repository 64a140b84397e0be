/*
 * The forecasts of one model on one loop: those that wait, and the one that runs.
 *
 * Only one runs at a time, in its own rows, beside the batcher, so that forecasts never take rows from
 * histories.  A step is short.  The memory of a forecast is freed when none waits or runs.
 */
#ifndef TRIAGE_FORECAST_QUEUE_H
#define TRIAGE_FORECAST_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine.h"
#include "service/batcher.h"

struct forecast_queue;
struct model_counters;
struct options;

/* The caller owns it and what it points to, and keeps them until it has ended. */
struct forecast_job {
    const struct history *history;
    const struct forecast_options *options;
    void *owner;
    /* Called by forecast_queue_step when it has ended; the continuations are valid until it returns. */
    void (*on_end)(struct forecast_job *job, const struct continuation *continuations,
                   size_t count);

    int64_t received_us; /* when the body of the request was complete */

    /* Set by the queue. */
    enum status status; /* when it has ended */
    enum job_state state;
    int64_t admitted_us; /* when it began to run */
    struct list_link link;
};

/* model, counters and options are borrowed.  STATUS_NO_MEMORY. */
struct forecast_queue *forecast_queue_new(const struct model *model,
                                          struct model_counters *counters,
                                          const struct options *options,
                                          struct error *err);
void forecast_queue_free(struct forecast_queue *queue);

bool forecast_queue_is_idle(const struct forecast_queue *queue);

/* Queue the job.  It does not run until forecast_queue_step. */
void forecast_queue_submit(struct forecast_queue *queue, struct forecast_job *job);

/*
 * Go on by as many events as a full batch has in a step of the batcher, for about half a millisecond, and end
 * what has finished.
 */
void forecast_queue_step(struct forecast_queue *queue);

/* Take back a job in any state; on_end is not called. */
void forecast_queue_drop(struct forecast_queue *queue, struct forecast_job *job);

#endif
