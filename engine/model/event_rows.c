#include "model/event_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_EVENTS = 32 };

#define NOT_GIVEN UINT32_MAX /* an id, and the bits of a flag, of a field without value */

/* ---- memory -------------------------------------------------------------------------------- */

static void encode_missing(struct event_rows *rows)
{
    for (uint32_t i = 0; i < rows->schema->field_count; i++) {
        const struct field *field = &rows->schema->fields[i];
        if (field->kind == FIELD_CATEGORY)
            rows->case_ids[field->index] = SCHEMA_MISSING;
        else
            schema_encode_missing(field, &rows->case_numbers[2 * (size_t)field->index]);
    }
}

enum status event_rows_init(struct event_rows *rows, const struct schema *schema,
                            struct arena *arena, struct error *err)
{
    size_t K = schema->categories, N = schema->numbers;
    *rows =
        (struct event_rows){.schema = schema, .K = K, .N = N, .F = schema_inputs(schema)};
    rows->case_ids =
        arena_alloc(arena, K * sizeof *rows->case_ids + 2 * N * sizeof(float));
    if (!rows->case_ids)
        return error_no_memory(err);
    rows->case_numbers = (float *)(void *)(rows->case_ids + K);
    encode_missing(rows);
    return STATUS_OK;
}

void event_rows_release(struct event_rows *rows)
{
    if (rows->capacity > FIRST_EVENTS)
        free(rows->times); /* all of its arrays */
    *rows = (struct event_rows){.count = 0};
}

/* Mark all fields of the events [first..end) as not given. */
static void clear(struct event_rows *rows, size_t first, size_t end)
{
    size_t K = rows->K, N = rows->N, count = end - first;
    if (count == 0)
        return;
    memset(rows->ids + first * K, 0xFF, count * K * sizeof *rows->ids);
    if (N > 0)
        memset(rows->numbers + first * 2 * N, 0xFF,
               count * 2 * N * sizeof *rows->numbers);
}

void event_rows_clear(struct event_rows *rows)
{
    clear(rows, 0, rows->count);
    rows->count = 0;
    if (rows->schema)
        encode_missing(rows);
}

/*
 * Their arrays are one allocation, that begins with the times; the first one is from the arena, so
 * that a small request needs no memory from the heap.
 */
bool event_rows_grow(struct event_rows *rows, struct arena *arena)
{
    struct event_rows old = *rows;
    size_t K = rows->K, N = rows->N;
    size_t capacity = old.capacity == 0 ? FIRST_EVENTS : 2 * (size_t)old.capacity;
    size_t bytes = sizeof *old.times + K * sizeof *old.ids + 2 * N * sizeof *old.numbers;
    char *block = old.capacity == 0 ? arena_alloc(arena, capacity * bytes)
                                    : malloc(capacity * bytes);
    if (!block)
        return false;
    rows->capacity = (uint32_t)capacity;
    rows->times = (struct instant *)(void *)block;
    rows->ids = (uint32_t *)(void *)(rows->times + capacity);
    rows->numbers = (float *)(void *)(rows->ids + capacity * K);
    if (old.count > 0) {
        memcpy(rows->times, old.times, old.count * sizeof *old.times);
        memcpy(rows->ids, old.ids, old.count * K * sizeof *old.ids);
        memcpy(rows->numbers, old.numbers, old.count * 2 * N * sizeof *old.numbers);
    }
    clear(rows, old.count, capacity);
    if (old.capacity > FIRST_EVENTS)
        free(old.times);
    return true;
}

bool event_rows_have(const struct event_rows *rows, const struct field *field)
{
    size_t k = field->index;
    bool is_category = field->kind == FIELD_CATEGORY;
    if (is_category && rows->case_ids[k] != SCHEMA_MISSING)
        return true;
    if (!is_category && rows->case_numbers[2 * k + 1] != field->flags[1])
        return true;
    for (size_t i = 0; i < rows->count; i++)
        if (is_category ? rows->ids[i * rows->K + k] != NOT_GIVEN
                        : !isnan(rows->numbers[2 * (i * rows->N + k) + 1]))
            return true;
    return false;
}

/* ---- encoding ------------------------------------------------------------------------------ */

static bool is_sorted(const struct event_rows *rows)
{
    for (uint32_t i = 1; i < rows->count; i++)
        if (instant_compare(rows->times[i - 1], rows->times[i]) > 0)
            return false;
    return true;
}

enum status event_rows_sort(struct event_rows *rows, uint32_t **positions,
                            struct arena *arena, struct error *err)
{
    *positions = NULL;
    if (is_sorted(rows))
        return STATUS_OK;
    uint32_t *order = arena_alloc(arena, rows->count * sizeof *order);
    struct arena_mark mark = arena_mark(arena);
    struct timed_index *sorted = arena_array(arena, rows->count, sizeof *sorted);
    if (!order || !sorted)
        return error_no_memory(err);
    for (uint32_t i = 0; i < rows->count; i++)
        sorted[i] = (struct timed_index){.time = rows->times[i], .index = i};
    timed_index_sort(sorted, rows->count);
    for (uint32_t i = 0; i < rows->count; i++) {
        rows->times[i] = sorted[i].time;
        order[sorted[i].index] = i;
    }
    arena_rewind(arena, mark);
    *positions = order;
    return STATUS_OK;
}

/* Copy event i to its row; what is not given comes from the case-level fields. */
static void copy_event(const struct event_rows *rows, uint32_t i, uint32_t *ids,
                       float *values)
{
    size_t K = rows->K, N = rows->N;
    const uint32_t *own_ids = rows->ids + i * K;
    const float *own_numbers = rows->numbers + i * 2 * N;
    for (size_t k = 0; k < K; k++)
        ids[k] = own_ids[k] == NOT_GIVEN ? rows->case_ids[k] : own_ids[k];
    for (size_t n = 0; n < 2 * N; n += 2) {
        const float *from = own_numbers + n;
        if (isnan(from[1]))
            from = rows->case_numbers + n;
        values[n] = from[0];
        values[n + 1] = from[1];
    }
}

static enum status encode_times(const struct event_rows *rows, bool has_times,
                                float *values, struct arena *arena, struct error *err)
{
    struct arena_mark mark = arena_mark(arena);
    int64_t *times = NULL;
    if (rows->schema->time_count == 0)
        return STATUS_OK;
    if (has_times) {
        times = arena_alloc(arena, rows->count * sizeof *times);
        if (!times)
            return error_no_memory(err);
        for (uint32_t i = 0; i < rows->count; i++)
            times[i] = rows->times[i].us;
    }
    schema_encode_times(rows->schema, times, rows->count, values + 2 * rows->N,
                        (uint32_t)rows->F);
    arena_rewind(arena, mark);
    return STATUS_OK;
}

enum status event_rows_encode(const struct event_rows *rows, struct history *history,
                              struct arena *arena, struct error *err)
{
    size_t K = rows->K, F = rows->F, count = rows->count;
    const uint32_t *positions = history->positions;
    uint32_t *ids = arena_alloc(arena, count * K * sizeof *ids);
    float *values = arena_alloc(arena, count * F * sizeof *values);
    if (!ids || !values)
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        size_t row = positions ? positions[i] : i;
        copy_event(rows, i, ids + row * K, values + row * F);
    }
    RETURN_IF_ERROR(encode_times(rows, history->has_times, values, arena, err));
    history->length = rows->count;
    history->reordered = positions != NULL;
    history->ids = ids;
    history->values = F > 0 ? values : NULL;
    return STATUS_OK;
}
