/* See names.h. */
#include "base/names.h"

#include <string.h>

/* FNV-1a; the names come from whoever made the model, so collisions are no attack. */
static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The slot that holds name, or the empty one where it belongs. */
static uint32_t slot_of(const struct names *names, const char *name)
{
    uint32_t slot = hash(name) & names->mask;

    while (names->slots[slot] != 0 &&
           strcmp(names->names[names->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & names->mask;
    return slot;
}

enum status names_init(struct names *names, const char *const *list, uint32_t count,
                       struct arena *arena, struct error *err)
{
    uint32_t room = 2;

    while (room < 2 * count)
        room *= 2;
    names->slots = arena_array(arena, room, sizeof *names->slots);
    if (names->slots == NULL)
        return error_no_memory(err);
    names->names = list;
    names->count = count;
    names->mask = room - 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = slot_of(names, list[i]);
        if (names->slots[slot] != 0)
            return error_set(err, STATUS_BAD_INPUT, "", "\"%s\" stands there twice",
                             list[i]);
        names->slots[slot] = i + 1;
    }
    return STATUS_OK;
}

int64_t names_find(const struct names *names, const char *name)
{
    return names->slots == NULL ? -1 : (int64_t)names->slots[slot_of(names, name)] - 1;
}
