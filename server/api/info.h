/* What the service says of itself: its models, whether it lives, whether it is ready. */
#ifndef TRIAGE_INFO_H
#define TRIAGE_INFO_H

#include "service/request.h"

void info_models(struct request *request);
void info_model(struct request *request);
void info_live(struct request *request);
void info_ready(struct request *request);

#endif
