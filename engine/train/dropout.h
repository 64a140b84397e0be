/*
 * Dropout (Srivastava et al. 2014): each element is set to 0 with probability rate, else multiplied by
 * 1 / (1 - rate).
 */
#ifndef TRIAGE_DROPOUT_H
#define TRIAGE_DROPOUT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

struct dropout {
    double rate;
    struct random *random; /* NULL: no dropout */
};

/*
 * Draw a mask of 0 and 1 / (1 - rate) for x [count], and apply it.  *mask is kept for backward; it is
 * NULL without dropout.  STATUS_NO_MEMORY.
 */
enum status dropout_apply(struct dropout dropout, float *x, size_t count, float **mask,
                          struct arena *arena, struct error *err);

/* Multiply x [count] by a mask.  NULL is a mask of ones. */
void dropout_mask(const float *mask, float *x, size_t count);

#endif
