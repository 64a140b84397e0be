/* Queues of jobs, and moving jobs into and out of the rows of a classifier. */
#include "service/batcher.h"

#include <stdlib.h>
#include <string.h>

#include "service/clock.h"
#include "service/counters.h"

enum {
    LONG_EVENTS = 1024, /* a history with this many events or more is long */
    ROUND_EVENTS = 4,   /* per round; after each, free rows and the clock are checked */
    STEP_US = 2 * MICROS_PER_MS /* no round begins later, however slow the model is */
};

struct batcher {
    struct classifier *classifier;
    struct model_counters *counters;
    int64_t now_us; /* when the clock was last read */
    size_t actions;
    struct list short_queue, long_queue; /* waiting jobs with short and long histories */
    uint64_t submitted;                  /* the number of the next job */
    uint32_t long_rows, max_long_rows;   /* rows that have a long history */
    float probabilities[];               /* [C] of the row that ended last */
};

struct batcher *batcher_new(const struct model *model, struct model_counters *counters,
                            uint32_t max_rows, uint32_t max_events, struct error *err)
{
    size_t actions = triage_model_actions(model);
    struct batcher *batcher =
        calloc(1, sizeof *batcher + actions * sizeof *batcher->probabilities);
    if (!batcher) {
        error_no_memory(err);
        return NULL;
    }
    batcher->counters = counters;
    batcher->actions = actions;
    batcher->max_long_rows = max_rows - max_rows / 4;
    list_init(&batcher->short_queue);
    list_init(&batcher->long_queue);
    batcher->classifier = triage_classifier_new(model, max_rows, max_events, err);
    if (!batcher->classifier) {
        free(batcher);
        return NULL;
    }
    return batcher;
}

void batcher_free(struct batcher *batcher)
{
    if (!batcher)
        return;
    triage_classifier_free(batcher->classifier);
    free(batcher);
}

static bool is_long(const struct job *job)
{
    return job->history->length >= LONG_EVENTS;
}

bool batcher_is_idle(const struct batcher *batcher)
{
    return list_is_empty(&batcher->short_queue) && list_is_empty(&batcher->long_queue) &&
           triage_classifier_rows(batcher->classifier) == 0;
}

void batcher_submit(struct batcher *batcher, struct job *job)
{
    job->state = JOB_WAITING;
    job->number = batcher->submitted++;
    list_append(is_long(job) ? &batcher->long_queue : &batcher->short_queue, &job->link);
}

static struct job *first_job(const struct list *queue)
{
    return list_is_empty(queue) ? NULL : LIST_ITEM(queue->ends.next, struct job, link);
}

/* The oldest waiting job that may have a row now; NULL: none. */
static struct job *next_job(const struct batcher *batcher)
{
    struct job *next = first_job(&batcher->short_queue);
    struct job *next_long = first_job(&batcher->long_queue);
    if (next_long && batcher->long_rows < batcher->max_long_rows &&
        (!next || next_long->number < next->number))
        return next_long;
    return next;
}

static void end_job(struct job *job, enum status status)
{
    job->state = JOB_ENDED;
    job->status = status;
    job->on_end(job);
}

static enum status admit_job(struct batcher *batcher, struct job *job)
{
    if (!job->included)
        return triage_classifier_admit(batcher->classifier, job->history, job, NULL);
    return triage_classifier_watch(batcher->classifier, job->history, job->included, job,
                                   NULL);
}

/* Give free rows to waiting jobs. */
static void admit_jobs(struct batcher *batcher)
{
    struct job *job = NULL;
    while ((job = next_job(batcher))) {
        enum status status = admit_job(batcher, job);
        if (status == STATUS_BUSY)
            return;
        list_remove(&job->link);
        if (status != STATUS_OK) {
            end_job(job, status);
            continue;
        }
        job->state = JOB_RUNNING;
        job->admitted_us = batcher->now_us;
        batcher->long_rows += is_long(job);
        if (job->received_us != 0)
            histogram_add(&batcher->counters->queue_wait,
                          batcher->now_us - job->received_us);
        counters_admit(batcher->counters, job->history);
    }
}

static void end_finished_jobs(struct batcher *batcher)
{
    enum status status = STATUS_OK;
    struct job *job = NULL;
    while ((job = triage_classifier_finish(batcher->classifier, batcher->probabilities,
                                           &status))) {
        memcpy(job->probabilities, batcher->probabilities,
               batcher->actions * sizeof *batcher->probabilities);
        batcher->long_rows -= is_long(job);
        histogram_add(&batcher->counters->inference, batcher->now_us - job->admitted_us);
        if (status == STATUS_OK)
            counters_decide(batcher->counters, batcher->probabilities);
        end_job(job, status);
    }
}

void batcher_step(struct batcher *batcher, uint32_t events)
{
    batcher->now_us = clock_us();
    const int64_t end_us = batcher->now_us + STEP_US;
    while (events > 0 && !batcher_is_idle(batcher)) {
        uint32_t round = events < ROUND_EVENTS ? events : ROUND_EVENTS;
        events -= round;
        admit_jobs(batcher);
        size_t rows = triage_classifier_rows(batcher->classifier);
        if (rows > 0)
            histogram_add(&batcher->counters->batch_size, (int64_t)rows);
        triage_classifier_step(batcher->classifier, round);
        batcher->now_us = clock_us();
        end_finished_jobs(batcher);
        if (batcher->now_us >= end_us)
            return;
    }
}

void batcher_drop(struct batcher *batcher, struct job *job)
{
    if (job->state == JOB_WAITING)
        list_remove(&job->link);
    if (job->state == JOB_RUNNING) {
        triage_classifier_drop(batcher->classifier, job);
        batcher->long_rows -= is_long(job);
    }
    job->state = JOB_ENDED;
}
