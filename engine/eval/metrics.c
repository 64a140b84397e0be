/* Sums by history, counts by class and by confidence, and the metrics computed from them. */
#include "eval/metrics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status history_sums_init(struct history_sums *sums, size_t histories,
                              struct error *err)
{
    sums->histories = histories;
    sums->rows = calloc(histories, SUM_COLUMNS * sizeof *sums->rows);
    return sums->rows ? STATUS_OK : error_no_memory(err);
}

void history_sums_release(struct history_sums *sums)
{
    if (!sums)
        return;
    free(sums->rows);
    *sums = (struct history_sums){0};
}

void history_sums_count(struct history_sums *sums, const struct position *position,
                        unsigned column)
{
    double *row = history_sums_row(sums, position->history);

    row[column] += 1.0;
    row[column + 1] += position->label == ACTION_OTHER ? 0.0 : 1.0;
}

void history_sums_add(struct history_sums *sums, const struct position *position,
                      unsigned column, uint32_t action, double label_probability)
{
    double *row = history_sums_row(sums, position->history);

    row[column] += action == position->label ? 1.0 : 0.0;
    if (position->label != ACTION_OTHER)
        row[column + 1] -= log(label_probability > DBL_MIN ? label_probability : DBL_MIN);
}

void history_sums_add_brier(struct history_sums *sums, const struct position *position,
                            const struct prediction *prediction)
{
    if (position->label != ACTION_OTHER)
        history_sums_row(sums, position->history)[SUM_MODEL_BRIER] +=
            prediction->squares - 2.0 * (double)prediction->label_probability + 1.0;
}

void history_sums_add_probabilities(struct history_sums *sums,
                                    const struct position *position, unsigned column,
                                    const double *probabilities, size_t C)
{
    uint32_t action = 0;

    for (uint32_t c = 1; c < C; c++)
        if (probabilities[c] > probabilities[action])
            action = c;
    history_sums_add(sums, position, column, action,
                     position->label < C ? probabilities[position->label] : 0.0);
}

double history_sums_total(const struct history_sums *sums, unsigned column)
{
    double total = 0.0;

    for (size_t h = 0; h < sums->histories; h++)
        total += history_sums_row(sums, h)[column];
    return total;
}

enum status prediction_counts_init(struct prediction_counts *counts, size_t C,
                                   struct error *err)
{
    memset(counts, 0, sizeof *counts);
    counts->C = C;
    counts->correct = calloc(C, 3 * sizeof *counts->correct);
    if (!counts->correct)
        return error_no_memory(err);
    counts->predicted = counts->correct + C;
    counts->support = counts->predicted + C;
    return STATUS_OK;
}

void prediction_counts_release(struct prediction_counts *counts)
{
    if (!counts)
        return;
    free(counts->correct);
    memset(counts, 0, sizeof *counts);
}

void prediction_counts_clear(struct prediction_counts *counts)
{
    memset(counts->correct, 0, 3 * counts->C * sizeof *counts->correct);
    memset(counts->bins, 0, sizeof counts->bins);
    counts->count = 0.0;
}

size_t calibration_bin_of(double confidence)
{
    double bin = ceil(confidence * EVALUATION_BINS) - 1.0;

    if (!(bin > 0.0))
        return 0;
    return bin < EVALUATION_BINS ? (size_t)bin : EVALUATION_BINS - 1;
}

void prediction_counts_add(struct prediction_counts *counts, uint32_t label,
                           const struct prediction *prediction, double weight)
{
    size_t bin = calibration_bin_of((double)prediction->confidence);
    double correct = prediction->action == label ? weight : 0.0;

    counts->count += weight;
    counts->predicted[prediction->action] += weight;
    counts->correct[prediction->action] += correct;
    if (label < counts->C)
        counts->support[label] += weight;
    counts->bins[bin].count += weight;
    counts->bins[bin].correct += correct;
    counts->bins[bin].confidence += weight * (double)prediction->confidence;
}

double metrics_ratio(double numerator, double denominator)
{
    return denominator > 0.0 ? numerator / denominator : (double)NAN;
}

double prediction_counts_precision(const struct prediction_counts *counts, size_t c)
{
    return metrics_ratio(counts->correct[c], counts->predicted[c]);
}

double prediction_counts_recall(const struct prediction_counts *counts, size_t c)
{
    return metrics_ratio(counts->correct[c], counts->support[c]);
}

double prediction_counts_f1(const struct prediction_counts *counts, size_t c)
{
    if (!(counts->support[c] > 0.0))
        return (double)NAN;
    return 2.0 * counts->correct[c] / (counts->predicted[c] + counts->support[c]);
}

/* The mean of a metric over the classes with support. */
static double macro(const struct prediction_counts *counts,
                    double (*metric)(const struct prediction_counts *counts, size_t c))
{
    double sum = 0.0, classes = 0.0;

    for (size_t c = 0; c < counts->C; c++)
        if (counts->support[c] > 0.0) {
            double value = metric(counts, c);
            sum += isnan(value) ? 0.0 : value;
            classes += 1.0;
        }
    return metrics_ratio(sum, classes);
}

double prediction_counts_macro_f1(const struct prediction_counts *counts)
{
    return macro(counts, prediction_counts_f1);
}

double prediction_counts_macro_precision(const struct prediction_counts *counts)
{
    return macro(counts, prediction_counts_precision);
}

double prediction_counts_macro_recall(const struct prediction_counts *counts)
{
    return macro(counts, prediction_counts_recall);
}

double prediction_counts_calibration_error(const struct prediction_counts *counts)
{
    double sum = 0.0;

    for (size_t i = 0; i < EVALUATION_BINS; i++)
        sum += fabs(counts->bins[i].correct - counts->bins[i].confidence);
    return metrics_ratio(sum, counts->count);
}
