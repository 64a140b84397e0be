/*
 * The golden history: one answer that travels in the model file, so that every later load can
 * prove that it computes the same.
 *
 * Only what the schema knows goes in.  Whoever gets the model file must not find in it the
 * free text of somebody's incident: fields that were left out of the schema stay out, and a value
 * that is unknown to its field is replaced by another unknown one.
 */
#ifndef TRIAGE_GOLDEN_H
#define TRIAGE_GOLDEN_H

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"

/*
 * Append {"events": ..., "fields": ..., "probabilities": [...]} of a JSON history, answered by
 * the model.  The statuses of history_decode and classifier_run.
 */
enum status golden_write(const struct model *model, const json_t *history,
                         struct strbuf *text, struct error *err);

#endif
