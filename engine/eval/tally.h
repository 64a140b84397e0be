/*
 * The figures that are not means: F1, precision, recall, calibration.
 *
 *     precision = hits / chosen      recall = hits / support      F1 = 2 hits / (chosen + support)
 *
 * Macro F1 is the mean of F1 over the classes with support.  The expected calibration error
 * (Guo et al. 2017, arXiv:1706.04599, equation 3) parts the answers into 15 bins of equal
 * width by their top probability, ((m-1)/15, m/15], and is the sum over the bins of
 *
 *     |right answers in the bin - sum of their top probabilities| / all answers
 *
 * Each answer counts with a weight, so that a resample is a tally too.
 */
#ifndef TRIAGE_TALLY_H
#define TRIAGE_TALLY_H

#include "eval/decisions.h"

enum { CALIBRATION_BINS = 15 };

struct tally {
    size_t C;
    double *hits, *chosen, *support; /* [C] */
    double count;
    double bin_counts[CALIBRATION_BINS], bin_rights[CALIBRATION_BINS],
        bin_tops[CALIBRATION_BINS]; /* the last is a sum of probabilities */
};

enum status tally_init(struct tally *tally, size_t C, struct error *err);
void tally_release(struct tally *tally);
void tally_clear(struct tally *tally);

void tally_add(struct tally *tally, uint32_t right, const struct mark *mark,
               double weight);

/* NAN where a figure has nothing under its line. */
double tally_precision(const struct tally *tally, size_t c);
double tally_recall(const struct tally *tally, size_t c);
double tally_f1(const struct tally *tally, size_t c); /* NAN without support */
double tally_macro_f1(const struct tally *tally);
double tally_calibration_error(const struct tally *tally);

#endif
