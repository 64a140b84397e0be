/* Scales that a recipe gives, which replace those that were measured. */
#ifndef TRIAGE_SCALES_H
#define TRIAGE_SCALES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "trainer.h"

/* Does the schema of a recipe have all means and scales? */
bool scales_are_given(const json_t *schema);

/*
 * Replace *schema, whose scales were measured, by a copy that has the scales of given, the schema
 * of a recipe, where it has them.
 */
enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err);

#endif
