/* Handlers of GET /models, /models/{name}, /livez, /readyz and /healthz. */
#ifndef TRIAGE_INFO_H
#define TRIAGE_INFO_H

#include "service/request.h"

struct context;

void info_models(struct context *context, struct request *request);
void info_model(struct context *context, struct request *request);
void info_live(struct context *context, struct request *request);
void info_ready(struct context *context, struct request *request);

#endif
