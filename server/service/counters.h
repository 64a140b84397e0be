/*
 * What a loop counts: its requests, its histories, how long both took, why some were refused.
 *
 * Every loop has a set of its own, and only its thread writes to it: a relaxed load, an
 * addition, a relaxed store, which costs what plain memory does.  Any thread may read a set at
 * any time and sees each number as it was a moment ago.  A sum of sets is its reader's own.
 */
#ifndef TRIAGE_COUNTERS_H
#define TRIAGE_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "service/registry.h"
#include "service/request.h"

struct arena;

enum { HISTOGRAM_BUCKETS = 16, COUNTED_CODES = 19, CODE_TEXT = 8 };

/* Where the buckets of a histogram end, each end included; one more has no end. */
struct scale {
    uint32_t divisor; /* value / divisor is shown: microseconds are seconds there */
    uint32_t count;
    uint64_t bounds[HISTOGRAM_BUCKETS - 1]; /* [count] */
};

extern const struct scale scale_micros, scale_rows, scale_events;

struct histogram {
    const struct scale *scale;
    _Atomic uint64_t sum, counts[HISTOGRAM_BUCKETS]; /* not cumulative */
};

struct route_counters {
    _Atomic uint64_t requests[METHODS][COUNTED_CODES];
    struct histogram duration; /* from the head to the last byte of the answer */
};

struct model_counters {
    struct histogram queue_wait; /* from a request's last byte to its first row */
    struct histogram inference;  /* from a history's row to its end */
    struct histogram batch_size; /* rows that a round of steps moves on */
    struct histogram length;     /* events of a history */
    _Atomic uint64_t unknown_values, ignored_fields;
    size_t actions;
    _Atomic uint64_t *decisions; /* [actions] */
};

struct counters {
    struct counters *next; /* of another loop */
    _Atomic uint64_t in_flight;
    _Atomic uint64_t rejected[REJECTIONS];
    size_t routes, models;
    struct route_counters *route; /* [routes]; the last is for what has none */
    struct model_counters *model; /* [models] */
};

/* All zero, with a place for each of routes and each model; NULL when memory has run out. */
struct counters *counters_new(struct arena *arena, const struct registry *registry,
                              size_t routes);

/* Add a set of the same shape to one that nobody else writes to. */
void counters_add(struct counters *total, const struct counters *counters);

/* A request has begun; it has ended.  now_us: when. */
void counters_begin(struct counters *counters);
void counters_end(struct counters *counters, const struct request *request,
                  int64_t now_us);

/* No request could even be made. */
void counters_reject(struct counters *counters, enum rejection reason);

/* Of a history that was given a row, and of what was then answered. */
void counters_admit(struct model_counters *counters, const struct history *history);
void counters_decide(struct model_counters *counters, const float *probabilities);

void histogram_add(struct histogram *histogram, int64_t value);

/* The HTTP status counted there: "200"; "none": no answer; "other".  Returns room. */
char *counters_code(size_t place, char room[CODE_TEXT]);

static inline uint64_t count_read(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/* By its one writer. */
static inline void count_add(_Atomic uint64_t *count, uint64_t more)
{
    atomic_store_explicit(count, count_read(count) + more, memory_order_relaxed);
}

#endif
