/*
 * Adam (Kingma and Ba 2015) with decoupled weight decay (AdamW, Loshchilov and Hutter 2019), and
 * clipping by the global norm of the gradient (Pascanu et al. 2013).
 *
 *     m = b1 m + (1 - b1) g          first moment
 *     v = b2 v + (1 - b2) g g        second moment
 *     w = w - rate * decay * w - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
 *
 * Only matrices decay, not vectors (biases).
 */
#ifndef TRIAGE_ADAM_H
#define TRIAGE_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/tensors.h"

struct adam {
    const struct tensor_list *tensors; /* borrowed */
    float *m, *v;                      /* blocks of the tensors */
    uint64_t steps;                    /* t */
    double beta1, beta2, epsilon;
};

/* Zero moments; beta1 0.9, beta2 0.999, epsilon 1e-8.  STATUS_NO_MEMORY. */
enum status adam_init(struct adam *adam, const struct tensor_list *tensors,
                      struct error *err);
void adam_release(struct adam *adam);

/* One step on params; params and gradients are blocks of the tensors. */
void adam_step(struct adam *adam, float *params, const float *gradients, double rate,
               double decay);

/* Scale gradients to a norm of at most limit (0: leave them).  Returns their norm before. */
double clip_norm(float *gradients, size_t count, double limit);

#endif
