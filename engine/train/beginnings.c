/* Selection sampling (Knuth, volume 2, 3.4.2, algorithm S), and equal distances. */
#include "train/beginnings.h"

void beginnings_draw(struct beginnings *beginnings, uint32_t n, uint32_t most,
                     struct random *random)
{
    beginnings->count = 0;
    for (uint32_t length = 1; length <= n; length++) {
        const uint32_t left = n + 1 - length, wanted = most - beginnings->count;
        if (wanted == 0)
            return;
        if (wanted >= left || random_below(random, left) < wanted)
            beginnings->lengths[beginnings->count++] = length;
    }
}

void beginnings_spread(struct beginnings *beginnings, uint32_t n, uint32_t most)
{
    beginnings->count = n < most ? n : most;
    for (uint32_t i = 0; i < beginnings->count; i++) /* the middle of each part */
        beginnings->lengths[i] =
            1 + (uint32_t)((2 * (uint64_t)i + 1) * n / (2 * (uint64_t)beginnings->count));
}
