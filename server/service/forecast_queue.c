/* Waiting forecasts, and running one of them in slices. */
#include "service/forecast_queue.h"

#include <stdlib.h>

#include "service/clock.h"
#include "service/counters.h"
#include "service/options.h"

enum {
    ROUND_EVENTS = 32, /* read or predicted from; after each, the clock is checked */
    STEP_US = MICROS_PER_MS / 2 /* no round begins later, however slow the model is */
};

struct forecast_queue {
    const struct model *model;
    struct model_counters *counters;
    const struct options *options;
    struct forecaster *forecaster; /* NULL: nothing waits or runs */
    struct list waiting;
    struct forecast_job *running; /* NULL: none */
};

struct forecast_queue *forecast_queue_new(const struct model *model,
                                          struct model_counters *counters,
                                          const struct options *options,
                                          struct error *err)
{
    struct forecast_queue *queue = calloc(1, sizeof *queue);
    if (!queue) {
        error_no_memory(err);
        return NULL;
    }
    queue->model = model;
    queue->counters = counters;
    queue->options = options;
    list_init(&queue->waiting);
    return queue;
}

void forecast_queue_free(struct forecast_queue *queue)
{
    if (!queue)
        return;
    triage_forecaster_free(queue->forecaster);
    free(queue);
}

bool forecast_queue_is_idle(const struct forecast_queue *queue)
{
    return !queue->running && list_is_empty(&queue->waiting);
}

void forecast_queue_submit(struct forecast_queue *queue, struct forecast_job *job)
{
    job->state = JOB_WAITING;
    list_append(&queue->waiting, &job->link);
}

/* Give the memory back when there is nothing to do: beams of a large model take much. */
static void release_idle(struct forecast_queue *queue)
{
    if (!forecast_queue_is_idle(queue))
        return;
    triage_forecaster_free(queue->forecaster);
    queue->forecaster = NULL;
}

static enum status begin_job(struct forecast_queue *queue, struct forecast_job *job)
{
    const struct options *options = queue->options;
    if (!queue->forecaster)
        queue->forecaster =
            triage_forecaster_new(queue->model, options->max_events,
                                  options->max_forecast_steps, options->max_beam, NULL);
    if (!queue->forecaster)
        return STATUS_NO_MEMORY; /* the model was checked when the request was decoded */
    return triage_forecaster_begin(queue->forecaster, job->history, job->options, NULL);
}

static void end_job(struct forecast_queue *queue, enum status status, int64_t now_us)
{
    struct forecast_job *job = queue->running;
    const struct continuation *continuations = NULL;
    size_t count = 0;
    queue->running = NULL;
    job->state = JOB_ENDED;
    job->status = status;
    if (status == STATUS_OK)
        continuations = triage_forecaster_result(queue->forecaster, &count);
    histogram_add(&queue->counters->forecast, now_us - job->admitted_us);
    job->on_end(job, continuations, count);
}

/* Let the oldest waiting job run. */
static void admit_job(struct forecast_queue *queue, int64_t now_us)
{
    struct forecast_job *job =
        LIST_ITEM(queue->waiting.ends.next, struct forecast_job, link);
    list_remove(&job->link);
    queue->running = job;
    job->state = JOB_RUNNING;
    job->admitted_us = now_us;
    histogram_add(&queue->counters->queue_wait, now_us - job->received_us);
    enum status status = begin_job(queue, job);
    if (status == STATUS_OK)
        counters_admit(queue->counters, job->history);
    else
        end_job(queue, status, now_us);
}

void forecast_queue_step(struct forecast_queue *queue)
{
    int64_t now_us = clock_us();
    const int64_t end_us = now_us + STEP_US;
    uint64_t events = (uint64_t)queue->options->slice * queue->options->max_rows;
    while (events > 0 && now_us < end_us && !forecast_queue_is_idle(queue)) {
        const uint32_t round = events < ROUND_EVENTS ? (uint32_t)events : ROUND_EVENTS;
        if (!queue->running)
            admit_job(queue, now_us);
        if (!queue->running)
            continue; /* it could not begin */
        bool is_done;
        enum status status =
            triage_forecaster_step(queue->forecaster, round, &is_done, NULL);
        events -= round;
        now_us = clock_us();
        if (is_done)
            end_job(queue, status, now_us);
    }
    release_idle(queue);
}

void forecast_queue_drop(struct forecast_queue *queue, struct forecast_job *job)
{
    if (job->state == JOB_WAITING)
        list_remove(&job->link);
    if (job->state == JOB_RUNNING)
        queue->running = NULL; /* its rows are freed when the next forecast begins */
    job->state = JOB_ENDED;
    release_idle(queue);
}
