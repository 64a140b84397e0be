/*
 * A model that can be run: what was trained, and the weights packed for the kernels that were
 * in use when it was loaded.  Immutable, so any number of threads may share one.
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
    const char *kernel; /* the name of kernels that are not exact; NULL for exact ones */
};

/* model_replay decodes at most this many events. */
enum { MODEL_REPLAY_EVENTS = 100000 };

/*
 * Decode a JSON history object and classify it in memory of its own, as the golden history of a
 * model file is made and replayed.  probabilities is [C].  Error places begin with "/golden".
 * The statuses of triage_history_decode and triage_classifier_run.
 */
enum status model_replay(const struct model *model, const json_t *history,
                         float *probabilities, struct error *err);

#endif
