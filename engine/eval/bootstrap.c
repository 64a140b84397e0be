/*
 * Bootstrap intervals.
 *
 * A resample gives each history a weight: how often it was drawn.  The statistics of a resample are
 * one row of a table [resamples][statistics], in the order
 *
 *     ratios, statistics, (precision, recall, F1) of each class
 *
 * An interval is two quantiles of a column.
 */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"

static const uint64_t resample_stream = UINT64_C(0xb007000000000000);
static const double tail = 0.025; /* on each side of a 95 % interval */

/* The memory of one thread. */
struct thread {
    uint32_t *weights; /* [histories] how often each was drawn */
    struct prediction_counts counts;
};

/* A call of bootstrap_run. */
struct run {
    const struct bootstrap *bootstrap;
    struct thread *threads; /* [thread_count] */
    uint32_t thread_count;
    double *values; /* [resamples][width] */
    size_t width;   /* number of statistics */
};

/* Set values [ratio_count] for the histories with these weights. */

static void compute_ratios(const struct bootstrap *bootstrap, const uint32_t *weights,
                           double *values)
{
    double totals[SUM_COLUMNS] = {0};

    for (size_t h = 0; h < bootstrap->sums->histories; h++) {
        const double *row = history_sums_row(bootstrap->sums, h);
        if (weights[h] != 0)
            for (size_t i = SUM_ZERO + 1; i < SUM_COLUMNS; i++)
                totals[i] += weights[h] * row[i];
    }
    for (size_t i = 0; i < bootstrap->ratio_count; i++) {
        const struct ratio *ratio = &bootstrap->ratios[i];
        values[i] =
            totals[ratio->over] > 0.0
                ? (totals[ratio->plus] - totals[ratio->minus]) / totals[ratio->over]
                : (double)NAN;
    }
}

/* Set the statistics of the order of positions: means over the actions where they are defined. */
static void compute_rankings(const struct bootstrap *bootstrap, const uint32_t *weights,
                             double *values)
{
    double auc = 0.0, precision = 0.0, aucs = 0.0, precisions = 0.0;

    for (size_t c = 0; bootstrap->rankings && c < bootstrap->C; c++) {
        struct ranking_metrics metrics =
            ranking_measure(&bootstrap->rankings[c], weights, bootstrap->histories);
        if (c >= ranking_first_action(bootstrap->C) && !isnan(metrics.auc)) {
            auc += metrics.auc;
            aucs += 1.0;
        }
        if (!isnan(metrics.average_precision)) {
            precision += metrics.average_precision;
            precisions += 1.0;
        }
    }
    values[STATISTIC_AUC] = aucs > 0.0 ? auc / aucs : (double)NAN;
    values[STATISTIC_AVERAGE_PRECISION] =
        precisions > 0.0 ? precision / precisions : (double)NAN;
}

/* Set values [width] to all statistics of the histories with the weights of the thread. */
static void compute(const struct bootstrap *bootstrap, struct thread *thread,
                    double *values)
{
    const struct positions *positions = bootstrap->positions;
    struct prediction_counts *counts = &thread->counts;

    compute_ratios(bootstrap, thread->weights, values);
    values += bootstrap->ratio_count;
    prediction_counts_clear(counts);
    for (size_t i = 0; i < positions->count; i++) {
        const struct position *position = &positions->list[i];
        uint32_t weight = thread->weights[position->history];
        if (weight != 0)
            prediction_counts_add(counts, position->label, &bootstrap->predictions[i],
                                  weight);
    }
    values[STATISTIC_MACRO_F1] = prediction_counts_macro_f1(counts);
    values[STATISTIC_MACRO_PRECISION] = prediction_counts_macro_precision(counts);
    values[STATISTIC_MACRO_RECALL] = prediction_counts_macro_recall(counts);
    values[STATISTIC_CALIBRATION_ERROR] = prediction_counts_calibration_error(counts);
    compute_rankings(bootstrap, thread->weights, values);
    values += STATISTICS;
    for (size_t c = 0; bootstrap->classes && c < bootstrap->C; c++) {
        *values++ = prediction_counts_precision(counts, c);
        *values++ = prediction_counts_recall(counts, c);
        *values++ = prediction_counts_f1(counts, c);
    }
}

/* The estimate that a column is for, or NULL. */
static struct estimate *estimate_of(const struct bootstrap *bootstrap, size_t column)
{
    if (column < bootstrap->ratio_count)
        return bootstrap->ratios[column].estimate;
    column -= bootstrap->ratio_count;
    if (column < STATISTICS)
        return bootstrap->statistics[column];
    column -= STATISTICS;
    struct class_metrics *class = &bootstrap->classes[column / 3];
    struct estimate *const of_class[] = {&class->precision, &class->recall, &class->f1};
    return of_class[column % 3];
}

/* A task of workers_run: thread i of n draws every n-th resample, beginning with the i-th. */
static void draw_resamples(void *context, size_t number)
{
    const struct run *run = context;
    const struct bootstrap *bootstrap = run->bootstrap;
    struct thread *thread = &run->threads[number];
    size_t histories = bootstrap->sums->histories;

    for (size_t n = number; n < bootstrap->resamples; n += run->thread_count) {
        struct random random;
        random_init(&random, bootstrap->seed, resample_stream + n);
        memset(thread->weights, 0, histories * sizeof *thread->weights);
        for (size_t i = 0; i < histories; i++)
            thread->weights[random_below(&random, histories)]++;
        compute(bootstrap, thread, run->values + n * run->width);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double bootstrap_quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    double part = at - (double)below;

    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

struct estimate bootstrap_estimate(double value, double *resampled, size_t count)
{
    size_t defined = 0;

    for (size_t n = 0; n < count; n++)
        if (!isnan(resampled[n]))
            resampled[defined++] = resampled[n];
    if (isnan(value) || defined == 0)
        return (struct estimate){.value = value, .low = (double)NAN, .high = (double)NAN};
    qsort(resampled, defined, sizeof *resampled, compare_doubles);
    return (struct estimate){.value = value,
                             .low = bootstrap_quantile(resampled, defined, tail),
                             .high = bootstrap_quantile(resampled, defined, 1.0 - tail)};
}

/* A value with the interval from its column.  scratch [resamples]. */
static struct estimate make_estimate(const struct run *run, size_t column, double value,
                                     double *scratch)
{
    for (size_t n = 0; n < run->bootstrap->resamples; n++)
        scratch[n] = run->values[n * run->width + column];
    return bootstrap_estimate(value, scratch, run->bootstrap->resamples);
}

static enum status run_init(struct run *run, const struct bootstrap *bootstrap,
                            struct error *err)
{
    size_t count;

    *run = (struct run){.bootstrap = bootstrap,
                        .thread_count = workers_count(bootstrap->workers),
                        .width = bootstrap->ratio_count + STATISTICS +
                                 (bootstrap->classes ? 3 * bootstrap->C : 0)};
    run->threads = calloc(run->thread_count, sizeof *run->threads);
    if (size_multiply(bootstrap->resamples, run->width, &count))
        run->values = calloc(count + 1, sizeof *run->values);
    if (!run->threads || !run->values)
        return error_no_memory(err);
    for (uint32_t i = 0; i < run->thread_count; i++) {
        struct thread *thread = &run->threads[i];
        thread->weights = calloc(bootstrap->sums->histories, sizeof *thread->weights);
        if (!thread->weights)
            return error_no_memory(err);
        RETURN_IF_ERROR(prediction_counts_init(&thread->counts, bootstrap->C, err));
    }
    return STATUS_OK;
}

static void run_release(struct run *run)
{
    for (uint32_t i = 0; run->threads && i < run->thread_count; i++) {
        free(run->threads[i].weights);
        prediction_counts_release(&run->threads[i].counts);
    }
    free(run->threads);
    free(run->values);
}

enum status bootstrap_run(const struct bootstrap *bootstrap, struct error *err)
{
    struct run run;
    enum status status = run_init(&run, bootstrap, err);
    double *sorted = calloc((size_t)bootstrap->resamples + 1, sizeof *sorted);
    double *values = calloc(run.width, sizeof *values);

    if (status != STATUS_OK)
        goto out;
    if (!sorted || !values) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t h = 0; h < bootstrap->sums->histories; h++)
        run.threads[0].weights[h] = 1;
    compute(bootstrap, &run.threads[0], values);
    workers_run(bootstrap->workers, draw_resamples, &run, run.thread_count);
    for (size_t i = 0; i < run.width; i++) {
        struct estimate *estimate = estimate_of(bootstrap, i);
        if (estimate)
            *estimate = make_estimate(&run, i, values[i], sorted);
    }
out:
    free(values);
    free(sorted);
    run_release(&run);
    return status;
}
