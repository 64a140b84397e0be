/*
 * A pass over some histories through one classifier, a batch a call: what is timed.
 */
#ifndef TRIAGE_PASS_H
#define TRIAGE_PASS_H

#include "bench/workload.h"
#include "engine.h"

enum { PASS_HISTORIES = 1024, PASS_ANSWERS = PASS_HISTORIES * WORKLOAD_ACTIONS };

struct rnn_layer {
    struct classifier *classifier;
    const struct history *histories;
    size_t total, batch; /* at most PASS_HISTORIES */
    float answers[PASS_ANSWERS];
};

/* context is a struct rnn_layer. */
void pass_run(void *context);

#endif
