/*
 * A name that is joined from the values of several keys, with "+" between them: "submitted+complete"
 * from {"activity": "submitted", "lifecycle": "complete"} and the key "activity+lifecycle".
 *
 * Blanks around a value are not part of it.  What means the same is written the same: "true" for "True",
 * "40" for 40.0.  A value that is missing is left out, with its "+".  Where all are missing, the name is
 * what a single value would be: a mark of a missing value, null, or an empty text.
 */
#ifndef TRIAGE_NAME_PARTS_H
#define TRIAGE_NAME_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_reader.h"

enum { NAME_PARTS = 8 };

/* The keys of the parts, in the order of the name; they are parts of a longer text, and borrowed. */
struct name_keys {
    struct span list[NAME_PARTS]; /* [count] */
    uint32_t count;
};

/*
 * Split a key at each "+".  count is 0 if it joins nothing: it has no "+", nothing is before or after
 * one, or it has more than NAME_PARTS parts.
 */
void name_keys_split(struct name_keys *keys, const char *key);

/* The index of a key; keys->count if it is none of them. */
static inline uint32_t name_keys_find(const struct name_keys *keys, struct span key)
{
    uint32_t i = 0;
    while (i < keys->count && !span_equals(keys->list[i], key.bytes, key.length))
        i++;
    return i;
}

/* A key that is given twice; NULL. */
const struct span *name_keys_repeated(const struct name_keys *keys);

enum name_part_kind { PART_ABSENT, PART_EMPTY, PART_NULL, PART_MARK, PART_TEXT };

/* The values of one event.  All-zero at first. */
struct name_parts {
    struct name_part {
        enum name_part_kind kind;
        struct span text;
    } list[NAME_PARTS];
};

/*
 * Add the value of key i; its text is copied.  False for an array, an object and a text that is too long
 * to be kept.  *has_failed is set if memory runs out.
 */
bool name_parts_add(struct name_parts *parts, uint32_t i, const struct json_value *value,
                    struct arena *arena, bool *has_failed);

/*
 * The name, as the type and the text of a JSON value: a string or null.  False if no part was added.  The
 * parts are absent again.
 */
bool name_parts_join(struct name_parts *parts, struct json_value *name,
                     struct arena *arena, bool *has_failed);

#endif
