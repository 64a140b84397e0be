/*
 * The attention head: beside the final state, the output layer reads the context, a mean of the
 * states after all events so far with trained weights.
 *
 *     s_t = q . tanh(W h_t + b)                    the score of event t
 *     a_t = exp(s_t) / (exp(s_1) + ... + exp(s_n)) its weight
 *     c_n = a_1 h_1 + ... + a_n h_n                the context after n events
 *     logits = V [h_n ; c_n] + v
 *
 *     W [H][H]    b, q [H]    h_t, c_n [H], the last layer's states    V [C][2H]    v [C]
 *
 * The score is additive (Bahdanau et al. 2015, arXiv:1409.0473) with one query for all histories, as
 * in Yang et al. 2016 (hierarchical attention networks): with a query that is a constant, a scaled
 * dot product could tell states apart along one direction only.  The output layer also reads the
 * final state, as in Luong et al. 2015 (arXiv:1508.04025): targets after every event need the event
 * that has just been read, however small its weight.
 *
 * One more event costs one step (numerics 3).  A row keeps the largest score m and the sum
 * l = sum of exp(s_i - m), as the online softmax of Milakov and Gimelshein 2018 (arXiv:1805.02867),
 * and the context itself:
 *
 *     s > m:      l' = l exp(m - s) + 1    m' = s         share = 1 / l'
 *     otherwise:  w = exp(s - m)           l' = l + w     share = w / l'
 *     c'[j] = fma(share, h[j] - c[j], c[j])
 *
 * l is in double precision, because it is a sum over all events; its product and sum are rounded one
 * after the other, and a share is rounded to float.  The first event has m = s, l = 1, share = 1, and
 * begins with c = 0.  In the end the weight of event t is exp(s_t - m) / l.
 */
#ifndef TRIAGE_ATTENTION_H
#define TRIAGE_ATTENTION_H

#include <stdbool.h>

#include "base/elementary.h"

struct running_softmax {
    double sum;    /* l */
    float largest; /* m */
};

/* One more score; returns the share of its event in the mean so far. */
static inline float running_softmax_add(struct running_softmax *running, float score,
                                        bool is_first)
{
    if (is_first) {
        *running = (struct running_softmax){.largest = score, .sum = 1.0};
        return 1.0f;
    }
    if (score > running->largest) {
        running->sum = running->sum * (double)exp_f(running->largest - score) + 1.0;
        running->largest = score;
        return (float)(1.0 / running->sum);
    }
    const double w = (double)exp_f(score - running->largest);
    running->sum += w;
    return (float)(w / running->sum);
}

/* Is every weight a number?  Not after a score that is infinite or no number. */
static inline bool running_softmax_is_finite(const struct running_softmax *running)
{
    return isfinite(running->largest) && isfinite(running->sum);
}

/* The weight of an event with that score, after all events. */
static inline float running_softmax_weight(const struct running_softmax *running,
                                           float score)
{
    return (float)((double)exp_f(score - running->largest) / running->sum);
}

#endif
