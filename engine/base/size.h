/* Sums and products of sizes that are not trusted; false when the result overflows. */
#ifndef TRIAGE_SIZE_H
#define TRIAGE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

static inline bool size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline bool size_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#endif
