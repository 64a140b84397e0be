/*
 * Reading and writing JSON with jansson, in the same way everywhere: the text may be any value, not
 * only an object or array; duplicate keys are refused; failures are in a struct error.
 */
#ifndef TRIAGE_JSON_H
#define TRIAGE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/*
 * Make jansson use the allocator of json.c, for the whole process.  Programs call it (or
 * triage_init) before they start threads.  Without it json_read may read beyond the
 * text when memory runs out.
 */
void json_init(void);

/*
 * The tree of length bytes of text (json_decref it), or NULL with err: STATUS_BAD_JSON with line
 * and column, STATUS_NO_MEMORY.
 */
json_t *json_read(const char *bytes, size_t length, struct error *err);

/*
 * Append value as JSON on one line, numbers with at most `digits` digits.  A failure sets
 * buffer->has_failed.
 */
void json_write(struct strbuf *buffer, const json_t *value, unsigned digits);

/* value for jansson's iterators: they do not change it, but they take no pointer to const. */
static inline json_t *json_iterable(const json_t *value)
{
    union {
        const json_t *constant;
        json_t *iterable;
    } pointer = {.constant = value};
    return pointer.iterable;
}

/* "a string", "an object", ..., for messages; "nothing" for NULL.  Valid forever. */
const char *json_kind(const json_t *value);

/*
 * Write value to buffer for an error message, cut to size - 1 bytes between characters: a string in
 * quotes, a number or literal as it is, or "an array" or "an object".
 */
void json_preview(const json_t *value, char *buffer, size_t size);

/*
 * Write the JSON Pointer where/token to buffer, with ~ and / in token escaped (RFC 6901: ~0, ~1),
 * cut to size - 1 bytes.  where may be buffer.  Return buffer.
 */
char *pointer_join(char *buffer, size_t size, const char *where, const char *token);
char *pointer_join_index(char *buffer, size_t size, const char *where, size_t index);

/*
 * Check that every key of object is in known, an array that ends with NULL.  STATUS_BAD_INPUT, with
 * the JSON Pointer where/key and the text expected.
 */
enum status json_check_keys(const json_t *object, const char *const *known,
                            const char *expected, const char *where, struct error *err);

#endif
