/*
 * Adam (Kingma and Ba 2015) with decoupled weight decay (AdamW, Loshchilov and Hutter 2019), and
 * clipping by the global norm of the gradient (Pascanu et al. 2013).
 *
 *     m = beta1 * m + (1 - beta1) * g          first moment
 *     v = beta2 * v + (1 - beta2) * g^2        second moment
 *     w = w - rate * decay * w
 *           - rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * Weight decay applies to matrices, not to vectors (biases).
 */
#ifndef TRIAGE_ADAM_H
#define TRIAGE_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/tensors.h"

struct adam {
    const struct tensor_list *tensors; /* borrowed */
    float *m, *v;                      /* [tensors->floats], owned */
    uint64_t steps;                    /* t */
    double beta1, beta2, epsilon;
};

/* Moments 0, beta1 0.9, beta2 0.999, epsilon 1e-8.  STATUS_NO_MEMORY. */
enum status adam_init(struct adam *adam, const struct tensor_list *tensors,
                      struct error *err);
void adam_release(struct adam *adam);

/* One step: update params [tensors->floats] from gradients [tensors->floats]. */
void adam_step(struct adam *adam, float *params, const float *gradients, double rate,
               double decay);

/* Scale gradients to a norm of at most limit (0: no limit).  Returns the norm before scaling. */
double clip_norm(float *gradients, size_t count, double limit);

#endif
