/*
 * The events of a history that is being read, and from there to the rows of the history.
 *
 * A row has a value for each field of the schema.  It begins as "not given" in every field, because
 * the case-level fields ("fields") may come after the events: what is not given is taken from them
 * when the history ends, in the order of the times.
 */
#ifndef TRIAGE_EVENT_ROWS_H
#define TRIAGE_EVENT_ROWS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "engine.h"
#include "model/schema.h"

/* The events are in the order of the text.  The memory is used for the next history. */
struct event_rows {
    const struct schema *schema;
    size_t K, N, F;
    uint32_t *ids;         /* [capacity][K]; not given from count on */
    float *numbers;        /* [capacity][2 N]; the same */
    struct instant *times; /* [capacity] */
    uint32_t *case_ids;    /* [K]; missing at first */
    float *case_numbers;   /* [2 N] */
    uint32_t count, capacity;
};

/* From all-zero, or released.  STATUS_NO_MEMORY. */
enum status event_rows_init(struct event_rows *rows, const struct schema *schema,
                            struct arena *arena, struct error *err);
void event_rows_release(struct event_rows *rows);

/* Begin the next history: no events, and no case-level fields. */
void event_rows_clear(struct event_rows *rows);

/* Twice the capacity; false: no memory. */
bool event_rows_grow(struct event_rows *rows, struct arena *arena);

/* Is the field given by an event, or for the case? */
bool event_rows_have(const struct event_rows *rows, const struct field *field);

/*
 * Sort the events by time: *positions receives the row of each event [count], in the arena, or NULL if
 * they are in order.  STATUS_NO_MEMORY.
 */
enum status event_rows_sort(struct event_rows *rows, uint32_t **positions,
                            struct arena *arena, struct error *err);

/*
 * Write the ids, values and length of the history, in the arena, in the order of history->positions;
 * history->has_times says whether the events have times.  STATUS_NO_MEMORY.
 */
enum status event_rows_encode(const struct event_rows *rows, struct history *history,
                              struct arena *arena, struct error *err);

#endif
