/*
 * GET /openapi.json: the description of the API (OpenAPI 3.1), the file openapi.json beside this
 * one.
 *
 * The document is the same in every deployment, so that clients generated from it outlive the
 * models and limits of a service; what a model takes is at /models/{name}/schema.  The tests hold
 * it equal to the routes and the kinds of problems, validate every answer against it, and send each
 * of its examples.
 */
#ifndef TRIAGE_OPENAPI_H
#define TRIAGE_OPENAPI_H

#include <stddef.h>

#include "service/request.h"

struct context;

/* The document, without a zero byte at its end. */
const char *openapi_text(size_t *length);

/* Answer with the document. */
void openapi_show(struct context *context, struct request *request);

#endif
