/*
 * From trained weights to the bytes of a model file: the report, the golden history, and a check
 * that the bytes can be loaded.
 *
 * The golden history is one history with its answer.  Every load computes the answer again and
 * compares.  Only what the schema knows is written, so that the file does not contain the free
 * text of an incident: fields that are not in the schema are left out, and a value that is
 * unknown to its field is replaced by another unknown value.
 */
#ifndef TRIAGE_MODEL_WRITER_H
#define TRIAGE_MODEL_WRITER_H

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"
#include "trainer.h"

/* Set the report of the model: results, settings and, if not NULL, notes. */
enum status model_writer_report(struct trained_model *model,
                                const struct training *training,
                                const struct report *report, const json_t *notes,
                                struct error *err);

/*
 * Append the bytes of the model file.  golden may be NULL.  The statuses of triage_model_read,
 * and for the golden history those of triage_history_decode and triage_classifier_run.
 */
enum status model_writer_write(const struct trained_model *model, const json_t *golden,
                               struct strbuf *file, struct error *err);

#endif
