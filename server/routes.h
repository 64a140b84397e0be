/* Which handler answers which method on which path: a table. */
#ifndef TRIAGE_ROUTES_H
#define TRIAGE_ROUTES_H

#include <stdbool.h>

#include "request.h"

struct route {
    enum method method; /* METHOD_GET stands for HEAD too */
    const char *path;
    void (*handle)(struct request *request); /* answers, or arranges to be resumed */
    bool is_probe;                           /* left out of the log */
    bool streams;                            /* takes histories by the line too */
};

/* Set request->route, or answer 404, or 405 with what is allowed. */
void route_find(struct request *request);

#endif
