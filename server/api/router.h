/* Routes, each a method, a path and its handler, and finding the route of a request. */
#ifndef TRIAGE_ROUTER_H
#define TRIAGE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "service/context.h"
#include "service/request.h"

struct route {
    enum method method; /* METHOD_GET also answers HEAD */
    const char *path;   /* one part may be "{...}", which matches any one part */

    /* Answer the request, or add it to context->suspended until it has an answer. */
    void (*handle)(struct context *context, struct request *request);

    /* For a body of NDJSON; called when the head is complete.  NULL: handle is called. */
    void (*handle_stream)(struct context *context, struct request *request);

    const char *about; /* a line for GET / */
    bool is_probe;     /* a health route: not logged */

    /* Names of the query, separated by blanks: others are refused.  NULL: others are ignored. */
    const char *arguments;
    const char *members; /* of the body, which are no arguments; NULL: it has none */
};

struct router {
    const struct route *routes; /* [count] */
    size_t count;
};

/*
 * Find the route and set the members of request that depend on it.  OPTIONS is answered here: 204
 * with Allow.  If there is no route, answer 404, or 405 with Allow.
 */
void router_find(const struct context *context, struct request *request);

/* Call the handler of request->route. */
void router_handle(struct context *context, struct request *request);

/*
 * The route at index if it is the first one of its path, else NULL.  The requests of a path are
 * counted under the index of its first route.
 */
const struct route *router_at(const struct router *router, size_t index);

/* All routes of the service (routes.c). */
extern const struct router api_router;

#endif
