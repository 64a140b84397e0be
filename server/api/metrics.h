/* GET /metrics: what all loops have counted, as text that Prometheus reads (0.0.4). */
#ifndef TRIAGE_METRICS_H
#define TRIAGE_METRICS_H

#include "service/request.h"

void metrics_show(struct request *request);

#endif
