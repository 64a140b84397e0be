/* See pass.h. */
#include "bench/pass.h"

void pass_run(void *context)
{
    struct rnn_layer *pass = context;

    for (size_t i = 0; i < pass->total; i += pass->batch) {
        size_t left = pass->total - i;
        triage_classifier_run(pass->classifier, pass->histories + i,
                              left < pass->batch ? left : pass->batch,
                              pass->answers + i * WORKLOAD_ACTIONS, NULL);
    }
}
