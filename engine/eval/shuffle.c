/* See shuffle.h. */
#include "eval/shuffle.h"
#include "base/error.h"

#include <string.h>

enum status shuffle_history(struct history *shuffled, const struct history *history,
                            uint32_t length, const struct schema *schema,
                            struct random *random, struct arena *arena, struct error *err)
{
    size_t K = schema->categories, F = schema_inputs(schema), moving = F;
    uint32_t *ids = arena_array(arena, length * K + 1, sizeof *ids);
    float *values = arena_array(arena, length * F + 1, sizeof *values);
    size_t *order = arena_array(arena, length, sizeof *order);

    if (ids == NULL || values == NULL || order == NULL)
        return error_no_memory(err);
    moving -= schema->time_count; /* numbers stand first */
    for (size_t t = 0; t < length; t++)
        order[t] = t;
    random_shuffle(random, order, length);
    for (size_t t = 0; t < length; t++) {
        memcpy(ids + t * K, history->ids + order[t] * K, K * sizeof *ids);
        if (F == 0)
            continue;
        memcpy(values + t * F, history->values + order[t] * F, moving * sizeof *values);
        memcpy(values + t * F + moving, history->values + t * F + moving,
               (F - moving) * sizeof *values);
    }
    *shuffled = *history;
    shuffled->ids = ids;
    shuffled->values = F == 0 ? NULL : values;
    shuffled->length = length;
    return STATUS_OK;
}
