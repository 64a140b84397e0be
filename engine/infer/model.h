/*
 * A model that can be run: a trained model, and its weights packed for the kernels in use when it
 * was loaded.  It never changes, so any number of threads may share it.
 */
#ifndef TRIAGE_MODEL_H
#define TRIAGE_MODEL_H

#include <jansson.h>

#include "base/error.h"
#include "engine.h"
#include "infer/packed_weights.h"
#include "model/trained_model.h"

struct model {
    struct trained_model *trained; /* owned */
    struct packed_weights *packed; /* owned */
    const char *kernel; /* name of the kernels, if not those of numerics 1; else NULL */
};

/* The most events of a history for triage_answer_json. */
enum { MODEL_MAX_EVENTS = 100000 };

/*
 * Decode and classify a golden history, to make it or to check it, with a classifier that is freed
 * afterwards.  probabilities is [C].  JSON Pointers in errors begin with "/golden".  The statuses of triage_history_decode and
 * triage_classifier_run.
 */
enum status model_replay(const struct model *model, const json_t *golden,
                         float *probabilities, struct error *err);

#endif
