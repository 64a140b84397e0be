/*
 * Warnings about a validation part that differs from the training part.  In dated data it is the
 * latest part, so what differs has changed, and will be as it is there.
 */
#ifndef TRIAGE_PART_DIFFERENCES_H
#define TRIAGE_PART_DIFFERENCES_H

#include "data/examples.h"

/*
 * Add a warning for each of these, if chance does not explain it (four standard deviations, counted
 * in histories); the result does not depend on the number of threads:
 *
 *     an action whose share of the labels differs by more than a tenth (the one that differs most)
 *     a field of which more than 5 % of the values are unknown in the validation part, and three
 *     times as many as in the training part
 *     a median length that differs by a factor of two: histories that were cut, or are still open
 */
enum status warn_about_part_differences(struct examples *examples, uint32_t threads,
                                        struct error *err);

#endif
