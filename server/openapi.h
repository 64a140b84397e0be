/*
 * GET /openapi.json: what the service takes and gives (OpenAPI 3.1), written from its routes, its
 * limits and the models that it has loaded.
 *
 * Every answer that the tests get is held against it.
 */
#ifndef TRIAGE_OPENAPI_H
#define TRIAGE_OPENAPI_H

#include "base/text.h"
#include "options.h"
#include "registry.h"
#include "request.h"

void openapi_write(struct text *text, const struct registry *registry,
                   const struct options *options);

void openapi_show(struct request *request);

#endif
