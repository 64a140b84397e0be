/*
 * Paired permutation test, also called approximate randomisation (Noreen 1989): do two
 * predictors differ?
 *
 * Null hypothesis: they are equally good, so exchanging their predictions for a history changes
 * nothing but the sign of the difference for this history.  Many times, each sign is flipped or
 * not at random, and the differences are summed.  p is the share of these sums (the observed sum
 * included) that are at least as far from 0 as the observed sum.
 */
#ifndef TRIAGE_PERMUTATION_H
#define TRIAGE_PERMUTATION_H

#include "base/error.h"
#include "base/random.h"

/*
 * Set *p.  differences [count], one per history, are rounded to integers, so they are numbers of
 * correct predictions, or losses in a small unit.  The sum of their absolute values must be less
 * than 2^63.  STATUS_NO_MEMORY.
 */
enum status permutation_test(const double *differences, size_t count,
                             uint32_t permutations, struct random *random, double *p,
                             struct error *err);

#endif
