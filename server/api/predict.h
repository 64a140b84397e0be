/* The handler of POST /predict with a JSON body. */
#ifndef TRIAGE_PREDICT_H
#define TRIAGE_PREDICT_H

#include "service/context.h"
#include "service/request.h"

/* Answer at once, or add the request to context->suspended until its histories have been run. */
void predict_start(struct context *context, struct request *request);

#endif
