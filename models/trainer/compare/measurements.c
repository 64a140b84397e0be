/* Counting right answers by length, and timing the classifier of the service. */
#include "compare/measurements.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/elementary.h"

enum { ROWS = 64 }; /* histories that are run at once */

uint32_t length_bucket(uint32_t events)
{
    uint32_t bucket = 0;
    while (bucket + 1 < LENGTH_BUCKETS && (UINT32_C(1) << bucket) < events)
        bucket++;
    return bucket;
}

uint32_t length_bucket_first(uint32_t bucket)
{
    return bucket == 0 ? 1 : (UINT32_C(1) << (bucket - 1)) + 1;
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Add an answer after so many events. */
static void count_answer(struct answer_counts *counts, uint32_t events, uint32_t label,
                         const float *probabilities, size_t C)
{
    if (label == ACTION_NONE)
        return;
    bool is_correct = argmax(probabilities, C) == label;
    struct length_counts *bucket = &counts->by_events[length_bucket(events)];
    bucket->positions++;
    bucket->correct += is_correct;
    counts->positions++;
    counts->correct += is_correct;
    if (label >= C)
        return;
    counts->labelled++;
    counts->loss -= log(fmax((double)probabilities[label], DBL_MIN));
}

static uint32_t longest_history(const struct example *examples, size_t count)
{
    uint32_t longest = 1;
    for (size_t i = 0; i < count; i++)
        if (examples[i].history.length > longest)
            longest = examples[i].history.length;
    return longest;
}

/* The answers after every event of each history. */
static enum status count_every(struct answer_counts *counts,
                               struct classifier *classifier, size_t C,
                               const struct example *examples, size_t count,
                               float *probabilities, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct history *history = &examples[i].history;
        RETURN_IF_ERROR(triage_classifier_trace(classifier, history, probabilities, err));
        for (uint32_t t = 0; t < history->length; t++)
            count_answer(counts, t + 1, example_action(&examples[i], t),
                         probabilities + t * C, C);
    }
    return STATUS_OK;
}

/* The answers at the end of each history. */
static enum status count_ends(struct answer_counts *counts, struct classifier *classifier,
                              size_t C, const struct example *examples, size_t count,
                              float *probabilities, struct error *err)
{
    struct history histories[ROWS];
    for (size_t first = 0; first < count; first += ROWS) {
        size_t some = count - first < ROWS ? count - first : ROWS;
        for (size_t i = 0; i < some; i++)
            histories[i] = examples[first + i].history;
        RETURN_IF_ERROR(
            triage_classifier_run(classifier, histories, some, probabilities, err));
        for (size_t i = 0; i < some; i++)
            count_answer(counts, histories[i].length, examples[first + i].action,
                         probabilities + i * C, C);
    }
    return STATUS_OK;
}

enum status answers_count(struct answer_counts *counts, const struct model *model,
                          const struct example *examples, size_t count, struct error *err)
{
    bool is_last = triage_model_task(model) == TASK_LAST;
    size_t C = triage_model_actions(model);
    uint32_t longest = longest_history(examples, count);
    *counts = (struct answer_counts){.positions = 0};
    struct classifier *classifier =
        triage_classifier_new(model, is_last ? ROWS : 1, longest, err);
    float *probabilities = calloc(is_last ? ROWS : longest, C * sizeof *probabilities);
    enum status status = classifier && probabilities ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK && is_last)
        status = count_ends(counts, classifier, C, examples, count, probabilities, err);
    else if (status == STATUS_OK)
        status = count_every(counts, classifier, C, examples, count, probabilities, err);
    counts->loss /= (double)counts->labelled;
    free(probabilities);
    triage_classifier_free(classifier);
    return status;
}

/* ---- times ------------------------------------------------------------------------------- */

const uint32_t timed_lengths[TIMED_LENGTHS] = {20, 200, 2000};

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

/*
 * The least processor time, over samples that take at least ENOUGH_US together, or of MOST_SAMPLES.  One
 * sample is as many runs as have about SAMPLE_EVENTS events: reading the clock takes a microsecond.
 */
static enum status time_history(double *least_us, struct classifier *classifier,
                                const struct history *history, float *probabilities,
                                struct error *err)
{
    enum {
        LEAST_SAMPLES = 3,
        MOST_SAMPLES = 100,
        ENOUGH_US = 100000,
        SAMPLE_EVENTS = 4000
    };
    const uint32_t runs = 1 + SAMPLE_EVENTS / history->length;
    double all_us = 0.0;
    *least_us = (double)INFINITY;
    for (int i = 0; i < LEAST_SAMPLES || (i < MOST_SAMPLES && all_us < ENOUGH_US); i++) {
        double start_us = now_us();
        for (uint32_t run = 0; run < runs; run++)
            RETURN_IF_ERROR(
                triage_classifier_run(classifier, history, 1, probabilities, err));
        double sample_us = now_us() - start_us;
        *least_us = fmin(*least_us, sample_us / runs);
        all_us += sample_us;
    }
    return STATUS_OK;
}

static enum status time_length(double *least_us, const struct model *model,
                               uint32_t length, float *probabilities, struct error *err)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const struct history *history = triage_histories_draw(triage_model_schema(model), 1,
                                                          length, length, 1, &arena, err);
    struct classifier *classifier =
        history ? triage_classifier_new(model, 1, length, err) : NULL;
    enum status status = STATUS_NO_MEMORY;
    if (classifier)
        status = time_history(least_us, classifier, history, probabilities, err);
    triage_classifier_free(classifier);
    arena_release(&arena);
    return status;
}

enum status times_measure(double us[TIMED_LENGTHS], const struct model *model,
                          struct error *err)
{
    float *probabilities = calloc(triage_model_actions(model), sizeof *probabilities);
    enum status status = probabilities ? STATUS_OK : error_no_memory(err);
    for (int i = 0; i < TIMED_LENGTHS && status == STATUS_OK; i++)
        status = time_length(&us[i], model, timed_lengths[i], probabilities, err);
    free(probabilities);
    return status;
}
