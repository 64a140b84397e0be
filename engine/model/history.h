/*
 * A history while it is decoded: what the tree decoder (history.c) and the fast decoder
 * (fast_decoder.c) share.
 */
#ifndef TRIAGE_HISTORY_H
#define TRIAGE_HISTORY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine.h"
#include "model/schema.h"

/* In place of the index of an event: the case-level fields, the member "fields" of a history. */
enum { HISTORY_CASE = -1 };

struct history_decoder {
    const struct schema *schema;
    uint32_t K, F;       /* of the schema */
    struct arena *arena; /* holds the arrays of the history */
    const char *where;   /* JSON Pointer of the history in the request */
    struct error *err;
    struct history *history;
    struct unknown_value *unknown; /* [HISTORY_NOTES], or NULL while there are none */
    struct ignored_field *ignored; /* [HISTORY_NOTES], or NULL while there are none */
};

/* Encode an event in which every field is missing: ids [K], and values [F] without its times. */
void history_encode_missing(const struct history_decoder *decoder, uint32_t *ids,
                            float *values);

/*
 * Note a value that a categorical field does not have in the schema.  index is the event's position
 * in the request, or HISTORY_CASE; field is NULL if the event is a string.
 */
enum status history_note_unknown(struct history_decoder *decoder, int64_t index,
                                 const struct field *field, const char *value,
                                 size_t length);

/*
 * Count a field that the schema does not have.  *index receives its index in decoder->ignored, or
 * HISTORY_NOTES if that array is full: the field is then not counted.
 */
enum status history_note_ignored(struct history_decoder *decoder, const char *name,
                                 size_t length, uint32_t *index);

/*
 * Sort times [length], microseconds, in place; equal times keep their order.  *positions [length]
 * receives the new position of each event, and the history is marked as reordered.  *positions is
 * NULL if no event moves or times is NULL.
 */
enum status history_sort(struct history_decoder *decoder, int64_t *times, uint32_t length,
                         uint32_t **positions);

#endif
