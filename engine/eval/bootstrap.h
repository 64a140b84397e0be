/*
 * How sure a figure is: percentile intervals of the bootstrap (Efron and Tibshirani 1993,
 * chapter 13), histories drawn with replacement, because places of one history are not
 * independent of each other.  The same draws serve every figure, so that the interval of a
 * difference is that of paired answers.
 */
#ifndef TRIAGE_BOOTSTRAP_H
#define TRIAGE_BOOTSTRAP_H

#include "eval/crew.h"
#include "eval/ledger.h"
#include "eval/tally.h"
#include "evaluation.h"

/* (sum of plus - sum of minus) / sum of over; minus NO_COLUMN: nothing is taken away. */
struct ratio {
    unsigned plus, minus, over;
};
enum { NO_COLUMN = COLUMN_COUNT };

/* After the ratios come these, and then three of every class. */
enum { BOOTSTRAP_MACRO_F1, BOOTSTRAP_CALIBRATION, BOOTSTRAP_CLASSES };

struct bootstrap {
    const struct ledger *ledger;
    const struct ratio *ratios; /* [ratio_count] */
    size_t ratio_count;
    const struct decisions *decisions;
    const struct mark *marks; /* [decisions->count] */
    size_t C;
    bool has_classes; /* precision, recall and F1 of each, too */
    uint32_t resamples;
    uint64_t seed;
    const struct crew *crew;
};

size_t bootstrap_figures(const struct bootstrap *bootstrap);

/* figures [bootstrap_figures]: of all histories, and the 95 % interval. */
enum status bootstrap_run(const struct bootstrap *bootstrap, struct estimate *figures,
                          struct error *err);

/* The share-quantile of count sorted values, at least one, linear between neighbours. */
double quantile_of(const double *sorted, size_t count, double share);

#endif
