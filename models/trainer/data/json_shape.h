/* What a JSON text is that should be a line with a history, and is not. */
#ifndef TRIAGE_JSON_SHAPE_H
#define TRIAGE_JSON_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

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
