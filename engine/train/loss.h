/* Softmax cross-entropy, forward and backward; natural logarithms. */
#ifndef TRIAGE_LOSS_H
#define TRIAGE_LOSS_H

#include <stddef.h>

/*
 * -ln of the probability that softmax gives to class y, in double; scores [C].  dscores [C]
 * receives weight * (softmax - one-hot(y)); it may be NULL.
 */
double loss_cross_entropy(const float *scores, size_t C, size_t y, double weight,
                          float *dscores);

/* The same loss with the scores divided by a temperature. */
double loss_at_temperature(const float *scores, size_t C, size_t y, double temperature);

#endif
