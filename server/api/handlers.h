/*
 * The functions that answer the routes; those of /metrics and /openapi.json are declared in
 * metrics.h and openapi.h, those of NDJSON streams in stream.h.
 *
 * A handler answers the request, or adds it to context->suspended until its histories have been run.
 */
#ifndef TRIAGE_HANDLERS_H
#define TRIAGE_HANDLERS_H

#include "service/context.h"
#include "service/request.h"

/* GET /: the list of routes, as a page, as text or as JSON. */
void index_show(struct context *context, struct request *request);

/* POST /predict with a JSON body. */
void predict_start(struct context *context, struct request *request);

/* POST /forecast. */
void forecast_start(struct context *context, struct request *request);

/* In each turn of the loop: decode a slice of one of the bodies that are longer than a slice. */
void predict_step(struct context *context);

/* GET /models, /models/{name}, /models/{name}/schema, /livez, /readyz and /healthz. */
void info_models(struct context *context, struct request *request);
void info_model(struct context *context, struct request *request);
void info_model_schema(struct context *context, struct request *request);
void info_live(struct context *context, struct request *request);
void info_ready(struct context *context, struct request *request);

/* GET /problems and /problems/{code}. */
void problems_list(struct context *context, struct request *request);
void problems_show(struct context *context, struct request *request);

#endif
