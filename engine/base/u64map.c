/* See numbering.h. */
#include "base/u64map.h"

#include <stdlib.h>

enum { ROOM_LEAST = 64, ROOM_MOST = 1 << 30 };

/* The last mixing of splitmix64 (Steele, Lea and Flood 2014). */
static uint32_t slot_of(uint64_t key, uint32_t room)
{
    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(key ^ key >> 31) & (room - 1);
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t find_slot(const struct u64map *n, uint64_t key)
{
    uint32_t slot = slot_of(key, n->room);

    while (n->slots[slot] != 0 && n->keys[n->slots[slot] - 1] != key)
        slot = (slot + 1) & (n->room - 1);
    return slot;
}

/* Twice the room; at most half of the slots are ever full. */
static bool grow(struct u64map *n)
{
    uint32_t room = n->room == 0 ? ROOM_LEAST : 2 * n->room;
    uint32_t *slots;
    uint64_t *keys;

    if (n->room >= ROOM_MOST)
        return false;
    keys = realloc(n->keys, room / 2 * sizeof *keys);
    if (keys == NULL)
        return false;
    n->keys = keys;
    slots = calloc(room, sizeof *slots);
    if (slots == NULL)
        return false;
    free(n->slots);
    n->slots = slots;
    n->room = room;
    for (uint32_t number = 0; number < n->count; number++)
        slots[find_slot(n, keys[number])] = number + 1;
    return true;
}

void u64map_release(struct u64map *numbering)
{
    free(numbering->keys);
    free(numbering->slots);
    *numbering = (struct u64map){0};
}

uint32_t u64map_find(const struct u64map *numbering, uint64_t key)
{
    uint32_t found =
        numbering->count == 0 ? 0 : numbering->slots[find_slot(numbering, key)];

    return found == 0 ? (uint32_t)U64MAP_NONE : found - 1;
}

uint32_t u64map_add(struct u64map *numbering, uint64_t key)
{
    uint32_t found = u64map_find(numbering, key);

    if (found != U64MAP_NONE)
        return found;
    if (numbering->count == numbering->room / 2 && !grow(numbering))
        return U64MAP_NONE;
    numbering->keys[numbering->count] = key;
    numbering->slots[find_slot(numbering, key)] = numbering->count + 1;
    return numbering->count++;
}
