/*
 * The optimiser: one step over all tensors, and clipping.  The loop over the elements is in
 * training_kernels_simd.c.
 */
#include "train/adam.h"

#include <math.h>
#include <stdlib.h>

#include "train/training_kernels.h"

enum status adam_init(struct adam *adam, const struct tensor_list *tensors,
                      struct error *err)
{
    *adam = (struct adam){.tensors = tensors,
                          .m = tensors_zeros(tensors),
                          .v = tensors_zeros(tensors),
                          .beta1 = 0.9,
                          .beta2 = 0.999,
                          .epsilon = 1e-8};
    if (adam->m && adam->v)
        return STATUS_OK;
    adam_release(adam);
    return error_no_memory(err);
}

void adam_release(struct adam *adam)
{
    if (!adam)
        return;
    free(adam->m);
    free(adam->v);
    *adam = (struct adam){.steps = 0};
}

void adam_step(struct adam *adam, float *params, const float *gradients, double rate,
               double decay)
{
    double t = (double)++adam->steps;
    struct adam_rates rates = {
        .beta1 = (float)adam->beta1,
        .rest1 = (float)(1.0 - adam->beta1),
        .beta2 = (float)adam->beta2,
        .rest2 = (float)(1.0 - adam->beta2),
        .epsilon = (float)adam->epsilon,
        .step = (float)(rate / (1.0 - pow(adam->beta1, t))),
        .correction = (float)(1.0 / sqrt(1.0 - pow(adam->beta2, t))),
    };

    for (size_t i = 0; i < adam->tensors->count; i++) {
        const struct tensor *tensor = &adam->tensors->items[i];
        size_t offset = tensor->offset;
        rates.keep = tensor->is_vector ? 1.0f : (float)(1.0 - rate * decay);
        training_kernels_pick()->adam((size_t)tensor->rows * tensor->columns, &rates,
                                      gradients + offset, adam->m + offset,
                                      adam->v + offset, params + offset);
    }
}

double clip_norm(float *gradients, size_t count, double limit)
{
    double norm = sqrt(training_kernels_pick()->squares(count, gradients));
    if (limit > 0.0 && norm > limit) {
        float scale = (float)(limit / norm);
        for (size_t i = 0; i < count; i++)
            gradients[i] *= scale;
    }
    return norm;
}
