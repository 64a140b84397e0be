/*
 * What a loop passes to every function that handles a request.
 *
 * Each loop has its own context, which only its thread uses.  All loops share service, whose
 * changing members are atomic; options, router and registry do not change.
 */
#ifndef TRIAGE_CONTEXT_H
#define TRIAGE_CONTEXT_H

#include "service/batcher.h"
#include "service/counters.h"
#include "service/forecast_queue.h"
#include "service/log.h"
#include "service/options.h"
#include "service/registry.h"
#include "service/service.h"
#include "service/suspended.h"

struct router;

struct context {
    struct service *service;
    const struct options *options;     /* of the service */
    const struct router *router;       /* the routes; api/router.h */
    struct registry *registry;         /* the models that are served; holds a reference */
    struct batcher **batchers;         /* [registry_count(registry)], one per model */
    struct forecast_queue **forecasts; /* the same */
    struct counters *counters;         /* what this loop counts */
    struct suspended suspended;        /* requests that wait for their batcher */
    struct list slices; /* requests whose body is decoded, or answer written, in slices */
    unsigned decoding;  /* texts that are not decoded, and answers that are not written */
    struct log log;
};

#endif
