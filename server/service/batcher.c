#include "service/batcher.h"

#include <stdlib.h>
#include <string.h>

#include "service/clock.h"
#include "service/counters.h"

enum {
    LONG = 1024,                /* events of a history that counts as long */
    ROUND = 4,                  /* events between two looks at free rows and the clock */
    STEP_US = 2 * MICROS_PER_MS /* a step ends after that, however slow the model is */
};

struct queue {
    struct job *first, *last;
};

struct batcher {
    struct classifier *classifier;
    struct model_counters *counters;
    int64_t now_us; /* at the last look at the clock */
    size_t actions;
    struct queue waiting[2]; /* the short ones, the long ones */
    uint64_t submitted;
    uint32_t long_running, long_most; /* rows */
    float probabilities[];            /* [C] of the row that ended last */
};

struct batcher *batcher_new(const struct model *model, struct model_counters *counters,
                            uint32_t max_rows, uint32_t max_steps, struct error *err)
{
    size_t actions = triage_model_actions(model);
    struct batcher *lane =
        calloc(1, sizeof *lane + actions * sizeof *lane->probabilities);
    if (!lane) {
        error_no_memory(err);
        return NULL;
    }
    lane->counters = counters;
    lane->actions = actions;
    lane->long_most = max_rows - max_rows / 4;
    lane->classifier = triage_classifier_new(model, max_rows, max_steps, err);
    if (lane->classifier)
        return lane;
    free(lane);
    return NULL;
}

void batcher_free(struct batcher *lane)
{
    if (!lane)
        return;
    triage_classifier_free(lane->classifier);
    free(lane);
}

static bool is_long(const struct job *job)
{
    return job->history->length >= LONG;
}

bool batcher_is_idle(const struct batcher *lane)
{
    return !lane->waiting[0].first && !lane->waiting[1].first &&
           triage_classifier_rows(lane->classifier) == 0;
}

static void unlink_job(struct batcher *lane, struct job *job)
{
    struct queue *queue = &lane->waiting[is_long(job)];
    *(job->previous ? &job->previous->next : &queue->first) = job->next;
    *(job->next ? &job->next->previous : &queue->last) = job->previous;
    job->next = job->previous = NULL;
}

void batcher_submit(struct batcher *lane, struct job *job)
{
    struct queue *queue = &lane->waiting[is_long(job)];
    job->state = JOB_WAITING;
    job->number = lane->submitted++;
    job->next = NULL;
    job->previous = queue->last;
    *(queue->last ? &queue->last->next : &queue->first) = job;
    queue->last = job;
}

/* The oldest job that may have a row, or NULL. */
static struct job *next_job(const struct batcher *lane)
{
    struct job *next = lane->waiting[0].first, *other = lane->waiting[1].first;
    if (other && lane->long_running < lane->long_most &&
        (!next || other->number < next->number))
        return other;
    return next;
}

static void end(struct job *job, enum status status)
{
    job->state = JOB_ENDED;
    job->status = status;
    job->on_end(job);
}

/* It has a row from now on. */
static void begin(struct batcher *lane, struct job *job)
{
    job->state = JOB_RUNNING;
    job->admitted_us = lane->now_us;
    if (job->received_us)
        histogram_add(&lane->counters->queue_wait, lane->now_us - job->received_us);
    counters_admit(lane->counters, job->history);
}

static void admit(struct batcher *lane)
{
    struct job *job = NULL;
    while ((job = next_job(lane))) {
        enum status status =
            triage_classifier_admit(lane->classifier, job->history, job, NULL);
        if (status == STATUS_BUSY)
            return;
        unlink_job(lane, job);
        if (status) {
            end(job, status);
        } else {
            begin(lane, job);
            lane->long_running += is_long(job);
        }
    }
}

static void finish(struct batcher *lane)
{
    enum status status = STATUS_OK;
    struct job *job = NULL;
    while ((
        job = triage_classifier_finish(lane->classifier, lane->probabilities, &status))) {
        memcpy(job->probabilities, lane->probabilities,
               lane->actions * sizeof *lane->probabilities);
        lane->long_running -= is_long(job);
        histogram_add(&lane->counters->inference, lane->now_us - job->admitted_us);
        if (!status)
            counters_decide(lane->counters, lane->probabilities);
        end(job, status);
    }
}

void batcher_step(struct batcher *lane, uint32_t events)
{
    lane->now_us = clock_us();
    const int64_t end_us = lane->now_us + STEP_US;
    while (events > 0 && !batcher_is_idle(lane)) {
        uint32_t round = events < ROUND ? events : ROUND;
        events -= round;
        admit(lane);
        if (triage_classifier_rows(lane->classifier) > 0)
            histogram_add(&lane->counters->batch_size,
                          (int64_t)triage_classifier_rows(lane->classifier));
        triage_classifier_step(lane->classifier, round);
        lane->now_us = clock_us();
        finish(lane);
        if (lane->now_us >= end_us)
            return;
    }
}

void batcher_drop(struct batcher *lane, struct job *job)
{
    if (job->state == JOB_WAITING)
        unlink_job(lane, job);
    if (job->state == JOB_RUNNING) {
        triage_classifier_drop(lane->classifier, job);
        lane->long_running -= is_long(job);
    }
    job->state = JOB_ENDED;
}
