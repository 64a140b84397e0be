/*
 * From trained weights to the bytes of a model file: the report, the golden history, and a check
 * that the bytes can be loaded.
 *
 * The golden history is one history with its probabilities.  Every load computes them again and
 * compares.  The file must not contain the free text of an incident.  So fields that are not in
 * the schema are left out, and an unknown value is replaced by a text of question marks, which is
 * unknown as well and so has the same probabilities.
 */
#ifndef TRIAGE_MODEL_WRITER_H
#define TRIAGE_MODEL_WRITER_H

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"
#include "train/curve.h"
#include "trainer.h"

/* Set the report of the model: results, settings, curve and, unless NULL, notes. */
enum status model_writer_report(struct trained_model *model,
                                const struct training *training,
                                const struct report *report, const struct curve *curve,
                                const json_t *notes, struct error *err);

/*
 * Write the bytes of the model file to file, which is cleared first.  golden may be NULL.  The
 * statuses of triage_model_read, triage_history_decode and triage_classifier_run.
 */
enum status model_writer_write(const struct trained_model *model, const json_t *golden,
                               struct strbuf *file, struct error *err);

#endif
