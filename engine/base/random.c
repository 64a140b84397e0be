/* xoshiro256** and the distributions that need no libm. */
#include "base/random.h"

#include <assert.h>

static uint64_t rotate_left(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t splitmix_next(uint64_t *state)
{
    return random_mix(*state += 0x9e3779b97f4a7c15);
}

void random_init(struct random *random, uint64_t seed, uint64_t stream)
{
    /* Mix both, so that neighbouring seeds and streams get very different states. */
    uint64_t mixed = splitmix_next(&seed) + stream;
    uint64_t state = splitmix_next(&mixed);
    for (int i = 0; i < 4; i++)
        random->s[i] = splitmix_next(&state);
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    assert(bound > 0);
    uint64_t surplus = -bound % bound; /* 2^64 mod bound */
    uint64_t value;
    do
        value = random_next(random);
    while (value < surplus);
    return value % bound;
}

void random_shuffle(struct random *random, size_t *indices, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = (size_t)random_below(random, left);
        size_t index = indices[left - 1];
        indices[left - 1] = indices[other];
        indices[other] = index;
    }
}
