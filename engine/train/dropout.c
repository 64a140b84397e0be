/* Dropout: drawing masks, and applying them forward and backward. */
#include "train/dropout.h"

void dropout_mask(const float *mask, float *x, size_t count)
{
    if (!mask)
        return;
    for (size_t i = 0; i < count; i++)
        x[i] *= mask[i];
}

enum status dropout_apply(struct dropout dropout, float *x, size_t count, float **mask,
                          struct arena *arena, struct error *err)
{
    *mask = NULL;
    if (!dropout.random || dropout.rate <= 0.0)
        return STATUS_OK;
    float *drawn = arena_floats(arena, count, 1);
    if (!drawn)
        return error_no_memory(err);
    float scale = (float)(1.0 / (1.0 - dropout.rate));
    for (size_t i = 0; i < count; i++)
        drawn[i] = random_unit(dropout.random) < dropout.rate ? 0.0f : scale;
    dropout_mask(drawn, x, count);
    *mask = drawn;
    return STATUS_OK;
}
