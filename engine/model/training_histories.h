/*
 * The training histories in a model file: what the baselines of an evaluation need, so that they
 * are trained on the data that the model was trained on.
 *
 * The baselines use the names of the events and the actions, so nothing else is held, and not the
 * order of the histories.  Equal histories are held once, with a count.  More than
 * TRAINING_HISTORIES_BYTES are not held at all: baselines that are trained on a part of the data
 * are weaker, and a comparison with them is not fair.  The number of the histories and a sketch of
 * them (history_sketch.h) are held in any case.
 */
#ifndef TRIAGE_TRAINING_HISTORIES_H
#define TRIAGE_TRAINING_HISTORIES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/trained_model.h"
#include "trainer.h"

enum { TRAINING_HISTORIES_BYTES = 768 * 1024 /* 1 MiB of base64 */ };

/*
 * Set model->histories to those of data that have an action of the model, train and validation.
 * With only_count nothing but their number is held.  STATUS_NO_MEMORY.
 */
enum status training_histories_set(struct trained_model *model,
                                   const struct training_data *data, bool only_count,
                                   struct error *err);

/*
 * Append model->histories as members of the metadata, each with a comma before it, and read them
 * from an object of strings.  STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
void training_histories_write(const struct trained_model *model, struct strbuf *out);
enum status training_histories_read(struct trained_model *model, const json_t *metadata,
                                    struct error *err);

/*
 * Decode model->histories.sequences, which is not NULL.  The ids of a decoded history are
 * [length], the names of its events; it has no values.  *examples [*count] and all that they need
 * are in the arena.  STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
enum status training_histories_decode(const struct trained_model *model,
                                      struct example **examples, size_t *count,
                                      struct arena *arena, struct error *err);

#endif
