/*
 * Sums and counts from which the metrics are computed.
 *
 * history_sums is a table with a row for each history.  Every metric that is a mean, and every
 * difference of two means, is a ratio of column sums.  So one pass over the table computes all of
 * them for a bootstrap resample.
 *
 * prediction_counts is for the metrics that are not means: precision, recall and F1 of each class,
 * and the expected calibration error.  Predictions have weights, so that a resample can be counted
 * too.
 */
#ifndef TRIAGE_METRICS_H
#define TRIAGE_METRICS_H

#include "eval/predictions.h"
#include "evaluation.h"

/*
 * Columns of the table, in pairs.  A pair of counts: positions, and those of them whose label is
 * one of the model's actions.  A pair for each predictor: correct predictions, and the sum of the
 * losses.
 */
enum sum_column {
    SUM_ZERO, /* always 0 */
    SUM_POSITIONS,
    SUM_LABELLED,
    SUM_ORDER_POSITIONS, /* one position of each history, for order_metrics */
    SUM_ORDER_LABELLED,
    SUM_MODEL_CORRECT,
    SUM_MODEL_LOSS,
    SUM_MODEL_BRIER,     /* of positions whose label is one of the actions */
    SUM_OPTIMUM_CORRECT, /* the exact posterior */
    SUM_OPTIMUM_LOSS,
    SUM_ORDERED_CORRECT, /* the model at SUM_ORDER_POSITIONS */
    SUM_ORDERED_LOSS,
    SUM_SHUFFLED_CORRECT, /* the same from shuffled events */
    SUM_SHUFFLED_LOSS,
    SUM_BASELINES, /* baseline_correct(0), baseline_loss(0), baseline_correct(1), ... */
    SUM_COLUMNS = SUM_BASELINES + 2 * EVALUATION_BASELINES
};

/* The columns of baseline i. */
static inline unsigned baseline_correct(size_t i)
{
    return SUM_BASELINES + 2 * (unsigned)i;
}

static inline unsigned baseline_loss(size_t i)
{
    return baseline_correct(i) + 1;
}

struct history_sums {
    double *rows; /* [histories][SUM_COLUMNS] */
    size_t histories;
};

/* All sums 0.  STATUS_NO_MEMORY. */
enum status history_sums_init(struct history_sums *sums, size_t histories,
                              struct error *err);
void history_sums_release(struct history_sums *sums);

static inline double *history_sums_row(const struct history_sums *sums, size_t history)
{
    return sums->rows + history * SUM_COLUMNS;
}

/* Count a position in a pair of columns, SUM_POSITIONS or SUM_ORDER_POSITIONS and the next one. */
void history_sums_count(struct history_sums *sums, const struct position *position,
                        unsigned column);

/* Add a prediction at a position to a predictor's pair of columns; column is its first. */
void history_sums_add(struct history_sums *sums, const struct position *position,
                      unsigned column, uint32_t action, double label_probability);

/* Add the Brier score of the model's prediction at a position to SUM_MODEL_BRIER. */
void history_sums_add_brier(struct history_sums *sums, const struct position *position,
                            const struct prediction *prediction);

/* The same as history_sums_add for the prediction that probabilities [C] give. */
void history_sums_add_probabilities(struct history_sums *sums,
                                    const struct position *position, unsigned column,
                                    const double *probabilities, size_t C);

/* The sum of a column over all histories. */
double history_sums_total(const struct history_sums *sums, unsigned column);

/* Sums of weights; confidence: the sum of weight * confidence. */
struct prediction_counts {
    size_t C;
    double *correct, *predicted, *support; /* [C] */
    double count;
    struct {
        double count, correct, confidence;
    } bins[EVALUATION_BINS];
};

#define METRICS_NORMAL_QUANTILE 1.959963984540054 /* of 0.975, for 95 % intervals */

/* NAN unless the denominator is above 0. */
double metrics_ratio(double numerator, double denominator);

/* All counts 0.  STATUS_NO_MEMORY. */
enum status prediction_counts_init(struct prediction_counts *counts, size_t C,
                                   struct error *err);
void prediction_counts_release(struct prediction_counts *counts);

/* Set all counts to 0. */
void prediction_counts_clear(struct prediction_counts *counts);

void prediction_counts_add(struct prediction_counts *counts, uint32_t label,
                           const struct prediction *prediction, double weight);

/* Of class c.  NAN if the denominator is 0; F1 also if the support is 0. */
double prediction_counts_precision(const struct prediction_counts *counts, size_t c);
double prediction_counts_recall(const struct prediction_counts *counts, size_t c);
double prediction_counts_f1(const struct prediction_counts *counts, size_t c);

/*
 * The mean of F1, precision and recall over the classes with support; NAN if there are none.  The
 * precision of a class that is never predicted counts as 0.
 */
double prediction_counts_macro_f1(const struct prediction_counts *counts);
double prediction_counts_macro_precision(const struct prediction_counts *counts);
double prediction_counts_macro_recall(const struct prediction_counts *counts);

/* Confidences in ((m - 1) / 15, m / 15] are in bin m - 1; 0 and NaN are in bin 0. */
size_t calibration_bin_of(double confidence);

/*
 * Expected calibration error (Guo et al. 2017, arXiv:1706.04599, equation 3) with 15 bins of
 * equal width: the sum over the bins of |correct - confidence|, divided by count.
 */
double prediction_counts_calibration_error(const struct prediction_counts *counts);

#endif
