/*
 * Softmax cross-entropy in nats: the loss L of one row of logits s with the label y, its
 * gradient, and means over many rows.
 *
 *     L = ln sum_c exp(s_c) - s_y        dL/ds_c = exp(s_c) / sum_k exp(s_k) - [c = y]
 *
 * All sums are in double; the largest logit is subtracted first, so that exp cannot overflow.
 */
#ifndef TRIAGE_LOSS_H
#define TRIAGE_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* The loss of logits [C].  dlogits [C], unless NULL, is set to weight times its gradient. */
double loss_cross_entropy(const float *logits, size_t C, size_t y, double weight,
                          float *dlogits);

/* The loss of logits / temperature. */
double loss_at_temperature(const float *logits, size_t C, size_t y, double temperature);

struct loss_metrics {
    double loss;     /* mean */
    double accuracy; /* share of rows whose label has the largest logit (argmax) */
};

/* Of count rows, at least 1: logits [count][C] and labels y [count]. */
struct loss_metrics loss_metrics_of(const float *logits, const uint32_t *y, size_t count,
                                    size_t C);

/* The temperature in [1/8, 8] with the smallest mean loss (Guo et al. 2017). */
double loss_best_temperature(const float *logits, const uint32_t *y, size_t count,
                             size_t C);

#endif
