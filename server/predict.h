/* POST /predict: from a body to the probabilities of each action, and back out. */
#ifndef TRIAGE_PREDICT_H
#define TRIAGE_PREDICT_H

#include <jansson.h>

#include "registry.h"
#include "request.h"

/* Answer at once, or have the loop resume the request when its histories have been run. */
void predict_start(struct request *request);

/* The model that a request or a line asks for, or the default; it is noted for the log. */
enum status predict_choose_model(struct request *request, const json_t *body,
                                 const struct registry_entry **entry, struct error *err);

#endif
