/*
 * Inferring a schema from the training histories: the fields of events, their kinds and values.
 * Scales are measured afterwards (triage_schema_end_raw), unless a recipe gives them.
 *
 * Strings and booleans make a categorical field, numbers a numeric one.  If at least half of the
 * histories have times, all time features are used.
 *
 * A value that occurs in one history only is left out of its field.  It trains the embedding row
 * "unknown", which later stands for values that are not in the data at all.
 *
 * A field is left out as a whole if it is
 *
 *   an identifier   a category of more than 20 values where more than half of the events that
 *                   have the field have a value that occurs in one history only; or whole numbers
 *                   that do not vary within a history and are distinct in nearly every history
 *   constant        the same value, or no value, in every event; or in 99.9 % of the events, if
 *                   the other events are in fewer than 10 histories (a rare flag that occurs in
 *                   more histories is useful)
 *   of mixed kinds  arrays and objects; numbers in some places and strings in others
 */
#ifndef TRIAGE_SCHEMA_INFERENCE_H
#define TRIAGE_SCHEMA_INFERENCE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "trainer.h"

struct schema_inference;

struct schema_inference *schema_inference_new(struct error *err);
void schema_inference_free(struct schema_inference *inference);

/* Add a training history.  STATUS_BAD_INPUT, with its place, if an event's name is a number. */
enum status schema_inference_add(struct schema_inference *inference,
                                 const json_t *history, struct error *err);

/*
 * The schema as JSON (json_decref it), without scales; NULL with err.  A line about each field,
 * used or left out, is appended to notes.
 */
json_t *schema_inference_finish(const struct schema_inference *inference,
                                struct strbuf *notes, struct error *err);

/* Does the schema of a recipe have all means and scales? */
bool scales_are_given(const json_t *schema);

/*
 * Replace *schema, whose scales were measured, by a copy that has the scales of given, the schema
 * of a recipe, where it has them.
 */
enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err);

#endif
