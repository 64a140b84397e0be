/* Counting values: a strmap gives each value its index in an array of counts. */
#include "data/value_counts.h"

#include <stdlib.h>

void value_counts_init(struct value_counts *counts)
{
    *counts = (struct value_counts){.count = 0};
    arena_init(&counts->arena, SIZE_MAX);
}

void value_counts_release(struct value_counts *counts)
{
    if (!counts)
        return;
    arena_release(&counts->arena);
    free(counts->counts);
    *counts = (struct value_counts){.count = 0};
}

/* Make capacity for one more value. */
static bool reserve(struct value_counts *counts)
{
    if (counts->count < counts->capacity)
        return true;
    size_t capacity = counts->capacity == 0 ? 8 : 2 * counts->capacity;
    struct value_count *grown = realloc(counts->counts, capacity * sizeof *grown);
    if (!grown)
        return false;
    counts->counts = grown;
    counts->capacity = capacity;
    return true;
}

bool value_counts_add(struct value_counts *counts, const void *bytes, size_t length,
                      size_t events, size_t history)
{
    uint32_t index;
    if (counts->count == VALUE_COUNTS_MAX) {
        index = strmap_find(&counts->map, bytes, length);
        if (index == MAP_NONE) {
            counts->further_events += events;
            return true;
        }
    } else {
        index = reserve(counts) ? strmap_add(&counts->map, bytes, length, &counts->arena)
                                : MAP_NONE;
        if (index == MAP_NONE)
            return false;
    }
    struct value_count *count = &counts->counts[index];
    if (index == counts->count) {
        *count = (struct value_count){.value = counts->map.keys[index].bytes,
                                      .last_history = SIZE_MAX};
        counts->count++;
    }
    count->histories += count->last_history != history;
    count->last_history = history;
    count->events += events;
    return true;
}
