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
    struct trained_model *trained;  /* owned */
    struct packed_weights **packed; /* [members] owned; TASK_CONTINUE: of the encoders */
    struct packed_weights **decoders; /* TASK_CONTINUE: [members] owned; else NULL */
    const char *kernel; /* name of the kernels, if not those of numerics 1; else NULL */
    /* TASK_NEXT, TASK_CONTINUE: [values of "event" + 2] the action that is the event, by its id; ACTION_OTHER if
       there is none, ACTION_NONE if the name is missing.  Owned; else NULL */
    uint32_t *event_actions;
    uint32_t event_column; /* of ids, with event_actions: the name of the event */
    /* The same: END_OF_HISTORY; ACTION_NONE: there is none.  TASK_CONTINUE has one. */
    uint32_t end_action;
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
