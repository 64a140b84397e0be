/*
 * Continuations: predicted by forecasts of the model and by n-gram counts, and compared with what
 * came.
 *
 * A task of the workers is a block of histories with a forecaster of its own.  Each history adds to its
 * own sums, so the figures are the same for any number of threads.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/workers.h"
#include "eval/bootstrap.h"
#include "eval/edit_distance.h"
#include "eval/ngrams.h"
#include "eval/training_source.h"
#include "evaluation.h"
#include "infer/model.h"

enum {
    BLOCK = 32,           /* histories of a task */
    WORK_MOST = 1 << 28,  /* cells of a comparison: 1 GiB */
    STEP_EVENTS = 1 << 20 /* of a forecast at a time */
};

const char *const triage_suffix_rule_names[SUFFIX_RULES] = {
    [SUFFIX_GREEDY] = "model, greedy",
    [SUFFIX_BEAM] = "model, beam",
    [SUFFIX_BEAM_MEAN] = "model, beam by the mean",
    [SUFFIX_COUNTED_1] = "counts, last event",
    [SUFFIX_COUNTED_2] = "counts, last 2 events",
    [SUFFIX_COUNTED_3] = "counts, last 3 events",
};

/* Over the suffixes of one history. */
struct suffix_sums {
    uint32_t suffixes;
    uint32_t exact[SUFFIX_RULES];
    double similarity[SUFFIX_RULES];
};

struct suffixes {
    const struct model *model;
    const struct evaluation_data *data;
    struct suffix_settings settings;
    struct event_ids ids; /* of the evaluated histories */
    size_t C;
    uint32_t longest;         /* evaluated history */
    size_t work;              /* of edit_distance */
    uint32_t *event_of;       /* [C] the id of the event that an action is */
    struct ngrams *ngrams;    /* of the training histories */
    struct suffix_sums *sums; /* [evaluated_count] */
    atomic_int status;        /* a failure of a task */
};

/* The memory of a task. */
struct block {
    const struct suffixes *all;
    struct forecaster *forecaster;
    struct arena arena;
    uint32_t *truth; /* [longest] the events of a history as symbols: actions, or C */
    uint32_t
        *events; /* [longest + steps] ids of names: those known and those predicted */
    uint32_t *predicted; /* [steps] actions */
    double *p;           /* [NGRAM_COUNT][C] */
    uint32_t *work;
};

/* ---- one suffix -------------------------------------------------------------------------------- */

static void compare(const struct block *block, struct sequence truth,
                    struct sequence predicted, bool has_ended, enum suffix_rule_kind rule,
                    struct suffix_sums *sums)
{
    /* C, for an event that the model does not know, is one more symbol. */
    const double similarity =
        edit_similarity(block->all->C + 1, truth, predicted, block->work);
    sums->similarity[rule] += similarity;
    sums->exact[rule] += has_ended && similarity == 1.0;
}

static enum status forecast(const struct block *block, const struct history *known,
                            struct sequence truth, enum suffix_rule_kind rule,
                            struct suffix_sums *sums, struct error *err)
{
    const struct suffix_settings *settings = &block->all->settings;
    const struct forecast_options options = {
        .steps = settings->steps,
        .beam = rule == SUFFIX_GREEDY ? 1 : settings->beam,
        .is_mean = rule == SUFFIX_BEAM_MEAN};
    bool is_done = false;
    size_t count;

    RETURN_IF_ERROR(triage_forecaster_begin(block->forecaster, known, &options, err));
    while (!is_done)
        RETURN_IF_ERROR(
            triage_forecaster_step(block->forecaster, STEP_EVENTS, &is_done, err));
    const struct continuation *best = triage_forecaster_result(block->forecaster, &count);
    const struct sequence predicted = {.symbols = best->actions, .length = best->length};
    compare(block, truth, predicted, best->has_ended, rule, sums);
    return STATUS_OK;
}

/* block->events has the ids of the known events. */
static void count_on(const struct block *block, uint32_t known, struct sequence truth,
                     enum suffix_rule_kind rule, struct suffix_sums *sums)
{
    const struct suffixes *all = block->all;
    const struct event_ids ids = {.stride = 1, .column = 0};
    const size_t k = 1 + (size_t)(rule - SUFFIX_COUNTED_1);
    struct history history = {.ids = block->events, .length = known};
    struct sequence predicted = {.symbols = block->predicted, .length = 0};
    bool has_ended = false;

    for (uint32_t step = 0; step < all->settings.steps && !has_ended; step++) {
        ngrams_predict(all->ngrams, ids, &history, history.length - 1, block->p);
        uint32_t action = 0;
        const double *p = block->p + k * all->C;
        for (uint32_t c = 1; c < all->C; c++)
            action = p[c] > p[action] ? c : action;
        has_ended = action == all->model->end_action;
        if (has_ended)
            break;
        block->predicted[predicted.length++] = action;
        block->events[history.length++] = all->event_of[action];
    }
    compare(block, truth, predicted, has_ended, rule, sums);
}

static enum status evaluate_history(const struct block *block,
                                    const struct history *history,
                                    struct suffix_sums *sums, struct error *err)
{
    const struct suffixes *all = block->all;
    for (uint32_t t = 0; t < history->length; t++) {
        const uint32_t action = all->model->event_actions[event_id(all->ids, history, t)];
        block->truth[t] = action < all->C ? action : (uint32_t)all->C;
        block->events[t] = event_id(all->ids, history, t);
    }
    for (uint32_t n = all->settings.shortest; n < history->length; n++) {
        const struct sequence truth = {.symbols = block->truth + n,
                                       .length = history->length - n};
        struct history known = *history;
        known.length = n;
        sums->suffixes++;
        for (int rule = SUFFIX_GREEDY; rule <= SUFFIX_BEAM_MEAN; rule++)
            RETURN_IF_ERROR(
                forecast(block, &known, truth, (enum suffix_rule_kind)rule, sums, err));
        for (int rule = SUFFIX_COUNTED_1; rule <= SUFFIX_COUNTED_3; rule++) {
            count_on(block, n, truth, (enum suffix_rule_kind)rule, sums);
            for (uint32_t t = n; t < history->length; t++) /* were overwritten */
                block->events[t] = event_id(all->ids, history, t);
        }
    }
    return STATUS_OK;
}

/* ---- a block of histories ---------------------------------------------------------------------- */

static bool allocate(struct block *block)
{
    const struct suffixes *all = block->all;
    const size_t longest = all->longest, steps = all->settings.steps;
    struct arena *arena = &block->arena;

    block->truth = arena_array(arena, longest, sizeof *block->truth);
    block->events = arena_array(arena, longest + steps, sizeof *block->events);
    block->predicted = arena_array(arena, steps, sizeof *block->predicted);
    block->p = arena_array(arena, NGRAM_COUNT * all->C, sizeof *block->p);
    block->work = arena_array(arena, all->work, sizeof *block->work);
    block->forecaster = triage_forecaster_new(
        all->model, all->longest, all->settings.steps, all->settings.beam, NULL);
    return block->truth && block->events && block->predicted && block->p && block->work &&
           block->forecaster;
}

static void evaluate_block(void *context, size_t index)
{
    struct suffixes *all = context;
    const size_t first = index * BLOCK, count = all->data->evaluated_count;
    struct block block = {.all = all};
    enum status status = STATUS_NO_MEMORY;

    arena_init(&block.arena, SIZE_MAX);
    if (allocate(&block))
        status = STATUS_OK;
    for (size_t i = first; i < count && i < first + BLOCK && status == STATUS_OK; i++)
        status = evaluate_history(&block, &all->data->evaluated[i].history, &all->sums[i],
                                  NULL);
    if (status != STATUS_OK)
        atomic_store(&all->status, (int)status);
    triage_forecaster_free(block.forecaster);
    arena_release(&block.arena);
}

/* ---- means and intervals ----------------------------------------------------------------------- */

struct means {
    double suffixes;
    double similarity[SUFFIX_RULES];
};

static void means_add(struct means *means, const struct suffix_sums *sums)
{
    means->suffixes += sums->suffixes;
    for (unsigned rule = 0; rule < SUFFIX_RULES; rule++)
        means->similarity[rule] += sums->similarity[rule];
}

/* Set the similarity of a rule, and its gain over the best that counts. */
static void estimate(struct suffix_evaluation *evaluation, unsigned rule,
                     const struct means *means, const struct means *drawn,
                     double *resampled)
{
    const uint32_t resamples = evaluation->settings.resamples;
    const unsigned best = evaluation->best_counted;
    struct suffix_rule *result = &evaluation->rules[rule];

    for (uint32_t r = 0; r < resamples; r++)
        resampled[r] = drawn[r].similarity[rule] / drawn[r].suffixes;
    result->similarity = bootstrap_estimate(means->similarity[rule] / means->suffixes,
                                            resampled, resamples);
    for (uint32_t r = 0; r < resamples; r++)
        resampled[r] =
            (drawn[r].similarity[rule] - drawn[r].similarity[best]) / drawn[r].suffixes;
    result->gain = bootstrap_estimate(
        (means->similarity[rule] - means->similarity[best]) / means->suffixes, resampled,
        resamples);
}

/* Only histories that have a suffix are drawn. */
static enum status add_estimates(const struct suffixes *all,
                                 struct suffix_evaluation *evaluation, struct error *err)
{
    const uint32_t resamples = evaluation->settings.resamples;
    const size_t count = all->data->evaluated_count;
    struct means means = {.suffixes = 0.0};
    struct means *drawn = calloc((size_t)resamples + 1, sizeof *drawn);
    double *resampled = calloc((size_t)resamples + 1, sizeof *resampled);
    const struct suffix_sums **used = calloc(count + 1, sizeof *used);
    enum status status = STATUS_OK;

    if (!drawn || !resampled || !used) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        const struct suffix_sums *sums = &all->sums[i];
        if (sums->suffixes == 0)
            continue;
        used[evaluation->histories++] = sums;
        evaluation->suffixes += sums->suffixes;
        means_add(&means, sums);
        for (unsigned rule = 0; rule < SUFFIX_RULES; rule++)
            evaluation->rules[rule].exact += sums->exact[rule];
    }
    for (uint32_t r = 0; r < resamples; r++) {
        struct random random;
        random_init(&random, evaluation->settings.seed, r);
        for (uint64_t i = 0; i < evaluation->histories; i++)
            means_add(&drawn[r], used[random_below(&random, evaluation->histories)]);
    }
    evaluation->best_counted = SUFFIX_COUNTED_1;
    for (int rule = SUFFIX_COUNTED_1; rule < SUFFIX_RULES; rule++)
        if (means.similarity[rule] > means.similarity[evaluation->best_counted])
            evaluation->best_counted = (enum suffix_rule_kind)rule;
    for (unsigned rule = 0; rule < SUFFIX_RULES; rule++) {
        evaluation->rules[rule].exact /= means.suffixes;
        estimate(evaluation, rule, &means, drawn, resampled);
    }
out:
    free(drawn);
    free(resampled);
    free(used);
    return status;
}

/* ---- all of it --------------------------------------------------------------------------------- */

/* Count what came after each event of the training histories; *longest: of the longest one. */
static enum status count_training(struct suffixes *all,
                                  struct suffix_evaluation *evaluation, uint32_t *longest,
                                  struct error *err)
{
    struct training_source source;
    enum status status = training_source_init(&source, all->model, all->data, err);
    *longest = 0;
    for (size_t i = 0; i < source.count && status == STATUS_OK; i++) {
        const struct example *example = &source.examples[i];
        const uint32_t length = example->history.length;
        *longest = length > *longest ? length : *longest;
        for (uint32_t t = 0; t < length && status == STATUS_OK; t++) {
            const uint32_t action = example_action(example, t);
            if (action < all->C)
                status = ngrams_add(all->ngrams, source.ids, &example->history, t, action,
                                    err);
        }
    }
    evaluation->training = source.count;
    training_source_release(&source);
    if (status == STATUS_OK && *longest == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "there are no training histories to count: the model file holds "
                         "none, and no others are given");
    return status;
}

static enum status prepare(struct suffixes *all, struct suffix_evaluation *evaluation,
                           struct error *err)
{
    const size_t count = all->data->evaluated_count;
    const uint32_t rows = schema_rows(all->model->trained->schema, all->ids.column);
    uint32_t longest;

    all->event_of = calloc(all->C, sizeof *all->event_of); /* SCHEMA_UNKNOWN */
    all->sums = calloc(count + 1, sizeof *all->sums);
    all->ngrams = ngrams_new(all->C, err);
    if (!all->event_of || !all->sums || !all->ngrams)
        return error_no_memory(err);
    for (uint32_t id = SCHEMA_FIRST; id < rows; id++)
        if (all->model->event_actions[id] < all->C)
            all->event_of[all->model->event_actions[id]] = id;
    RETURN_IF_ERROR(count_training(all, evaluation, &longest, err));
    if (all->settings.steps == 0)
        all->settings.steps = longest;
    for (size_t i = 0; i < count; i++) {
        const uint32_t length = all->data->evaluated[i].history.length;
        all->longest = length > all->longest ? length : all->longest;
    }
    if (all->longest <= all->settings.shortest)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no history has an event after its first %u",
                         (unsigned)all->settings.shortest);
    if (!edit_distance_work(all->C + 1, all->longest, all->settings.steps, &all->work) ||
        all->work > WORK_MOST)
        return error_set(err, STATUS_TOO_LARGE, "",
                         "comparing up to %u events with %u predictions would take more "
                         "than 1 GiB",
                         (unsigned)all->longest, (unsigned)all->settings.steps);
    return STATUS_OK;
}

static enum status run(struct suffixes *all, struct suffix_evaluation *evaluation,
                       struct error *err)
{
    RETURN_IF_ERROR(prepare(all, evaluation, err));
    struct workers *workers = workers_new(workers_threads(all->settings.threads), err);
    if (!workers)
        return STATUS_NO_MEMORY;
    workers_run(workers, evaluate_block, all,
                (all->data->evaluated_count + BLOCK - 1) / BLOCK);
    workers_free(workers);
    const enum status status = (enum status)atomic_load(&all->status);
    if (status != STATUS_OK)
        return error_set(err, status, "", "%s", triage_status_text(status));
    evaluation->settings = all->settings;
    return add_estimates(all, evaluation, err);
}

enum status triage_evaluate_suffixes(struct suffix_evaluation *evaluation,
                                     const struct model *model,
                                     const struct evaluation_data *data,
                                     const struct suffix_settings *settings,
                                     struct error *err)
{
    struct suffixes all = {.model = model,
                           .data = data,
                           .settings = *settings,
                           .C = triage_model_actions(model)};

    *evaluation = (struct suffix_evaluation){.settings = *settings};
    struct error inner = {0};
    err = err ? err : &inner;
    struct forecaster *probe = triage_forecaster_new(model, 1, 1, 1, err);
    if (!probe) /* it says why */
        return err->status;
    triage_forecaster_free(probe);
    all.ids = event_ids_of(triage_model_schema(model));
    atomic_init(&all.status, STATUS_OK);
    enum status status = run(&all, evaluation, err);
    free(all.event_of);
    free(all.sums);
    ngrams_free(all.ngrams);
    return status;
}
