/*
 * Are two answerers equally good?  Approximate randomisation (Noreen 1989): were they, then
 * in each history it would be chance which of the two gave which answers, so the sign of
 * each history's difference is flipped by a coin, again and again, and the p-value is the
 * share of flips (the real one among them) whose sum is at least as far from 0 as the real
 * one.
 */
#ifndef TRIAGE_PERMUTATION_H
#define TRIAGE_PERMUTATION_H

#include "base/error.h"
#include "base/random.h"

/*
 * differences [count], rounded to integers, add up to less than 2^63: right answers of the one
 * less those of the other, or losses in a small unit.
 */
enum status paired_test(const double *differences, size_t count, uint32_t flips,
                        struct random *random, double *p, struct error *err);

#endif
