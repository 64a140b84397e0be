/* Which handler answers which method on which path: a table. */
#ifndef TRIAGE_ROUTES_H
#define TRIAGE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "service/request.h"

struct route {
    enum method method; /* METHOD_GET stands for HEAD too */
    const char *path;   /* its last part may be "{name}", which stands for any one part */
    void (*handle)(struct request *request); /* answers, or arranges to be resumed */
    bool is_probe;                           /* left out of the log */
    bool streams;                            /* takes histories by the line too */

    /* For /openapi.json: what it is called there, and the schema of its answer; NULL: text. */
    const char *id, *title, *about, *answers;
};

/* Set request->route, or answer 404, or 405 with what is allowed. */
void route_find(struct request *request);

size_t routes_count(void);

/* The place of the first route with that path: one path, one place.  The count for NULL. */
size_t route_place(const struct route *route);

/* Its inverse; NULL where no path has its place. */
const struct route *route_at(size_t place);

#endif
