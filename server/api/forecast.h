/*
 * What a prediction does instead if the request is POST /forecast: one history, whose continuations
 * are found by the forecast queue of its model.
 */
#ifndef TRIAGE_API_FORECAST_H
#define TRIAGE_API_FORECAST_H

#include <stddef.h>

#include "engine.h"
#include "service/context.h"
#include "service/forecast_queue.h"

struct prediction;

struct forecast {
    struct forecast_request request; /* for the decoder */
    struct forecast_queue *queue;    /* of the model; NULL until it is known */
    struct forecast_job job;
    /* When it has ended: copies in the arena of the request. */
    struct continuation *continuations; /* [count] */
    size_t count;
};

/* Set what a request does not say, and the limits. */
void forecast_init(struct forecast *forecast, const struct options *options);

/* The text is decoded: refuse what cannot be forecast, or prepare the job. */
enum status forecast_prepare(struct prediction *prediction, struct error *err);

/* Copy the continuations.  STATUS_NO_MEMORY. */
enum status forecast_keep(struct forecast *forecast,
                          const struct continuation *continuations, size_t count,
                          struct arena *arena);

#endif
