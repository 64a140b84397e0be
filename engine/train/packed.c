/* See packed.h. */
#include "train/packed.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t length, index;
};

static int longest_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* order and lengths, then active and offset, which follow from them. */
static bool lay_out(struct packed *packed, const struct history *const *histories,
                    struct arena *arena)
{
    struct place *places = arena_alloc(arena, packed->rows * sizeof *places);
    uint32_t *order = arena_alloc(arena, packed->rows * sizeof *order);
    uint32_t *lengths = arena_alloc(arena, packed->rows * sizeof *lengths);

    if (places == NULL || order == NULL || lengths == NULL)
        return false;
    for (uint32_t b = 0; b < packed->rows; b++)
        places[b] = (struct place){histories[b]->length, b};
    qsort(places, packed->rows, sizeof *places, longest_first);
    for (uint32_t b = 0; b < packed->rows; b++) {
        order[b] = places[b].index;
        lengths[b] = places[b].length;
    }
    packed->order = order;
    packed->lengths = lengths;
    packed->steps = lengths[0];

    uint32_t *active = arena_alloc(arena, packed->steps * sizeof *active);
    size_t *offset = arena_alloc(arena, packed->steps * sizeof *offset);
    if (active == NULL || offset == NULL)
        return false;
    uint32_t running = packed->rows;
    for (uint32_t t = 0; t < packed->steps; t++) {
        while (lengths[running - 1] <= t)
            running--;
        active[t] = running;
        offset[t] = packed->places;
        packed->places += running;
    }
    packed->active = active;
    packed->offset = offset;
    return true;
}

enum status packed_init(struct packed *packed, const struct history *const *histories,
                        size_t count, uint32_t K, uint32_t F, struct arena *arena,
                        struct error *err)
{
    memset(packed, 0, sizeof *packed);
    if (count == 0 || count > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "", "a batch of %zu histories", count);
    packed->rows = (uint32_t)count;
    if (!lay_out(packed, histories, arena))
        return error_no_memory(err);
    packed->ids = arena_array(arena, packed->places, K * sizeof *packed->ids);
    packed->values = arena_array(arena, packed->places, (F + 1) * sizeof *packed->values);
    if (packed->ids == NULL || packed->values == NULL)
        return error_no_memory(err);
    for (uint32_t t = 0; t < packed->steps; t++)
        for (uint32_t b = 0; b < packed->active[t]; b++) {
            const struct history *history = histories[packed->order[b]];
            size_t place = packed->offset[t] + b;
            memcpy(packed->ids + place * K, history->ids + (size_t)t * K,
                   K * sizeof *packed->ids);
            if (F > 0)
                memcpy(packed->values + place * F, history->values + (size_t)t * F,
                       F * sizeof *packed->values);
        }
    return STATUS_OK;
}
