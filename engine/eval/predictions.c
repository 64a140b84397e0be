/*
 * Positions, and the model's predictions there.
 *
 * With TASK_LAST, and for shuffled histories, the classifier runs over blocks of histories, each
 * cut after its position.  With the other tasks histories are traced (triage_classifier_trace):
 * one run of a history gives the predictions at all of its positions.  Thread i of n takes every
 * n-th block or history, beginning with the i-th.
 */
#include "eval/predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/size.h"

enum {
    CLASSIFIER_ROWS = 64,
    BLOCK = 256 /* histories for one call of triage_classifier_run */
};
static const uint64_t draw_stream = UINT64_C(0x91ac000000000000);
static const uint64_t shuffle_stream = UINT64_C(0x5801000000000000);

/* Write the positions of an example to list, unless it is NULL.  Returns their number. */
static size_t find_positions(const struct example *example, uint32_t history,
                             const struct position_filter *filter, struct position *list)
{
    size_t count = 0;

    for (uint32_t t = 0; t < example->history.length; t++) {
        uint32_t label = example_action(example, t);
        if (label == ACTION_NONE || label == filter->excluded || t + 1 < filter->shortest)
            continue;
        if (list)
            list[count] =
                (struct position){.history = history, .event = t, .label = label};
        count++;
    }
    return count;
}

enum status positions_init(struct positions *positions, const struct example *examples,
                           size_t count, const struct position_filter *filter,
                           struct error *err)
{
    *positions = (struct positions){.histories = count};
    if (count > UINT32_MAX - 1)
        return error_set(err, STATUS_TOO_LARGE, "", "there are more than %u histories",
                         UINT32_MAX - 1);
    for (size_t h = 0; h < count; h++)
        positions->count += find_positions(&examples[h], (uint32_t)h, filter, NULL);
    if (positions->count == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no position to evaluate in %zu histories", count);
    positions->list = calloc(positions->count, sizeof *positions->list);
    positions->starts = calloc(count + 1, sizeof *positions->starts);
    if (!positions->list || !positions->starts)
        return error_no_memory(err);
    for (size_t h = 0; h < count; h++) {
        size_t start = positions->starts[h];
        positions->starts[h + 1] =
            start +
            find_positions(&examples[h], (uint32_t)h, filter, positions->list + start);
    }
    return STATUS_OK;
}

void positions_release(struct positions *positions)
{
    if (!positions)
        return;
    free(positions->list);
    free(positions->starts);
    *positions = (struct positions){0};
}

size_t positions_draw(const struct positions *positions, uint64_t seed, size_t *picks)
{
    size_t count = 0;

    for (size_t h = 0; h < positions->histories; h++) {
        size_t start = positions->starts[h];
        size_t choices = positions->starts[h + 1] - start;
        if (choices == 0)
            continue;
        struct random random;
        random_init(&random, seed, draw_stream + h);
        picks[count++] = start + (size_t)random_below(&random, choices);
    }
    return count;
}

struct prediction prediction_of(const float *probabilities, size_t C, uint32_t label)
{
    size_t action = argmax(probabilities, C);
    double squares = 0.0;

    for (size_t c = 0; c < C; c++)
        squares += (double)probabilities[c] * (double)probabilities[c];
    return (struct prediction){.action = (uint32_t)action,
                               .confidence = probabilities[action],
                               .label_probability =
                                   label < C ? probabilities[label] : 0.0f,
                               .without_end = (uint32_t)action,
                               .squares = squares};
}

void leave_out(double *p, size_t C, uint32_t action)
{
    double sum = 0.0;

    p[action] = 0.0;
    for (size_t c = 0; c < C; c++)
        sum += p[c];
    for (size_t c = 0; c < C; c++)
        if (sum > 0.0)
            p[c] /= sum;
        else /* all of the probability was that of the action */
            p[c] = c == action ? 0.0 : 1.0 / (double)(C - 1);
}

/* leave_out for the probabilities of the model, by way of scratch [C]. */
static void leave_out_end(float *probabilities, size_t C, uint32_t action,
                          double *scratch)
{
    for (size_t c = 0; c < C; c++)
        scratch[c] = (double)probabilities[c];
    leave_out(scratch, C, action);
    for (size_t c = 0; c < C; c++)
        probabilities[c] = (float)scratch[c];
}

/* The most probable action except one. */
static uint32_t argmax_except(const float *probabilities, size_t C, uint32_t action)
{
    uint32_t most = action == 0 ? 1 : 0;

    for (uint32_t c = most + 1; c < C; c++)
        if (c != action && probabilities[c] > probabilities[most])
            most = c;
    return most;
}

enum status history_shuffle(struct history *shuffled, const struct history *history,
                            const struct schema *schema, struct random *random,
                            struct arena *arena, struct error *err)
{
    size_t length = history->length, K = schema->categories, F = schema_inputs(schema);
    size_t numbers = F - schema->time_count; /* they come before the time features */
    uint32_t *ids = arena_array(arena, length * K + 1, sizeof *ids);
    float *values = arena_array(arena, length * F + 1, sizeof *values);
    size_t *order = arena_array(arena, length, sizeof *order);

    if (!ids || !values || !order)
        return error_no_memory(err);
    for (size_t t = 0; t < length; t++)
        order[t] = t;
    random_shuffle(random, order, length);
    for (size_t t = 0; t < length; t++) {
        memcpy(ids + t * K, history->ids + order[t] * K, K * sizeof *ids);
        if (F == 0)
            continue;
        memcpy(values + t * F, history->values + order[t] * F, numbers * sizeof *values);
        memcpy(values + t * F + numbers, history->values + t * F + numbers,
               (F - numbers) * sizeof *values);
    }
    *shuffled = *history;
    shuffled->ids = ids;
    shuffled->values = F == 0 ? NULL : values;
    return STATUS_OK;
}

/* The memory of one thread. */
struct thread {
    struct classifier *classifier;
    struct history *histories; /* [BLOCK] */
    float *probabilities;      /* [BLOCK][C], or [longest][C] for a trace */
    double *scratch;           /* [C] */
    struct arena arena;        /* for the shuffled histories of a block */
    enum status status;
    struct error err;
};

/* A call of predictions_make or predictions_make_shuffled. */
struct run {
    const struct predictor *predictor;
    const size_t *picks; /* [count] indices of positions; NULL: all positions */
    size_t count;        /* positions, or histories to trace */
    uint64_t seed;
    bool is_shuffled;
    uint32_t longest; /* events of the longest history */
    struct prediction *predictions;
    uint32_t thread_count;
    struct thread *threads; /* [thread_count] */
};

/* The i-th position of the run. */
static const struct position *position_at(const struct run *run, size_t i)
{
    return &run->predictor->positions->list[run->picks ? run->picks[i] : i];
}

/* The history of a position, cut after the position, and shuffled if the run is. */
static enum status cut_history(const struct run *run, struct thread *thread,
                               const struct position *position, struct history *cut)
{
    struct history ordered = run->predictor->examples[position->history].history;
    struct random random;

    ordered.length = position->event + 1;
    *cut = ordered;
    if (!run->is_shuffled)
        return STATUS_OK;
    random_init(&random, run->seed, shuffle_stream + position->history);
    return history_shuffle(cut, &ordered, triage_model_schema(run->predictor->model),
                           &random, &thread->arena, &thread->err);
}

/*
 * Set prediction i of the run from the probabilities [C] at its position, which may be changed, under
 * the rule for the end.
 */
static void predict_one(const struct run *run, const struct thread *thread, size_t i,
                        float *probabilities)
{
    const struct predictor *predictor = run->predictor;
    const struct end_rule *end = &predictor->end;
    size_t C = triage_model_actions(predictor->model);

    if (end->is_left_out)
        leave_out_end(probabilities, C, end->action, thread->scratch);
    struct prediction prediction =
        prediction_of(probabilities, C, position_at(run, i)->label);
    if (end->exists)
        prediction.without_end = argmax_except(probabilities, C, end->action);
    run->predictions[i] = prediction;
    if (predictor->probabilities && !run->is_shuffled)
        memcpy(predictor->probabilities + i * C, probabilities,
               C * sizeof *probabilities);
}

/* Predict at the positions first to first + BLOCK - 1 of the run. */
static enum status run_block(const struct run *run, struct thread *thread, size_t first)
{
    size_t C = triage_model_actions(run->predictor->model);
    size_t count = run->count - first < BLOCK ? run->count - first : BLOCK;

    arena_reset(&thread->arena);
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(
            cut_history(run, thread, position_at(run, first + i), &thread->histories[i]));
    RETURN_IF_ERROR(triage_classifier_run(thread->classifier, thread->histories, count,
                                          thread->probabilities, &thread->err));
    for (size_t i = 0; i < count; i++)
        predict_one(run, thread, first + i, thread->probabilities + i * C);
    return STATUS_OK;
}

static void run_blocks(void *context, size_t number)
{
    const struct run *run = context;
    struct thread *thread = &run->threads[number];

    for (size_t i = number * BLOCK; i < run->count && thread->status == STATUS_OK;
         i += (size_t)BLOCK * run->thread_count)
        thread->status = run_block(run, thread, i);
}

/* Predict at all positions of history h. */
static enum status trace_history(const struct run *run, struct thread *thread, size_t h)
{
    const struct positions *positions = run->predictor->positions;
    size_t C = triage_model_actions(run->predictor->model);

    if (positions->starts[h] == positions->starts[h + 1])
        return STATUS_OK;
    RETURN_IF_ERROR(triage_classifier_trace(thread->classifier,
                                            &run->predictor->examples[h].history,
                                            thread->probabilities, &thread->err));
    for (size_t i = positions->starts[h]; i < positions->starts[h + 1]; i++) {
        size_t event = positions->list[i].event;
        predict_one(run, thread, i, thread->probabilities + event * C);
    }
    return STATUS_OK;
}

static void trace_histories(void *context, size_t number)
{
    const struct run *run = context;
    struct thread *thread = &run->threads[number];

    for (size_t h = number; h < run->count && thread->status == STATUS_OK;
         h += run->thread_count)
        thread->status = trace_history(run, thread, h);
}

/* Allocate the memory of a thread, with rows rows of probabilities. */
static enum status thread_init(struct thread *thread, const struct run *run, size_t rows,
                               struct error *err)
{
    const struct model *model = run->predictor->model;
    size_t floats;

    arena_init(&thread->arena, SIZE_MAX);
    thread->classifier =
        triage_classifier_new(model, CLASSIFIER_ROWS, run->longest, NULL);
    thread->histories = calloc(BLOCK, sizeof *thread->histories);
    if (size_multiply(rows, triage_model_actions(model), &floats))
        thread->probabilities = calloc(floats, sizeof *thread->probabilities);
    thread->scratch = calloc(triage_model_actions(model), sizeof *thread->scratch);
    if (!thread->classifier || !thread->histories || !thread->probabilities ||
        !thread->scratch)
        return error_no_memory(err);
    return STATUS_OK;
}

static void thread_release(struct thread *thread)
{
    triage_classifier_free(thread->classifier);
    free(thread->histories);
    free(thread->probabilities);
    free(thread->scratch);
    arena_release(&thread->arena);
}

/* Call work(run, i) for every thread i. */
static enum status run_threads(struct run *run, size_t rows,
                               void (*work)(void *run, size_t thread), struct error *err)
{
    struct workers *workers = run->predictor->workers;
    enum status status = STATUS_OK;

    run->thread_count = workers_count(workers);
    run->threads = calloc(run->thread_count, sizeof *run->threads);
    if (!run->threads)
        return error_no_memory(err);
    for (uint32_t i = 0; i < run->thread_count; i++) {
        status = thread_init(&run->threads[i], run, rows, err);
        if (status != STATUS_OK)
            goto out;
    }
    workers_run(workers, work, run, run->thread_count);
    for (uint32_t i = 0; i < run->thread_count; i++) {
        const struct thread *thread = &run->threads[i];
        if (thread->status == STATUS_OK)
            continue;
        status =
            error_set(err, thread->status, thread->err.where, "%s", thread->err.text);
        goto out;
    }
out:
    for (uint32_t i = 0; i < run->thread_count; i++)
        thread_release(&run->threads[i]);
    free(run->threads);
    return status;
}

static uint32_t find_longest(const struct predictor *predictor)
{
    uint32_t longest = 1;

    for (size_t h = 0; h < predictor->positions->histories; h++)
        if (predictor->examples[h].history.length > longest)
            longest = predictor->examples[h].history.length;
    return longest;
}

enum status predictions_make(const struct predictor *predictor,
                             struct prediction *predictions, struct error *err)
{
    struct run run = {.predictor = predictor,
                      .longest = find_longest(predictor),
                      .predictions = predictions};

    if (triage_model_task(predictor->model) == TASK_LAST) {
        run.count = predictor->positions->count;
        return run_threads(&run, BLOCK, run_blocks, err);
    }
    run.count = predictor->positions->histories;
    return run_threads(&run, run.longest, trace_histories, err);
}

enum status predictions_make_shuffled(const struct predictor *predictor,
                                      const size_t *picks, size_t count, uint64_t seed,
                                      struct prediction *predictions, struct error *err)
{
    struct run run = {.predictor = predictor,
                      .picks = picks,
                      .count = count,
                      .seed = seed,
                      .is_shuffled = true,
                      .longest = find_longest(predictor),
                      .predictions = predictions};

    return run_threads(&run, BLOCK, run_blocks, err);
}
