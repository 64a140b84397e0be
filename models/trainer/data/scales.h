/*
 * The means and spreads by which a schema scales its inputs, measured on the histories that
 * learn; those that a recipe gives are used as they are.  Private to the rooms that load
 * examples.
 */
#ifndef TRIAGE_SCALES_H
#define TRIAGE_SCALES_H

#include <jansson.h>
#include <stdbool.h>

#include "decode.h"

/* Does a recipe's schema say all of them? */
bool scales_are_given(const json_t *schema);

/*
 * Read the data raw, and give the examples' schema the scales that given, a recipe's schema or
 * NULL, does not say.
 */
enum status scales_measure(struct decode *decode, const json_t *given, struct error *err);

#endif
