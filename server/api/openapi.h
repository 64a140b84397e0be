/*
 * GET /openapi.json: what the service takes and gives (OpenAPI 3.1), written from its routes, its
 * limits and the models that it has loaded.
 *
 * Every answer that the tests get is held against it.
 */
#ifndef TRIAGE_OPENAPI_H
#define TRIAGE_OPENAPI_H

#include "base/strbuf.h"
#include "service/options.h"
#include "service/registry.h"
#include "service/request.h"

struct context;

void openapi_write(struct strbuf *text, const struct registry *registry,
                   const struct options *options);

void openapi_show(struct context *context, struct request *request);

#endif
