/* Routes: which handler answers which method on which path. */
#ifndef TRIAGE_ROUTES_H
#define TRIAGE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "service/request.h"

struct context;

struct route {
    enum method method; /* METHOD_GET also answers HEAD */
    const char *path;   /* the last part may be "{name}", which matches any one part */

    /* Answer the request, or add it to context->suspended until it has an answer. */
    void (*handle)(struct context *context, struct request *request);

    /* The same for NDJSON, called with the head; see stream.h.  NULL: not accepted. */
    void (*handle_stream)(struct context *context, struct request *request);

    bool is_probe; /* a health route: not logged */

    /* For /openapi.json, without quotes: operationId, summary, description. */
    const char *id, *title, *about;
    const char *answers; /* name of the JSON Schema of its answer; NULL: text */
};

/* Set request->route and what follows from it, or answer 404, or 405 with Allow. */
void route_find(struct request *request);

/* Call the handler of request->route. */
void route_handle(struct context *context, struct request *request);

size_t routes_count(void);

/* The first route of a path, by the index that requests are counted by; NULL for others. */
const struct route *route_at(size_t index);

#endif
