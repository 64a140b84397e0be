/*
 * Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019, AdamW)
 * over one flat block, clipping by global norm (Pascanu et al. 2013) in front of it.
 */
#ifndef TRIAGE_ADAM_H
#define TRIAGE_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/tensors.h"

struct adam {
    const struct tensor_list *tensors; /* borrowed */
    float *m, *v; /* blocks of the layout: first and second moments */
    uint64_t steps;
    double beta1, beta2, epsilon;
};

/* Moments of zero; the betas 0.9 and 0.999, epsilon 1e-8.  STATUS_NO_MEMORY. */
enum status adam_init(struct adam *adam, const struct tensor_list *tensors,
                      struct error *err);
void adam_release(struct adam *adam);

/*
 * One step down the gradient.  Matrices, not vectors, first shrink by rate * decay.
 *
 *     m = b1 m + (1 - b1) g     v = b2 v + (1 - b2) g g
 *     w = w - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
 */
void adam_step(struct adam *adam, float *params, const float *gradients, double rate,
               double decay);

/*
 * Scale gradients so that their norm is at most limit (0: leave them) and return the norm
 * that they had.
 */
double clip_norm(float *gradients, size_t count, double limit);

#endif
