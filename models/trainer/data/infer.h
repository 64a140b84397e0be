/*
 * A schema from the data: what fields the events have, which values they take.
 *
 * Strings and booleans make a categorical field, numbers a number; times, when at least half
 * of the histories have them, give every feature that the engine derives from time.
 *
 *   rare values       seen in one history only, are left to the row "unknown", which is so
 *                     learnt from values that are as rare as those still to come
 *   identifiers       strings most of which are seen in one history only (more than half of
 *                     what stands in the field, over 20 values); whole numbers that stay the
 *                     same within each history and are nearly unique among them
 *   constants         one value, or nothing, in every event; or in 99.9 % of the events, when
 *                     what stands in the rest is seen in fewer than 10 histories.  A rare flag
 *                     that is seen more often is evidence, and is kept
 *   other kinds       arrays and objects; numbers in some places, strings in others
 *
 * All but the first are left out.  What was done with each field is said in one line.
 */
#ifndef TRIAGE_INFER_H
#define TRIAGE_INFER_H

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"

struct infer;

struct infer *infer_new(struct error *err);
void infer_free(struct infer *infer);

/* Look at one history that learns.  STATUS_BAD_INPUT, with a pointer: a name is no string. */
enum status infer_add(struct infer *infer, const json_t *history, struct error *err);

/*
 * The schema as JSON (json_decref it), its scales still 0 and 1, and a line about each field
 * added to talk; NULL with err.
 */
json_t *infer_schema(const struct infer *infer, struct strbuf *talk, struct error *err);

#endif
