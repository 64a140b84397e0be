/*
 * A history under construction: what the rooms that decode it share (history.c: fields and
 * events; times.c: their order).  Private to them.
 */
#ifndef TRIAGE_DECODING_H
#define TRIAGE_DECODING_H

#include <jansson.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine.h"
#include "model/schema.h"

enum { POINTER_BYTES = 96 };

/* What is under construction: the history, its rows and where we are. */
struct decoding {
    const struct schema *schema;
    struct arena *arena;
    struct error *err;
    const char *where; /* pointer to the history, in the whole document */
    struct history *history;
    uint32_t K, F;
    struct unknown_value *unknown;
    struct ignored_field *ignored;
};

/* STATUS_BAD_INPUT at the place `inside` the history. */
enum status decoding_wrong(struct decoding *d, const char *inside, const char *expected,
                           const json_t *received, const char *text);

/*
 * The times of the events, sorted, stably: *times [length], or NULL when no event has one;
 * *rows gives for each event, as it was given, the row that it goes to, NULL when none
 * moves.  A mixture of events with and without a time is an error.
 */
enum status decoding_times(struct decoding *d, const json_t *events, int64_t **times,
                           uint32_t **rows);

#endif
