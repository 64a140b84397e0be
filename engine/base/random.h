/*
 * A seeded random number generator whose state the caller owns: xoshiro256** (Blackman and Vigna
 * 2018), seeded by splitmix64 from a seed and a stream.  Different streams of one seed are
 * independent: a shard of a batch has its own stream, and draws the same numbers in any thread.
 */
#ifndef TRIAGE_RANDOM_H
#define TRIAGE_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t s[4];
};

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014): each bit depends on all bits of x. */
static inline uint64_t random_mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void random_init(struct random *random, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *random);

/* Uniform in [0, 1), 53 bits. */
double random_unit(struct random *random);

/* Uniform in 0 .. bound - 1, without bias; bound at least 1. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Put count indices into random order (Fisher and Yates). */
void random_shuffle(struct random *random, size_t *indices, size_t count);

/*
 * Standard normal (Marsaglia's polar method).  Inline, because it calls log: the service uses
 * random.c, but must not use log of libm (tests/lint/symbols.sh).
 */
static inline double random_normal(struct random *random)
{
    double x, y, square;
    do {
        x = 2 * random_unit(random) - 1;
        y = 2 * random_unit(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square <= 0);
    return x * sqrt(-2 * log(square) / square);
}

#endif
