/*
 * Reading JSON text, the same way everywhere: any value at the top, duplicate keys refused,
 * UTF-8 checked, and jansson's complaint turned into ours.  Rooms that need the values walk
 * jansson's tree themselves.
 */
#ifndef TRIAGE_JSON_H
#define TRIAGE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/*
 * Make jansson use the allocator of json.c, for the whole process.  Programs call it (or
 * triage_init) before they start threads.  Without it, json_read is safe only while memory does
 * not run out.
 */
void json_init(void);

/*
 * The tree of length bytes of text (json_decref it), or NULL with err: STATUS_BAD_JSON with
 * line and column, STATUS_NO_MEMORY when memory ran out inside the library.
 */
json_t *json_read(const char *bytes, size_t length, struct error *err);

/*
 * Append value as JSON on one line, reals with that many digits at most.  As with all that is
 * added to a text, failure sticks; json_dumps, when memory runs out for a key, loses the key.
 */
void json_write(struct strbuf *text, const json_t *value, unsigned digits);

/* "a string", "an object", ..., for messages; "nothing" for NULL.  Borrowed, for ever. */
const char *json_kind(const json_t *value);

/*
 * value as a person would like to see it in an error, cut to size - 1 bytes at a character:
 * strings quoted, numbers and literals as they are, "an array" and "an object" in words.
 */
void json_preview(const json_t *value, char *room, size_t size);

/*
 * Append "/token" to a JSON Pointer in room (RFC 6901: ~ as ~0, / as ~1), cut when it is
 * full.  Returns room.
 */
char *pointer_join(char *room, size_t size, const char *where, const char *token);
char *pointer_join_index(char *room, size_t size, const char *where, size_t index);

/*
 * A key of the object that is none of known (ended by NULL) is a mistake of whoever wrote it:
 * STATUS_BAD_INPUT, its pointer beginning with where.
 */
enum status json_check_keys(const json_t *object, const char *const *known,
                            const char *expected, const char *where, struct error *err);

#endif
