/* Explaining a text that is neither JSON Lines nor CSV, from its beginning. */
#ifndef TRIAGE_TEXT_SHAPE_H
#define TRIAGE_TEXT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/common/keys.h"

enum { TEXT_SHAPE_SIZE = 160 };

/*
 * For a text whose first line has no separator of CSV: write what the text is and return true.
 * False if one of its lines begins as JSON.
 */
bool text_shape_of_lines(const char *text, size_t length, char buffer[TEXT_SHAPE_SIZE]);

/*
 * For a header of CSV without the columns of the keys: if no option can help, because the cells are
 * separated or quoted in another way, or the text is a log, write why and return true.
 */
bool text_shape_of_header(const char *text, size_t length, char separator,
                          const struct data_keys *keys, char buffer[TEXT_SHAPE_SIZE]);

/* ---- a JSON text that is not a line with a history ---- */

enum { JSON_SHAPE_PATH = 64, JSON_SHAPE_KEYS = 80, JSON_SHAPE_ID = 32 };

struct json_shape {
    bool is_object, has_events;
    /* The path of its first array of strings or objects: ".data.items"; "" without one. */
    char list[JSON_SHAPE_PATH];
    /* Its items are histories: they have arrays, or the key. */
    bool is_wrapper;
    unsigned plain; /* its members that are neither arrays nor objects */
    bool has_arrays;
    char keys[JSON_SHAPE_KEYS]; /* its first keys: `"a", "b"` */
    char
        id[JSON_SHAPE_ID]; /* the key of its plain member that is probably an id; or "" */
    bool is_bulk_action;   /* {"index": {"_id": ...}}: a line of Elasticsearch's bulk */
};

/*
 * Examine the first value of the text, which may be cut off or not even JSON.  events is the key of
 * the events.
 */
void json_shape_find(struct json_shape *shape, const char *bytes, size_t length,
                     const char *events);

/*
 * Write a hint, "; ..." or "", that completes a message such as `no key "events"`.  keys are those
 * of the history that the line should be.
 */
void json_shape_hint(const struct json_shape *shape, const struct data_keys *keys,
                     char *buffer, size_t size);

#endif
