/*
 * A schema from the data: what fields the events have, which values they take.
 *
 * Strings and booleans make a categorical field, numbers a number.  Values seen fewer than
 * twice are left to the row "unknown".  Left out, with a word on stderr: fields of
 * mixed or nested kinds, identifiers (nearly every history has its own value), constants.
 * Times, when histories have them, give every feature that the engine derives from time.
 */
#ifndef TRIAGE_INFER_H
#define TRIAGE_INFER_H

#include <jansson.h>

#include "base/status.h"

struct infer;

struct infer *infer_new(struct error *err);
void infer_free(struct infer *infer);

/* Look at one history that learns. */
enum status infer_add(struct infer *infer, const json_t *history, struct error *err);

/* The schema as JSON (json_decref it), its scales still 0 and 1; NULL with err. */
json_t *infer_schema(const struct infer *infer, struct error *err);

#endif
