/*
 * The scales of a schema: the mean and the standard deviation of each number and time feature.
 * Scales that a recipe states are used as they are; the others are measured.
 */
#ifndef TRIAGE_SCALES_H
#define TRIAGE_SCALES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "trainer.h"

/* Does the schema of a recipe state all of its scales? */
bool scales_are_given(const json_t *schema);

/*
 * Replace *schema, whose scales were measured, by a copy with the scales that given, the schema
 * of a recipe, states.
 */
enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err);

#endif
