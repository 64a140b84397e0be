/* See census.h. */
#include "data/census.h"

#include <stdlib.h>
#include <string.h>

void census_init(struct census *census)
{
    memset(census, 0, sizeof *census);
    arena_init(&census->arena, SIZE_MAX);
}

void census_release(struct census *census)
{
    arena_release(&census->arena);
    free(census->values);
    free(census->slots);
    memset(census, 0, sizeof *census);
}

/* FNV-1a; the values are the user's own. */
static uint32_t hash_of(const unsigned char *bytes, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

/* Twice the slots, and room for half as many values. */
static bool grow(struct census *census)
{
    size_t count = census->slot_count == 0 ? 16 : 2 * census->slot_count;
    struct census_value *values =
        realloc(census->values, count / 2 * sizeof *census->values);
    uint32_t *slots = calloc(count, sizeof *slots);

    if (values != NULL)
        census->values = values;
    if (values == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    for (size_t i = 0; i < census->count; i++) {
        size_t slot = values[i].hash & (count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    free(census->slots);
    census->slots = slots;
    census->slot_count = count;
    return true;
}

/* The value, made if it is new; NULL in *found when there are too many. */
static bool find(struct census *census, const void *bytes, size_t length,
                 struct census_value **found)
{
    uint32_t hash = hash_of(bytes, length);
    size_t slot;

    if (2 * (census->count + 1) > census->slot_count && !grow(census))
        return false;
    slot = hash & (census->slot_count - 1);
    for (; census->slots[slot] != 0; slot = (slot + 1) & (census->slot_count - 1)) {
        struct census_value *value = &census->values[census->slots[slot] - 1];
        *found = value;
        if (value->hash == hash && value->length == length &&
            memcmp(value->bytes, bytes, length) == 0)
            return true;
    }
    *found = NULL;
    if (census->count == CENSUS_MOST)
        return true;
    const char *copy = arena_text(&census->arena, bytes, length);
    if (copy == NULL)
        return false;
    *found = &census->values[census->count];
    **found = (struct census_value){copy, length, hash, 0, SIZE_MAX, 0};
    census->slots[slot] = (uint32_t)++census->count;
    return true;
}

bool census_add(struct census *census, const void *bytes, size_t length, size_t events,
                size_t history)
{
    struct census_value *value;

    if (!find(census, bytes, length, &value))
        return false;
    if (value == NULL) {
        census->beyond += events;
        return true;
    }
    value->histories += value->last != history;
    value->last = history;
    value->events += events;
    return true;
}
