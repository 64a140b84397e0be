/* Packing a batch: sort by length, lay out the steps, copy ids and values event by event. */
#include "train/packed_batch.h"

#include <stdlib.h>
#include <string.h>

static int compare_lengths(const void *a, const void *b)
{
    const struct history_length *x = a, *y = b;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void history_lengths_sort(struct history_length *lengths, size_t count)
{
    qsort(lengths, count, sizeof *lengths, compare_lengths);
}

static enum status sort_rows(struct packed_batch *batch,
                             const struct history *const *histories, struct arena *arena,
                             struct error *err)
{
    struct history_length *sorted = arena_alloc(arena, batch->rows * sizeof *sorted);
    uint32_t *order = arena_alloc(arena, batch->rows * sizeof *order);
    uint32_t *lengths = arena_alloc(arena, batch->rows * sizeof *lengths);
    if (!sorted || !order || !lengths)
        return error_no_memory(err);
    for (uint32_t b = 0; b < batch->rows; b++)
        sorted[b] = (struct history_length){.length = histories[b]->length, .index = b};
    history_lengths_sort(sorted, batch->rows);
    for (uint32_t b = 0; b < batch->rows; b++) {
        order[b] = sorted[b].index;
        lengths[b] = sorted[b].length;
    }
    batch->order = order;
    batch->lengths = lengths;
    batch->steps = lengths[0];
    return STATUS_OK;
}

static enum status lay_out_steps(struct packed_batch *batch, struct arena *arena,
                                 struct error *err)
{
    uint32_t *sizes = arena_alloc(arena, batch->steps * sizeof *sizes);
    size_t *offset = arena_alloc(arena, batch->steps * sizeof *offset);
    if (!sizes || !offset)
        return error_no_memory(err);
    uint32_t size = batch->rows;
    for (uint32_t t = 0; t < batch->steps; t++) {
        while (batch->lengths[size - 1] <= t)
            size--;
        sizes[t] = size;
        offset[t] = batch->events;
        batch->events += size;
    }
    batch->batch_sizes = sizes;
    batch->offset = offset;
    return STATUS_OK;
}

static enum status copy_events(struct packed_batch *batch, const struct schema *schema,
                               const struct history *const *histories,
                               struct arena *arena, struct error *err)
{
    size_t K = schema->categories, F = schema_inputs(schema);
    batch->ids = arena_array(arena, batch->events, K * sizeof *batch->ids);
    batch->values = arena_array(arena, batch->events, (F + 1) * sizeof *batch->values);
    if (!batch->ids || !batch->values)
        return error_no_memory(err);
    for (uint32_t t = 0; t < batch->steps; t++)
        for (uint32_t b = 0; b < batch->batch_sizes[t]; b++) {
            const struct history *history = histories[batch->order[b]];
            size_t event = batch->offset[t] + b;
            memcpy(batch->ids + event * K, history->ids + (size_t)t * K,
                   K * sizeof *batch->ids);
            if (F > 0)
                memcpy(batch->values + event * F, history->values + (size_t)t * F,
                       F * sizeof *batch->values);
        }
    return STATUS_OK;
}

enum status packed_batch_init(struct packed_batch *batch, const struct schema *schema,
                              const struct history *const *histories, size_t count,
                              struct arena *arena, struct error *err)
{
    if (count == 0 || count > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "",
                         "a batch has %zu histories, expected 1 to %u", count,
                         UINT32_MAX);
    *batch = (struct packed_batch){.rows = (uint32_t)count};
    RETURN_IF_ERROR(sort_rows(batch, histories, arena, err));
    RETURN_IF_ERROR(lay_out_steps(batch, arena, err));
    return copy_events(batch, schema, histories, arena, err);
}
