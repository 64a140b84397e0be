/*
 * A model that can be run: what was trained, and the weights packed for the kernels that were
 * in use when it was loaded.  Immutable, so any number of threads may share one.
 */
#ifndef TRIAGE_MODEL_H
#define TRIAGE_MODEL_H

#include "engine.h"
#include "infer/packed_weights.h"
#include "model/trained_model.h"

struct model {
    struct trained_model *trained; /* owned */
    struct packed_weights *packed; /* owned */
    const char *kernel; /* the name of kernels that are not exact; NULL for exact ones */
};

#endif
