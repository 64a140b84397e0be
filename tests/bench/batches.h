/* The work that the engine bench times: histories classified in batches by one classifier. */
#ifndef TRIAGE_BATCHES_H
#define TRIAGE_BATCHES_H

#include "bench/workload.h"
#include "engine.h"

enum { BATCHES_HISTORIES = 1024, BATCHES_ANSWERS = BATCHES_HISTORIES * WORKLOAD_ACTIONS };

struct batches {
    struct classifier *classifier;
    const struct history *histories;
    size_t count, batch; /* histories in all and per call, at most BATCHES_HISTORIES */
    float answers[BATCHES_ANSWERS];
};

/* context is a struct batches. */
static inline void batches_classify(void *context)
{
    struct batches *batches = context;
    for (size_t i = 0; i < batches->count; i += batches->batch) {
        size_t left = batches->count - i;
        triage_classifier_run(batches->classifier, batches->histories + i,
                              left < batches->batch ? left : batches->batch,
                              batches->answers + i * WORKLOAD_ACTIONS, NULL);
    }
}

#endif
