/* GET /metrics: what all loops have counted, as text that Prometheus reads (0.0.4). */
#ifndef TRIAGE_METRICS_H
#define TRIAGE_METRICS_H

#include "service/request.h"

struct context;

void metrics_show(struct context *context, struct request *request);

#endif
