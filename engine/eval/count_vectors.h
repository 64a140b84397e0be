/*
 * The count vectors of histories: how often each event occurs in a history, whatever their order.
 *
 * The distance of a history is the number of events that must be added to it, or taken out of it,
 * until its count vector is one of the set: the smallest L1 distance between their vectors.  0: the
 * set has the same vector.
 */
#ifndef TRIAGE_COUNT_VECTORS_H
#define TRIAGE_COUNT_VECTORS_H

#include "base/arena.h"
#include "eval/predictions.h"

struct count_vector;

/* It keeps no pointer to the histories. */
struct count_vectors {
    struct arena arena;           /* of the counts */
    struct count_vector *vectors; /* [count] owned; distinct and by length once sorted */
    size_t count, capacity;
};

void count_vectors_init(struct count_vectors *set);
void count_vectors_release(struct count_vectors *set);

/* STATUS_NO_MEMORY. */
enum status count_vectors_add(struct count_vectors *set, struct event_ids ids,
                              const struct history *history, struct error *err);

/* Sort the set; needed between the last count_vectors_add and count_vectors_distance. */
void count_vectors_sort(struct count_vectors *set);

/* Set *distance; UINT64_MAX for an empty set.  STATUS_NO_MEMORY. */
enum status count_vectors_distance(struct count_vectors *set, struct event_ids ids,
                                   const struct history *history, uint64_t *distance,
                                   struct error *err);

#endif
