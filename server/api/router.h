/* Routes: which handler answers which method on which path, and finding the one of a request. */
#ifndef TRIAGE_ROUTER_H
#define TRIAGE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "service/context.h"
#include "service/request.h"

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

struct router {
    const struct route *routes; /* [count] */
    size_t count;
};

/* Set request->route and what follows from it, or answer 404, or 405 with Allow. */
void router_find(const struct context *context, struct request *request);

/* Call the handler of request->route. */
void router_handle(struct context *context, struct request *request);

/* The first route of a path, by the index that its requests are counted by; NULL for others. */
const struct route *router_at(const struct router *router, size_t index);

#endif
