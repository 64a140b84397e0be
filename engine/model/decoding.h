/*
 * A history under construction: what the rooms that decode it share (history.c: fields and
 * events of a tree; quick.c: those of plain text; times.c: their order; notes.c: what is
 * said of it).  Private to them.
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

/* The row of an event of which nothing is known: ids [K], values [F] but for what time says. */
void decoding_miss(const struct decoding *d, uint32_t *ids, float *values);

/* Note a value that its table lacks; inside is its pointer from the history. */
enum status decoding_unknown(struct decoding *d, const char *inside, const char *value,
                             size_t length);

/*
 * Count a field that the schema lacks.  place: the field's among the ignored ones, HISTORY_NOTES
 * when there was none left for it.
 */
enum status decoding_ignored(struct decoding *d, const char *name, size_t length,
                             uint32_t *place);

/*
 * Sort times, stably, in place, and give for each event, as it was given, the row it goes to;
 * *rows is NULL when nothing moves.  times may be NULL.
 */
enum status decoding_sort(struct decoding *d, int64_t *times, uint32_t length,
                          uint32_t **rows);

/*
 * The times of the events, sorted, stably: *times [length], or NULL when no event has one;
 * *rows gives for each event, as it was given, the row that it goes to, NULL when none
 * moves.  A mixture of events with and without a time is an error.
 */
enum status decoding_times(struct decoding *d, const json_t *events, int64_t **times,
                           uint32_t **rows);

#endif
