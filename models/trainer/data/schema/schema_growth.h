/*
 * The schema of a training that goes on from a model: that of the model, and what is new in the data.
 *
 * The fields of the model come first, in their order and with their scales, so that its weights keep
 * their meaning.  New values follow those of the model, new fields those of the model.  Time features
 * stay as they are.  What the model holds about its own training data (schema.h, the profile and
 * "time_range") is left out.
 */
#ifndef TRIAGE_SCHEMA_GROWTH_H
#define TRIAGE_SCHEMA_GROWTH_H

#include <jansson.h>

#include "base/error.h"
#include "data/common/messages.h"
#include "model/schema.h"

/*
 * The grown schema as JSON (json_decref it), where inferred is what schema_infer has found; NULL with
 * err.  A note names the values and the fields that are new.  STATUS_BAD_INPUT, with file as the
 * place, if the data lacks a field of the model, or has another kind of values in it.
 */
json_t *schema_grow(const struct schema *from, const json_t *inferred,
                    struct messages *messages, const char *file, struct error *err);

#endif
