/*
 * Warnings about labels, names of events and values that are probably one, or several, in another
 * spelling than the differences of case and marks that warnings.c finds.
 */
#ifndef TRIAGE_VALUE_SPELLINGS_H
#define TRIAGE_VALUE_SPELLINGS_H

#include "data/common/messages.h"
#include "data/warnings/sample.h"

/*
 * For the labels, the names of the events and each category, one warning for each of these:
 *
 *     numbers in two spellings, "101" and "101.0" or "0101"
 *     one prefix or ending in many values that are there without it, too: "[AUTO] alarm"
 *     U+FFFD, which stands for a character that was lost
 *
 * And for the names of the events: cells that list several of them, and one name for all.
 * Columns whose values are explained by a warning are marked so.
 */
enum status warn_about_value_spellings(struct messages *messages, struct sample *sample,
                                       const struct histories *histories,
                                       struct error *err);

#endif
