/* See tally.h. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    arena_init(&tally->arena, SIZE_MAX);
}

void tally_release(struct tally *tally)
{
    arena_release(&tally->arena);
    free(tally->values);
    free(tally->slots);
    memset(tally, 0, sizeof *tally);
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
static bool grow(struct tally *tally)
{
    size_t count = tally->slot_count == 0 ? 16 : 2 * tally->slot_count;
    struct tally_value *values =
        realloc(tally->values, count / 2 * sizeof *tally->values);
    uint32_t *slots = calloc(count, sizeof *slots);

    if (values != NULL)
        tally->values = values;
    if (values == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    for (size_t i = 0; i < tally->count; i++) {
        size_t slot = values[i].hash & (count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = count;
    return true;
}

/* The value, made if it is new; NULL in *found when there are too many. */
static bool find(struct tally *tally, const void *bytes, size_t length,
                 struct tally_value **found)
{
    uint32_t hash = hash_of(bytes, length);
    size_t slot;

    if (2 * (tally->count + 1) > tally->slot_count && !grow(tally))
        return false;
    slot = hash & (tally->slot_count - 1);
    for (; tally->slots[slot] != 0; slot = (slot + 1) & (tally->slot_count - 1)) {
        struct tally_value *value = &tally->values[tally->slots[slot] - 1];
        *found = value;
        if (value->hash == hash && value->length == length &&
            memcmp(value->bytes, bytes, length) == 0)
            return true;
    }
    *found = NULL;
    if (tally->count == TALLY_MOST)
        return true;
    const char *copy = arena_text(&tally->arena, bytes, length);
    if (copy == NULL)
        return false;
    *found = &tally->values[tally->count];
    **found = (struct tally_value){copy, length, hash, 0, SIZE_MAX, 0};
    tally->slots[slot] = (uint32_t)++tally->count;
    return true;
}

bool tally_add(struct tally *tally, const void *bytes, size_t length, size_t events,
               size_t history)
{
    struct tally_value *value;

    if (!find(tally, bytes, length, &value))
        return false;
    if (value == NULL) {
        tally->beyond += events;
        return true;
    }
    value->histories += value->last != history;
    value->last = history;
    value->events += events;
    return true;
}
