/*
 * Paired permutation test.
 *
 * With random signs, a sum depends only on the sizes (absolute values) of the differences.  The k
 * differences of size m contribute m * (2 * heads - k), where heads is the number of heads when k
 * coins are tossed.  So equal sizes form a group, and one random number tosses 64 coins.
 */
#include "eval/permutation.h"

#include <math.h>
#include <stdlib.h>

/* The differences of one size. */
struct group {
    int64_t size;
    uint64_t count;
};

static int compare_sizes(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    return x->size < y->size ? -1 : x->size > y->size;
}

/* Sort groups by size, and merge those of the same size.  Returns how many are left. */
static size_t merge_groups(struct group *groups, size_t count)
{
    size_t kept = 0;

    qsort(groups, count, sizeof *groups, compare_sizes);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && groups[kept - 1].size == groups[i].size)
            groups[kept - 1].count++;
        else
            groups[kept++] = groups[i];
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

/* The sum with random signs.  Groups of one difference use one bit of a random number each. */
static int64_t draw_sum(struct random *random, const struct group *groups, size_t count)
{
    uint64_t bits = 0;
    unsigned bits_left = 0;
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t heads;
        if (groups[i].count > 1) {
            heads = (int64_t)count_heads(random, groups[i].count);
        } else {
            if (bits_left == 0) {
                bits = random_next(random);
                bits_left = 64;
            }
            heads = (int64_t)(bits & 1);
            bits >>= 1;
            bits_left--;
        }
        sum += groups[i].size * (2 * heads - (int64_t)groups[i].count);
    }
    return sum;
}

enum status permutation_test(const double *differences, size_t count,
                             uint32_t permutations, struct random *random, double *p,
                             struct error *err)
{
    struct group *groups = calloc(count + 1, sizeof *groups);
    size_t group_count = 0;
    int64_t observed = 0;
    uint32_t as_far = 1; /* sums as far from 0 as the observed one, which is the first */

    if (!groups)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        int64_t difference = llround(differences[i]);
        observed += difference;
        if (difference != 0)
            groups[group_count++] = (struct group){.size = llabs(difference), .count = 1};
    }
    group_count = merge_groups(groups, group_count);
    for (uint32_t i = 0; i < permutations; i++)
        as_far += llabs(draw_sum(random, groups, group_count)) >= llabs(observed);
    free(groups);
    *p = (double)as_far / ((double)permutations + 1.0);
    return STATUS_OK;
}
