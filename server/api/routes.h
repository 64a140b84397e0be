/* Which handler answers which method on which path: a table. */
#ifndef TRIAGE_ROUTES_H
#define TRIAGE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "service/request.h"

struct context;

struct route {
    enum method method; /* METHOD_GET also answers HEAD */
    const char *path;   /* the last part may be "{name}", which matches any one part */

    /* Answer the request, or put it into context->suspended until it has an answer. */
    void (*handle)(struct context *context, struct request *request);
    bool is_probe;       /* a health route: not logged */
    bool accepts_stream; /* also takes NDJSON, one history a line */

    /* For /openapi.json, without quotes: operationId, summary, description. */
    const char *id, *title, *about;
    const char *answers; /* name of the JSON Schema of its answer; NULL: text */
};

/* Set request->route, or answer 404, or 405 with Allow. */
void route_find(struct request *request);

size_t routes_count(void);

/* The first route of a path, by the index that requests are counted by; NULL for others. */
const struct route *route_at(size_t index);

#endif
