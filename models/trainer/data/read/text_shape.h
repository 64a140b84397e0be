/* What a text is that can be read neither as JSON Lines nor as CSV, as far as its beginning tells. */
#ifndef TRIAGE_TEXT_SHAPE_H
#define TRIAGE_TEXT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/common/keys.h"

enum { TEXT_SHAPE_SIZE = 160 };

/*
 * A text without separators of CSV in its first line, none of whose lines begins as JSON: write what
 * it is and return true.
 */
bool text_shape_of_lines(const char *text, size_t length, char buffer[TEXT_SHAPE_SIZE]);

/*
 * A header of CSV that lacks the columns of the keys, and that an option cannot mend: cells that are
 * separated or quoted otherwise, or a log.  Write why and return true.
 */
bool text_shape_of_header(const char *text, size_t length, char separator,
                          const struct data_keys *keys, char buffer[TEXT_SHAPE_SIZE]);

/* ---- a JSON text that should be a line with a history, and is not ---- */

enum { JSON_SHAPE_PATH = 64, JSON_SHAPE_KEYS = 80 };

struct json_shape {
    bool is_object, has_events;
    char list
        [JSON_SHAPE_PATH]; /* the path of its first array of texts or objects: ".data.items"; "" */
    bool is_wrapper; /* the items of that array have an array of their own, or the key */
    unsigned plain;  /* its members that are neither arrays nor objects */
    bool has_arrays;
    char keys[JSON_SHAPE_KEYS]; /* its first keys: `"a", "b"` */
};

/*
 * Look at the first value of the text, which may be cut off and may be no JSON; events is the key of
 * the events.
 */
void json_shape_find(struct json_shape *shape, const char *bytes, size_t length,
                     const char *events);

/*
 * What the shape means for the reader of a message: "; ..." or "".  It completes a text such as `no
 * key "events"`.
 */
void json_shape_hint(const struct json_shape *shape, char *buffer, size_t size);

#endif
