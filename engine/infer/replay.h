/*
 * One JSON history, decoded and answered in memory of its own: how a golden history is made
 * and how it is replayed.
 */
#ifndef TRIAGE_REPLAY_H
#define TRIAGE_REPLAY_H

#include <jansson.h>

#include "base/error.h"
#include "engine.h"

enum { REPLAY_EVENTS = 100000 };

/*
 * The model's probabilities [C] for a JSON history, at most REPLAY_EVENTS long; complaints
 * begin with "/golden".  The statuses of history_decode and classifier_run.
 */
enum status replay_history(const struct model *model, const json_t *object,
                           float *probabilities, struct error *err);

#endif
