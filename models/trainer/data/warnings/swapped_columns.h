/* Warnings about two columns whose values change places in some rows. */
#ifndef TRIAGE_SWAPPED_COLUMNS_H
#define TRIAGE_SWAPPED_COLUMNS_H

#include "data/common/messages.h"
#include "data/warnings/sample.h"

/*
 * One warning for each pair of categories of which some events have values that belong to the other
 * one, in both; and, if is_timed, for each pair of numbers that look like the other one from some
 * place on.
 */
enum status warn_about_swapped_columns(struct messages *messages,
                                       const struct sample *sample, bool is_timed,
                                       struct error *err);

#endif
