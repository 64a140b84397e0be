#include "lane.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    ROUND = 4,                  /* events between two looks at free rows and the clock */
    STEP_US = 2 * MICROS_PER_MS /* a step ends after that, however slow the model is */
};

struct lane {
    struct classifier *classifier;
    size_t actions;
    struct job *first, *last; /* waiting */
    float probabilities[];    /* [C] of the row that ended last */
};

struct lane *lane_new(const struct model *model, uint32_t max_rows, uint32_t max_steps,
                      struct error *err)
{
    size_t actions = model_actions(model);
    struct lane *lane = calloc(1, sizeof *lane + actions * sizeof *lane->probabilities);
    if (!lane) {
        error_no_memory(err);
        return NULL;
    }
    lane->actions = actions;
    lane->classifier = classifier_new(model, max_rows, max_steps, err);
    if (lane->classifier)
        return lane;
    free(lane);
    return NULL;
}

void lane_free(struct lane *lane)
{
    if (!lane)
        return;
    classifier_free(lane->classifier);
    free(lane);
}

bool lane_is_idle(const struct lane *lane)
{
    return !lane->first && classifier_rows(lane->classifier) == 0;
}

static void unlink_job(struct lane *lane, struct job *job)
{
    *(job->previous ? &job->previous->next : &lane->first) = job->next;
    *(job->next ? &job->next->previous : &lane->last) = job->previous;
    job->next = job->previous = NULL;
}

void lane_submit(struct lane *lane, struct job *job)
{
    job->state = JOB_WAITING;
    job->next = NULL;
    job->previous = lane->last;
    *(lane->last ? &lane->last->next : &lane->first) = job;
    lane->last = job;
}

static void end(struct job *job, enum status status)
{
    job->state = JOB_ENDED;
    job->status = status;
    job->on_end(job);
}

static void admit(struct lane *lane)
{
    while (lane->first) {
        struct job *job = lane->first;
        enum status status = classifier_admit(lane->classifier, job->history, job, NULL);
        if (status == STATUS_BUSY)
            return;
        unlink_job(lane, job);
        if (status)
            end(job, status);
        else
            job->state = JOB_RUNNING;
    }
}

static void finish(struct lane *lane)
{
    enum status status = STATUS_OK;
    struct job *job = NULL;
    while ((job = classifier_finish(lane->classifier, lane->probabilities, &status))) {
        memcpy(job->probabilities, lane->probabilities,
               lane->actions * sizeof *lane->probabilities);
        end(job, status);
    }
}

void lane_step(struct lane *lane, uint32_t events)
{
    int64_t end_us = clock_us() + STEP_US;
    while (events > 0 && !lane_is_idle(lane)) {
        uint32_t round = events < ROUND ? events : ROUND;
        events -= round;
        admit(lane);
        classifier_step(lane->classifier, round);
        finish(lane);
        if (clock_us() >= end_us)
            return;
    }
}

void lane_drop(struct lane *lane, struct job *job)
{
    if (job->state == JOB_WAITING)
        unlink_job(lane, job);
    if (job->state == JOB_RUNNING)
        classifier_drop(lane->classifier, job);
    job->state = JOB_ENDED;
}
