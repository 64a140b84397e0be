/*
 * Warnings about numbers that are plausible one by one: with the other sign from some place on, cut
 * off at a limit, or 0 where there is none.
 */
#ifndef TRIAGE_ODD_NUMBERS_H
#define TRIAGE_ODD_NUMBERS_H

#include "data/common/messages.h"
#include "data/warnings/sample.h"

/*
 * For each number field, one warning for each of these:
 *
 *   - From some place on, nearly all numbers have the other sign, and the same magnitudes.
 *   - Many numbers are equal to the largest one, and the others hardly ever equal each other.
 *     Not where a few numbers are 1 or 100, which is the end of a scale.
 *   - Many numbers are 0: only from some place on, or up to it; or only these are written without
 *     the decimal places of all others; or all others are far from 0.
 *
 * is_timed: the histories are in the order of time; what changes at a place is not searched
 * otherwise, because the file may be sorted by the number.
 */
enum status warn_about_odd_numbers(struct messages *messages, const struct sample *sample,
                                   bool is_timed, struct error *err);

#endif
