/* See names.h. */
#include "base/strmap.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / the golden ratio (Knuth, 6.4) */
    return x ^ x >> 32;
}

/* 1 to 8 bytes as a number; those in the middle may be taken twice. */
static uint64_t load(const char *bytes, size_t length)
{
    uint32_t first = 0, last = 0;

    if (length >= 4) {
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + length - 4, 4);
        return first | (uint64_t)last << 32;
    }
    return (uint64_t)(unsigned char)bytes[0] |
           (uint64_t)(unsigned char)bytes[length / 2] << 8 |
           (uint64_t)(unsigned char)bytes[length - 1] << 16;
}

/* The names come from whoever made the model, so collisions are no attack. */
static uint32_t hash(const char *bytes, size_t length)
{
    uint64_t h = length;

    for (; length > 8; bytes += 8, length -= 8)
        h = mix(h ^ load(bytes, 8));
    if (length > 0)
        h = mix(mix(h) ^ load(bytes, length));
    return (uint32_t)(h >> 16);
}

/* The slot that holds the name, or the empty one where it belongs. */
static struct strmap_slot *slot_of(const struct strmap *names, const char *bytes,
                                   size_t length)
{
    uint32_t hashed = hash(bytes, length), i = hashed & names->mask;

    for (;; i = (i + 1) & names->mask) {
        struct strmap_slot *slot = &names->slots[i];
        uint32_t place = slot->place - 1;
        if (slot->place == 0 ||
            (slot->hash == hashed && names->lengths[place] == length &&
             memcmp(names->names[place], bytes, length) == 0))
            return slot;
    }
}

enum status strmap_init(struct strmap *names, const char *const *list, uint32_t count,
                        struct arena *arena, struct error *err)
{
    uint32_t room = 2;

    while (room < 2 * count)
        room *= 2;
    names->slots = arena_array(arena, room, sizeof *names->slots);
    names->lengths = arena_array(arena, count, sizeof *names->lengths);
    if (names->slots == NULL || names->lengths == NULL)
        return error_no_memory(err);
    names->names = list;
    names->count = count;
    names->mask = room - 1;
    for (uint32_t i = 0; i < count; i++) {
        size_t length = strlen(list[i]);
        struct strmap_slot *slot = slot_of(names, list[i], length);
        if (slot->place != 0)
            return error_set(err, STATUS_BAD_INPUT, "", "\"%s\" stands there twice",
                             list[i]);
        *slot = (struct strmap_slot){hash(list[i], length), i + 1};
        names->lengths[i] = (uint32_t)length;
    }
    return STATUS_OK;
}

int64_t strmap_find(const struct strmap *names, const char *bytes, size_t length)
{
    return names->slots == NULL ? -1 : (int64_t)slot_of(names, bytes, length)->place - 1;
}
