/*
 * A model that can be run: a trained model, and its weights packed for the kernels that were in use
 * when it was loaded.  Immutable, so that any number of threads may share one.
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
    const char *kernel; /* the name of the kernels if they are not exact, else NULL */
};

/* The most events of a golden history. */
enum { MODEL_REPLAY_EVENTS = 100000 };

/*
 * Decode and classify one JSON history in memory of its own: how a golden history is made and
 * checked.  probabilities is [C].  Error places begin with "/golden".  The statuses of
 * triage_history_decode and triage_classifier_run.
 */
enum status model_replay(const struct model *model, const json_t *history,
                         float *probabilities, struct error *err);

#endif
