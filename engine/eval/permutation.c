/*
 * See paired.h.
 *
 * The sign of a difference plays no part in the flipped sums, only its size does, and k
 * differences of size m sum to m * (2 heads - k).  So differences are sorted by size, and
 * one random number flips 64 coins.
 */
#include "eval/permutation.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>

/* Differences of one size. */
struct sizes {
    int64_t size;
    uint64_t count;
};

static int by_size(const void *a, const void *b)
{
    const struct sizes *x = a, *y = b;

    return x->size < y->size ? -1 : x->size > y->size;
}

/* Put those of the same size together; returns how many sizes are left. */
static size_t merge(struct sizes *sizes, size_t count)
{
    size_t kept = 0;

    qsort(sizes, count, sizeof *sizes, by_size);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && sizes[kept - 1].size == sizes[i].size)
            sizes[kept - 1].count++;
        else
            sizes[kept++] = sizes[i];
    return kept;
}

static uint64_t count_heads(struct random *random, uint64_t coins)
{
    uint64_t heads = 0;

    for (; coins >= 64; coins -= 64)
        heads += (uint64_t)__builtin_popcountll(random_next(random));
    if (coins > 0)
        heads += (uint64_t)__builtin_popcountll(random_next(random) >> (64 - coins));
    return heads;
}

/* A size of its own takes one coin, 64 of them share a random number. */
static int64_t flip(struct random *random, const struct sizes *sizes, size_t count)
{
    uint64_t coins = 0;
    unsigned left = 0;
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t heads, many = (int64_t)sizes[i].count;
        if (many > 1) {
            heads = (int64_t)count_heads(random, sizes[i].count);
        } else {
            if (left == 0) {
                coins = random_next(random);
                left = 64;
            }
            heads = (int64_t)(coins & 1);
            coins >>= 1;
            left--;
        }
        sum += sizes[i].size * (2 * heads - many);
    }
    return sum;
}

enum status paired_test(const double *differences, size_t count, uint32_t flips,
                        struct random *random, double *p, struct error *err)
{
    struct sizes *sizes = calloc(count + 1, sizeof *sizes);
    size_t kept = 0;
    int64_t real = 0;
    uint32_t as_far = 1;

    if (sizes == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        int64_t difference = llround(differences[i]);
        real += difference;
        if (difference != 0)
            sizes[kept++] = (struct sizes){llabs(difference), 1};
    }
    kept = merge(sizes, kept);
    for (uint32_t i = 0; i < flips; i++)
        as_far += llabs(flip(random, sizes, kept)) >= llabs(real);
    free(sizes);
    *p = (double)as_far / ((double)flips + 1.0);
    return STATUS_OK;
}
