/* The events of a plain history: rows that grow, and their order.  See quick.h. */
#include <string.h>

#include "base/arena.h"
#include "model/fast_decoder.h"

enum { FIRST_ROWS = 32 };

static size_t row_bytes(const struct reading *r)
{
    return r->d.K * sizeof *r->rows.ids + r->d.F * sizeof *r->rows.values +
           sizeof *r->rows.times;
}

/* Room for more rows, keeping those that are there; room is even, so that times are aligned. */
static bool make_room(struct reading *r, uint32_t room)
{
    struct quick_rows *rows = &r->rows, old = *rows;
    uint32_t K = r->d.K, F = r->d.F;

    rows->ids = arena_alloc(r->d.arena, room * row_bytes(r));
    if (rows->ids == NULL)
        return false;
    rows->values = (float *)(rows->ids + (size_t)room * K);
    rows->times = (int64_t *)(void *)(rows->values + (size_t)room * F);
    rows->room = room;
    if (old.count > 0) {
        memcpy(rows->ids, old.ids, (size_t)old.count * K * sizeof *rows->ids);
        memcpy(rows->values, old.values, (size_t)old.count * F * sizeof *rows->values);
        memcpy(rows->times, old.times, old.count * sizeof *rows->times);
    }
    return true;
}

static bool read_event(struct reading *r)
{
    struct quick_rows *rows = &r->rows;
    uint32_t K = r->d.K, F = r->d.F, index = rows->count;

    if (index == r->rules->max_events ||
        (index == rows->room && !make_room(r, 2 * rows->room)))
        return false;
    uint32_t *ids = rows->ids + (size_t)index * K;
    float *values = rows->values + (size_t)index * F;
    memcpy(ids, r->case_ids, K * sizeof *ids);
    memcpy(values, r->case_values, F * sizeof *values);
    rows->count++;
    if (lexer_peek(&r->scan) != '"')
        return quick_fields(r, index, ids, values);
    return quick_name(r, index, ids);
}

bool quick_events(struct reading *r)
{
    r->rows.count = r->rows.timed = 0;
    if (!lexer_accept(&r->scan, '[') || !make_room(r, FIRST_ROWS))
        return false;
    for (bool is_over = false; !is_over;)
        if (!read_event(r) || !lexer_next_item(&r->scan, ']', &is_over))
            return false;
    return r->rows.timed == 0 || r->rows.timed == r->rows.count;
}

/* Rows in the order of their times, in an array of their own. */
static bool move_rows(struct reading *r, const uint32_t *to)
{
    uint32_t K = r->d.K, F = r->d.F, count = r->rows.count;
    uint32_t *ids = arena_alloc(r->d.arena, count * row_bytes(r));

    if (ids == NULL)
        return false;
    float *values = (float *)(ids + (size_t)count * K);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(ids + (size_t)to[i] * K, r->rows.ids + (size_t)i * K, K * sizeof *ids);
        memcpy(values + (size_t)to[i] * F, r->rows.values + (size_t)i * F,
               F * sizeof *values);
    }
    r->rows.ids = ids;
    r->rows.values = values;
    return true;
}

/* Values close up to the ids; what is beyond them is given back when nothing was taken since. */
static void close_up(struct reading *r)
{
    struct quick_rows *rows = &r->rows;
    size_t ids = (size_t)rows->count * r->d.K, values = (size_t)rows->count * r->d.F;
    size_t taken = rows->room * row_bytes(r);

    rows->values = memmove(rows->ids + ids, rows->values, values * sizeof *rows->values);
    arena_shrink(r->d.arena, rows->ids, taken, (ids + values) * sizeof *rows->ids);
}

bool quick_finish(struct reading *r)
{
    struct history *history = r->d.history;
    int64_t *times = r->rows.timed > 0 ? r->rows.times : NULL;
    uint32_t *to = NULL;

    history->length = r->rows.count;
    if (decoding_sort(&r->d, times, history->length, &to) != STATUS_OK ||
        (to != NULL && !move_rows(r, to)))
        return false;
    schema_encode_times(r->schema, times, history->length,
                        r->rows.values + 2 * r->schema->numbers, r->d.F);
    if (to == NULL)
        close_up(r);
    history->positions = to;
    history->ids = r->rows.ids;
    history->values = r->d.F > 0 ? r->rows.values : NULL;
    return true;
}
