/*
 * Softmax cross-entropy in nats: the loss L of one row of logits s with the label y, its
 * gradient, and weighted means over many rows.
 *
 *     L = ln sum_c exp(s_c) - s_y        dL/ds_c = exp(s_c) / sum_k exp(s_k) - [c = y]
 *
 * All sums are in double; the largest logit is subtracted first, so that exp cannot overflow.
 */
#ifndef TRIAGE_LOSS_H
#define TRIAGE_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The loss of logits [C].  dlogits [C], unless NULL, is set to weight times its gradient. */
double loss_cross_entropy(const float *logits, size_t C, size_t y, double weight,
                          float *dlogits);

/* The loss of logits / temperature. */
double loss_at_temperature(const float *logits, size_t C, size_t y, double temperature);

/* What one row of logits should say. */
struct target {
    uint32_t action;
    bool is_before_end; /* TASK_LAST: more events follow */
    double weight;      /* above 0 */
};

/* Sums over targets: [0] at the end of the histories (or of another task), [1] before it. */
struct loss_sums {
    double weight[2], loss[2], correct[2];
};

/* Add count rows: logits [count][C] and their targets. */
void loss_sums_add(struct loss_sums *sums, const float *logits,
                   const struct target *targets, size_t count, size_t C);

struct loss_metrics {
    double loss;     /* weighted mean over all targets */
    double end_loss; /* the same without those before the end */
    double accuracy; /* of these, the share whose action has the largest logit (argmax) */
    double prefix_loss,
        prefix_accuracy; /* of those before the end; 0 if there are none */
};

/* At least one target is not before the end. */
struct loss_metrics loss_metrics_of(const struct loss_sums *sums);

/*
 * The temperature in [1/8, 8] with the smallest weighted mean loss (Guo et al. 2017).  With several
 * networks, logits is [members][count][C], and the loss is that of the mean of their probabilities at
 * that temperature.
 */
double loss_best_temperature(const float *logits, uint32_t members,
                             const struct target *targets, size_t count, size_t C);

/*
 * Replace logits [members][count][C], in their first block, by logits [count][C] whose softmax is the
 * mean of the members' probabilities: its logarithms.
 */
void loss_mean_logits(float *logits, uint32_t members, size_t count, size_t C);

#endif
