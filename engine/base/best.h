/* The largest of some numbers; a tie goes to the first. */
#ifndef TRIAGE_BEST_H
#define TRIAGE_BEST_H

#include <stddef.h>

/* Its place among values [count], at least one. */
static inline size_t argmax(const float *values, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

#endif
