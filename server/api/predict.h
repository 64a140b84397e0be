/* POST /predict: from a body to the probabilities of each action, and back out. */
#ifndef TRIAGE_PREDICT_H
#define TRIAGE_PREDICT_H

#include "service/request.h"

struct context;

/* Answer at once, or have the loop resume the request when its histories have been run. */
void predict_start(struct context *context, struct request *request);

#endif
