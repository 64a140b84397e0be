/* Train the baselines and let them predict: once on training examples, or once for each fold. */
#include "eval/baselines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"
#include "base/utf8.h"
#include "eval/logistic.h"

enum { FOLDS = 5 };
static const uint64_t fold_stream = UINT64_C(0xf01d000000000000);

static const char *const names[EVALUATION_BASELINES] = {
    "majority",      "last event",    "last 2 events",      "last 3 events",
    "last 4 events", "last 5 events", "logistic regression"};

/* A run predicts for all evaluated histories, or for those of one fold. */
struct run {
    const struct baselines *baselines;
    struct history_sums *sums;
    struct baseline_metrics *metrics;
    const struct example **training; /* [training_count] */
    size_t training_count;
    struct event_ids training_ids;
    const unsigned char *folds; /* [evaluated_count] fold of each history; or NULL */
    unsigned fold;              /* the fold to predict for */
    double *p;                  /* [NGRAM_COUNT][C] scratch */
};

static bool is_predicted(const struct run *run, size_t history)
{
    return !run->folds || run->folds[history] == run->fold;
}

static enum status train_ngrams(const struct run *run, struct ngrams *ngrams,
                                struct error *err)
{
    for (size_t i = 0; i < run->training_count; i++) {
        const struct example *example = run->training[i];
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (action < run->baselines->C)
                RETURN_IF_ERROR(ngrams_add(ngrams, run->training_ids, &example->history,
                                           t, action, err));
        }
    }
    return STATUS_OK;
}

/* Add the prediction that probabilities [C], which may be changed, give at position i. */
static void add_prediction(const struct run *run, size_t i, size_t baseline, double *p)
{
    const struct baselines *baselines = run->baselines;
    size_t C = baselines->C, count = baselines->positions->count;

    if (baselines->end.is_left_out)
        leave_out(p, C, baselines->end.action);
    if (run->sums)
        history_sums_add_probabilities(run->sums, &baselines->positions->list[i],
                                       baseline_correct(baseline), p, C);
    if (baselines->probabilities)
        memcpy(baselines->probabilities + (baseline * count + i) * C, p, C * sizeof *p);
}

static void predict_ngrams(const struct run *run, const struct ngrams *ngrams)
{
    const struct baselines *baselines = run->baselines;

    for (size_t i = 0; i < baselines->positions->count; i++) {
        const struct position *position = &baselines->positions->list[i];
        if (!is_predicted(run, position->history))
            continue;
        ngrams_predict(ngrams, baselines->ids,
                       &baselines->evaluated[position->history].history, position->event,
                       run->p);
        for (size_t k = 0; k < NGRAM_COUNT; k++)
            add_prediction(run, i, k, run->p + k * baselines->C);
    }
}

static enum status run_ngrams(const struct run *run, struct error *err)
{
    struct ngrams *ngrams = ngrams_new(run->baselines->C, err);

    if (!ngrams)
        return STATUS_NO_MEMORY;
    enum status status = train_ngrams(run, ngrams, err);
    if (status != STATUS_OK)
        goto out;
    predict_ngrams(run, ngrams);
out:
    ngrams_free(ngrams);
    return status;
}

/* Predict at the positions of history h, in one pass over its events. */
static void predict_history(const struct run *run, const struct logistic *logistic,
                            size_t h, struct logistic_state *state)
{
    const struct baselines *baselines = run->baselines;
    const struct positions *positions = baselines->positions;
    const struct history *history = &baselines->evaluated[h].history;
    size_t i = positions->starts[h], end = positions->starts[h + 1];

    logistic_begin(logistic, state);
    for (uint32_t t = 0; t < history->length && i < end; t++) {
        logistic_step(logistic, state, event_id(baselines->ids, history, t));
        if (positions->list[i].event != t)
            continue;
        logistic_predict(logistic, state, run->p);
        add_prediction(run, i++, BASELINE_LOGISTIC, run->p);
    }
}

static enum status predict_logistic(const struct run *run,
                                    const struct logistic *logistic, struct error *err)
{
    struct logistic_state state = {.logits =
                                       calloc(run->baselines->C, sizeof *state.logits)};

    if (!state.logits)
        return error_no_memory(err);
    for (size_t h = 0; h < run->baselines->positions->histories; h++)
        if (is_predicted(run, h))
            predict_history(run, logistic, h, &state);
    free(state.logits);
    return STATUS_OK;
}

static enum status run_logistic(const struct run *run, struct error *err)
{
    struct baseline_metrics *metrics = &run->metrics[BASELINE_LOGISTIC];
    const struct logistic_data data = {.examples = run->training,
                                       .count = run->training_count,
                                       .ids = run->training_ids,
                                       .C = run->baselines->C,
                                       .max_logits = run->baselines->max_logits /
                                                     (run->folds ? FOLDS : 1),
                                       .workers = run->baselines->workers};
    struct error training_err = {.status = STATUS_OK};

    if (!metrics->is_available) /* too large in an earlier fold */
        return STATUS_OK;
    struct logistic *logistic = logistic_train(&data, &training_err);
    if (!logistic && training_err.status == STATUS_TOO_LARGE) {
        metrics->is_available = false;
        utf8_copy(metrics->note, sizeof metrics->note, training_err.text);
        return STATUS_OK;
    }
    if (!logistic)
        return error_no_memory(err);
    if (!logistic->has_converged)
        (void)snprintf(metrics->note, sizeof metrics->note,
                       "stopped before the optimum after %u iterations",
                       (unsigned)logistic->iterations);
    enum status status = predict_logistic(run, logistic, err);
    logistic_free(logistic);
    return status;
}

static enum status run_all(const struct run *run, struct error *err)
{
    RETURN_IF_ERROR(run_ngrams(run, err));
    return run_logistic(run, err);
}

/* Assign the histories to folds [evaluated_count] at random; their sizes differ by at most 1. */
static enum status split_folds(const struct baselines *baselines, unsigned char *folds,
                               struct error *err)
{
    size_t count = baselines->evaluated_count;
    size_t *order = calloc(count + 1, sizeof *order);
    struct random random;

    if (!order)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    random_init(&random, baselines->seed, fold_stream);
    random_shuffle(&random, order, count);
    for (size_t i = 0; i < count; i++)
        folds[order[i]] = (unsigned char)(i % FOLDS);
    free(order);
    return STATUS_OK;
}

/* Predict for each fold, after training on the others. */
static enum status cross_fit(struct run *run, struct error *err)
{
    const struct baselines *baselines = run->baselines;
    unsigned char *folds = calloc(baselines->evaluated_count + 1, 1);

    if (!folds)
        return error_no_memory(err);
    enum status status = split_folds(baselines, folds, err);
    if (status != STATUS_OK)
        goto out;
    run->folds = folds;
    run->training_ids = baselines->ids;
    for (run->fold = 0; run->fold < FOLDS; run->fold++) {
        run->training_count = 0;
        for (size_t h = 0; h < baselines->evaluated_count; h++)
            if (folds[h] != run->fold)
                run->training[run->training_count++] = &baselines->evaluated[h];
        status = run_all(run, err);
        if (status != STATUS_OK)
            goto out;
    }
out:
    free(folds);
    return status;
}

enum status baselines_run(const struct baselines *baselines, struct history_sums *sums,
                          struct baseline_metrics *metrics, struct error *err)
{
    bool is_cross_fitted = baselines->training_count == 0;
    size_t capacity =
        is_cross_fitted ? baselines->evaluated_count : baselines->training_count;
    struct run run = {.baselines = baselines,
                      .sums = sums,
                      .metrics = metrics,
                      .training_ids = baselines->training_ids};
    enum status status = STATUS_OK;
    size_t doubles;

    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        metrics[i] = (struct baseline_metrics){.name = names[i], .is_available = true};
    run.training = calloc(capacity + 1, sizeof *run.training);
    if (size_multiply(baselines->C, NGRAM_COUNT, &doubles))
        run.p = calloc(doubles, sizeof *run.p);
    if (!run.training || !run.p) {
        status = error_no_memory(err);
        goto out;
    }
    if (is_cross_fitted) {
        status = cross_fit(&run, err);
        goto out;
    }
    for (size_t i = 0; i < baselines->training_count; i++)
        run.training[run.training_count++] = &baselines->training[i];
    status = run_all(&run, err);
out:
    free(run.training);
    free(run.p);
    return status;
}
