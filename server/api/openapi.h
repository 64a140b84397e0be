/*
 * GET /openapi.json: the description of the API (OpenAPI 3.1), made from the routes, the limits and
 * the loaded models.  The tests validate every answer against it.
 */
#ifndef TRIAGE_OPENAPI_H
#define TRIAGE_OPENAPI_H

#include "base/strbuf.h"
#include "service/options.h"
#include "service/registry.h"
#include "service/request.h"

struct context;
struct router;

/* Append the document. */
void openapi_write(struct strbuf *text, const struct router *router,
                   const struct registry *registry, const struct options *options);

/* Answer with the document. */
void openapi_show(struct context *context, struct request *request);

#endif
