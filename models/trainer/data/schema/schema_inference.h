/*
 * Inferring a schema from the training histories: the fields of events, their kinds and values.
 * Scales are measured afterwards (triage_schema_end_raw), unless a recipe gives them.
 *
 * A field of strings and booleans is a category, a field of numbers is a number; a column of CSV is
 * a number if all its cells can be read as numbers.  The usual marks of a missing value are
 * missing.  If at least half of the histories have times, all time features are used.
 *
 * If nearly all values of a field are numbers, the field is a number and the others are missing,
 * with a warning that names the first: one odd cell does not make a category of it.  But if the
 * numbers are probably codes (they have leading zeros, or there are few different ones), it is a
 * category.
 *
 * A value that occurs in one history only is left out of its field.  It trains the embedding row
 * "unknown", which is later used for values that are not in the data at all.
 *
 * A field is left out as a whole if it is
 *
 *   an identifier   a category of more than 20 values where more than half of the events that
 *                   have the field have a value that occurs in one history only; or whole numbers
 *                   that do not vary within a history and are distinct in nearly every history
 *   constant        the same value, or no value, in every event; or in 99.9 % of the events, if
 *                   the other events are in fewer than 10 histories (a rare flag that occurs in
 *                   more histories is useful)
 *   not plain       arrays and objects
 */
#ifndef TRIAGE_SCHEMA_INFERENCE_H
#define TRIAGE_SCHEMA_INFERENCE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/workers.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"
#include "model/schema.h"

/* What a schema is inferred from; all borrowed. */
struct inference_data {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *histories;
    struct workers *workers;
    const char *file; /* named in errors */
    /*
     * The schema of a model that the training goes on from, or NULL.  Its fields are never left out,
     * its values are known in any number of histories, and its time features stay.
     */
    const struct schema *from;
    const json_t
        *left_out; /* names of fields that its training has left out; NULL: none */
};

/*
 * The schema of the training histories as JSON (json_decref it), without scales and keys; NULL with
 * err.  A note about each field, used or left out, is added to messages.  comma_columns
 * [tape->column_count] receives which columns have decimal commas.
 */
json_t *schema_infer(const struct inference_data *data, struct messages *messages,
                     bool *comma_columns, struct error *err);

#endif
