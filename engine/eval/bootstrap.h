/*
 * Bootstrap intervals (Efron and Tibshirani 1993, chapter 13, percentile intervals).
 *
 * Whole histories are drawn with replacement.  All estimates are computed on the same resamples, so
 * the interval of a difference takes into account that the predictions are paired.  Each resample
 * has a random stream of its own, so the result is the same for any number of threads.
 */
#ifndef TRIAGE_BOOTSTRAP_H
#define TRIAGE_BOOTSTRAP_H

#include "base/workers.h"
#include "eval/metrics.h"
#include "eval/ranking.h"
#include "evaluation.h"

/* An estimate (sum of plus - sum of minus) / sum of over; these are columns of history_sums. */
struct ratio {
    struct estimate *estimate; /* the result */
    unsigned plus;
    unsigned minus; /* SUM_ZERO, which is 0, for a plain mean */
    unsigned over;
};

/* The statistics that are not ratios of column sums. */
enum bootstrap_statistic {
    STATISTIC_MACRO_F1,
    STATISTIC_MACRO_PRECISION,
    STATISTIC_MACRO_RECALL,
    STATISTIC_CALIBRATION_ERROR,
    STATISTIC_AUC, /* NAN without rankings */
    STATISTIC_AVERAGE_PRECISION,
    STATISTICS
};

struct bootstrap {
    const struct history_sums *sums;
    const struct ratio *ratios; /* [ratio_count] */
    size_t ratio_count;
    const struct positions *positions;
    const struct prediction *predictions; /* [positions->count] */
    size_t C;
    struct estimate *statistics[STATISTICS]; /* results; NULL: not wanted */
    const struct ranking *rankings; /* [C] of the positions, see ranking.h; or NULL */
    const uint32_t *histories;     /* [positions->count] of the positions, for rankings */
    struct class_metrics *classes; /* [C] results: precision, recall, F1; or NULL */
    uint32_t resamples;
    uint64_t seed;
    struct workers *workers;
};

/*
 * Compute every estimate: its value on all histories, and its 95 % interval over the resamples
 * in which it is defined.  STATUS_NO_MEMORY.
 */
enum status bootstrap_run(const struct bootstrap *bootstrap, struct error *err);

/* The quantile of count sorted values, at least one; interpolated between two values. */
double bootstrap_quantile(const double *sorted, size_t count, double share);

/*
 * A value with its percentile interval over the resampled values [count] in which it is defined; NAN
 * if it is in none.  The values are sorted here.
 */
struct estimate bootstrap_estimate(double value, double *resampled, size_t count);

#endif
