/*
 * What one loop counts: requests, histories, durations, rejections.
 *
 * Each loop has its own counters, and only its thread writes them: a relaxed load, an addition and
 * a relaxed store, which cost no more than a plain addition.  Any thread may read them at any time;
 * each number is right for some recent moment.  GET /metrics adds up the counters of all loops.
 */
#ifndef TRIAGE_COUNTERS_H
#define TRIAGE_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "service/registry.h"
#include "service/request.h"

struct arena;

enum { HISTOGRAM_BUCKETS = 16, COUNTED_CODES = 24, CODE_TEXT = 8 };

/*
 * The buckets of a histogram: bucket i counts values up to bounds[i] that are in no earlier bucket;
 * one more bucket counts all larger values.
 */
struct buckets {
    uint32_t divisor; /* values are shown divided by it: a million shows us as seconds */
    uint32_t count;
    uint64_t bounds[HISTOGRAM_BUCKETS - 1]; /* [count] */
};

extern const struct buckets buckets_us, buckets_rows, buckets_events;

struct histogram {
    const struct buckets *buckets;
    _Atomic uint64_t sum, counts[HISTOGRAM_BUCKETS]; /* not cumulative */
};

struct route_counters {
    _Atomic uint64_t requests[METHODS][COUNTED_CODES];
    struct histogram duration; /* us from the request's head to its answer's last byte */
};

struct model_counters {
    struct histogram queue_wait; /* us from a request's last byte until it gets a row */
    struct histogram inference;  /* us from getting a row to the end of the history */
    struct histogram forecast;   /* us from the beginning of a forecast to its end */
    struct histogram batch_size; /* rows in use, in each round of a step */
    struct histogram length;     /* events of a history */
    _Atomic uint64_t unknown_values, ignored_fields;
    size_t actions;
    _Atomic uint64_t *decisions; /* [actions] */
};

struct counters {
    struct counters *next; /* the counters of another loop; NULL: the last ones */
    _Atomic uint64_t in_flight;
    _Atomic uint64_t rejected[REJECTIONS];
    size_t route_count, model_count;
    struct route_counters *routes; /* [route_count]; the last is for all other paths */
    struct model_counters *models; /* [model_count], in the registry's order */
};

/*
 * Counters that are all zero, allocated in the arena, for that many routes, requests without a
 * route, and the models of the registry.  NULL if memory has run out.
 */
struct counters *counters_new(struct arena *arena, const struct registry *registry,
                              size_t routes);

/* Add counters to a total, which has the same routes and models and which only the caller uses. */
void counters_add(struct counters *total, const struct counters *counters);

/* Count a request that begins, and one that has ended at now_us. */
void counters_begin(struct counters *counters);
void counters_end(struct counters *counters, const struct request *request,
                  int64_t now_us);

/* Count a rejection without a request. */
void counters_reject(struct counters *counters, enum rejection reason);

/* Count a history that joins the active batch, and later its probabilities [actions]. */
void counters_admit(struct model_counters *counters, const struct history *history);
void counters_decide(struct model_counters *counters, const float *probabilities);

/* Count a value; a negative one counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* The label of counted status number index: "200", "none" (no answer) or "other".  Returns text. */
char *counters_code(size_t index, char text[CODE_TEXT]);

static inline uint64_t count_read(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/* Only the thread that writes this count may call it. */
static inline void count_add(_Atomic uint64_t *count, uint64_t more)
{
    atomic_store_explicit(count, count_read(count) + more, memory_order_relaxed);
}

#endif
