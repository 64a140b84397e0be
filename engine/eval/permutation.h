/*
 * Paired permutation test, also called approximate randomisation (Noreen 1989): do two
 * predictors differ?
 *
 * If they were equally good, it would be chance which of the two made which predictions in a
 * history.  So the sign of each history's difference is flipped at random, many times; p is
 * the share of these sums (the observed one included) that are at least as far from 0 as the
 * observed sum.
 */
#ifndef TRIAGE_PERMUTATION_H
#define TRIAGE_PERMUTATION_H

#include "base/error.h"
#include "base/random.h"

/*
 * differences [count], one a history, are rounded to integers, whose sizes add up to less than
 * 2^63: of correct predictions, or of losses in a small unit.  STATUS_NO_MEMORY.
 */
enum status permutation_test(const double *differences, size_t count,
                             uint32_t permutations, struct random *random, double *p,
                             struct error *err);

#endif
