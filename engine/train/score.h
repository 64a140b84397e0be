/* How good scores are on examples: loss, accuracy, and the temperature that fits them. */
#ifndef TRIAGE_SCORE_H
#define TRIAGE_SCORE_H

#include <stddef.h>
#include <stdint.h>

struct score {
    double loss;     /* mean -ln of the right action's probability */
    double accuracy; /* share in which the first of the largest scores is right */
};

/* scores [count][C], actions [count]; count at least 1. */
struct score score_of(const float *scores, const uint32_t *actions, size_t count,
                      size_t C);

/*
 * The temperature in [1/8, 8] with the least mean loss (Guo et al. 2017), by golden-section
 * search of its logarithm.
 */
double score_temperature(const float *scores, const uint32_t *actions, size_t count,
                         size_t C);

#endif
