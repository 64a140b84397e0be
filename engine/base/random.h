/*
 * A seeded generator, its state explicit and never global: xoshiro256** (Blackman and Vigna
 * 2018), seeded by splitmix64 from a seed and a stream.  Different streams of one seed are
 * independent, so that each shard of each batch draws the same numbers whoever runs it.
 */
#ifndef TRIAGE_RANDOM_H
#define TRIAGE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t s[4];
};

void random_init(struct random *random, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *random);

/* Uniform in [0, 1), 53 bits. */
double random_unit(struct random *random);

/* Uniform in 0 .. bound - 1, without bias; bound at least 1. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Standard normal (Marsaglia's polar method). */
double random_normal(struct random *random);

/* Put count indices into random order (Fisher and Yates). */
void random_shuffle(struct random *random, size_t *indices, size_t count);

#endif
