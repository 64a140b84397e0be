/*
 * Count vectors as lists of the events that occur, sorted by length of the history.
 *
 * The lengths of two histories differ by at most their distance.  So the search for the nearest vector
 * begins at those of the same length, and stops where the lengths alone differ by as much as the
 * smallest distance so far.
 */
#include "eval/count_vectors.h"

#include <stdlib.h>

#include "base/array.h"

struct event_count {
    uint32_t event, count;
};

struct count_vector {
    struct event_count *counts; /* [size], by event; in the arena */
    uint32_t size, length;      /* length: the sum of the counts */
};

void count_vectors_init(struct count_vectors *set)
{
    *set = (struct count_vectors){.count = 0};
    arena_init(&set->arena, SIZE_MAX);
}

void count_vectors_release(struct count_vectors *set)
{
    arena_release(&set->arena);
    free(set->vectors);
}

static int compare_events(const void *a, const void *b)
{
    const struct event_count *x = a, *y = b;
    return (x->event > y->event) - (x->event < y->event);
}

static enum status count_events(struct count_vector *vector, struct arena *arena,
                                struct event_ids ids, const struct history *history,
                                struct error *err)
{
    struct event_count *counts = arena_array(arena, history->length, sizeof *counts);
    uint32_t size = 0;
    if (!counts)
        return error_no_memory(err);
    for (uint32_t t = 0; t < history->length; t++)
        counts[t] = (struct event_count){event_id(ids, history, t), 1};
    qsort(counts, history->length, sizeof *counts, compare_events);
    for (uint32_t t = 0; t < history->length; t++)
        if (size > 0 && counts[size - 1].event == counts[t].event)
            counts[size - 1].count++;
        else
            counts[size++] = counts[t];
    arena_shrink(arena, counts, history->length * sizeof *counts, size * sizeof *counts);
    *vector = (struct count_vector){counts, size, history->length};
    return STATUS_OK;
}

enum status count_vectors_add(struct count_vectors *set, struct event_ids ids,
                              const struct history *history, struct error *err)
{
    if (!array_reserve(&set->vectors, set->count, &set->capacity, sizeof *set->vectors))
        return error_no_memory(err);
    RETURN_IF_ERROR(
        count_events(&set->vectors[set->count], &set->arena, ids, history, err));
    set->count++;
    return STATUS_OK;
}

/* By length first. */
static int compare_vectors(const void *a, const void *b)
{
    const struct count_vector *x = a, *y = b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    for (uint32_t i = 0; i < x->size && i < y->size; i++) {
        const struct event_count *p = &x->counts[i], *q = &y->counts[i];
        if (p->event != q->event)
            return p->event < q->event ? -1 : 1;
        if (p->count != q->count)
            return p->count < q->count ? -1 : 1;
    }
    return 0; /* the sums of their counts are equal, so there are no more events */
}

void count_vectors_sort(struct count_vectors *set)
{
    size_t distinct = 0;
    if (set->count == 0)
        return;
    qsort(set->vectors, set->count, sizeof *set->vectors, compare_vectors);
    for (size_t i = 1; i < set->count; i++)
        if (compare_vectors(&set->vectors[distinct], &set->vectors[i]) != 0)
            set->vectors[++distinct] = set->vectors[i];
    set->count = distinct + 1;
}

static uint32_t difference(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* The L1 distance of two vectors if it is below the limit, or a number that is not. */
static uint64_t distance_of(const struct count_vector *a, const struct count_vector *b,
                            uint64_t limit)
{
    uint64_t sum = 0;
    uint32_t i = 0, j = 0;
    while (sum < limit && i < a->size && j < b->size) {
        const struct event_count *x = &a->counts[i], *y = &b->counts[j];
        sum += x->event < y->event   ? x->count
               : x->event > y->event ? y->count
                                     : difference(x->count, y->count);
        i += x->event <= y->event;
        j += y->event <= x->event;
    }
    for (; sum < limit && i < a->size; i++)
        sum += a->counts[i].count;
    for (; sum < limit && j < b->size; j++)
        sum += b->counts[j].count;
    return sum;
}

/* The first vector of at least this length. */
static size_t first_of_length(const struct count_vectors *set, uint32_t length)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->vectors[middle].length < length)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum status count_vectors_distance(struct count_vectors *set, struct event_ids ids,
                                   const struct history *history, uint64_t *distance,
                                   struct error *err)
{
    const struct arena_mark mark = arena_mark(&set->arena);
    struct count_vector own;
    uint64_t least = UINT64_MAX;
    RETURN_IF_ERROR(count_events(&own, &set->arena, ids, history, err));
    const size_t first = first_of_length(set, own.length);
    for (size_t i = first; i < set->count && set->vectors[i].length - own.length < least;
         i++) {
        uint64_t one = distance_of(&own, &set->vectors[i], least);
        least = one < least ? one : least;
    }
    for (size_t i = first; i > 0 && own.length - set->vectors[i - 1].length < least;
         i--) {
        uint64_t one = distance_of(&own, &set->vectors[i - 1], least);
        least = one < least ? one : least;
    }
    arena_rewind(&set->arena, mark);
    *distance = least;
    return STATUS_OK;
}
