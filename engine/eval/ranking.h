/*
 * Metrics of how well probabilities rank: positions in descending order of the probability of one
 * action, which is right at some of them (the positives).
 *
 *     area under the ROC curve    the share of the pairs of a positive and another position in which
 *                                 the positive has the higher probability; equal ones count half
 *                                 (Hanley and McNeil 1982)
 *     average precision           sum over the thresholds of (recall - recall before) * precision
 *     best threshold              the one above which F1 is largest; of several, the highest
 *
 * Positions with equal probabilities are one step: no threshold lies between them.  With two actions
 * the order is that of the difference of their probabilities, which keeps digits that a probability
 * near 1 has lost.  Positions whose label is none of the model's actions are left out.
 */
#ifndef TRIAGE_RANKING_H
#define TRIAGE_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A position in the order. */
struct ranked {
    double score;
    float probability;
    uint32_t index; /* of the position */
    bool is_positive;
    bool ends_step; /* the next one has a smaller score */
};

struct ranking {
    struct ranked *list; /* [count] of the caller */
    size_t count;
};

struct ranking_metrics {
    double auc;               /* NAN without a positive or without another */
    double average_precision; /* NAN without a positive */
    double threshold;         /* NAN without a positive */
    double threshold_f1;      /* F1 when the action is predicted from the threshold on */
};

/*
 * Order count positions by the probability of action c.  probabilities [count][C]; labels [count],
 * C or more: none of the actions; list [count] is kept in the ranking.
 */
struct ranking ranking_make(const float *probabilities, const uint32_t *labels,
                            size_t count, size_t C, size_t c, struct ranked *list);

/* The metrics; position i counts weights[groups[i]] times.  weights NULL: once. */
struct ranking_metrics ranking_measure(const struct ranking *ranking,
                                       const uint32_t *weights, const uint32_t *groups);

/*
 * Add scale times the influence of each position on the area under the curve to influences, by the
 * indices of positions: the variance of the area is about sum of influence^2 (DeLong et al. 1988).
 */
void ranking_add_influences(const struct ranking *ranking, double scale,
                            double *influences);

/*
 * The area under the curve: with two actions that of the second one, with more the mean over the
 * actions that are somewhere the label, and somewhere not (one against the rest).  low and high of a
 * 95 % interval by the normal approximation, positions independent.  NAN where no action is.
 */
struct ranking_area {
    double value, low, high;
};

/* list [count] and influences [count] are scratch; without influences there is no interval. */
struct ranking_area ranking_area(const float *probabilities, const uint32_t *labels,
                                 size_t count, size_t C, struct ranked *list,
                                 double *influences);

/* The first action of those over which the mean of the area is taken: 1 of two, else 0. */
static inline size_t ranking_first_action(size_t C)
{
    return C == 2 ? 1 : 0;
}

#endif
