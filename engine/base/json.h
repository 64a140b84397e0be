/*
 * Reading and writing JSON with jansson, the same way everywhere: any value at the top, duplicate
 * keys refused, UTF-8 checked, errors in a struct error.  Values are read from jansson's tree.
 */
#ifndef TRIAGE_JSON_H
#define TRIAGE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/*
 * Make jansson use the allocator of json.c, for the whole process.  Programs call it (or
 * triage_init) before they start threads.  Without it json_read is safe only as long as memory
 * does not run out.
 */
void json_init(void);

/*
 * The tree of length bytes of text (json_decref it), or NULL with err: STATUS_BAD_JSON with line
 * and column, STATUS_NO_MEMORY.
 */
json_t *json_read(const char *bytes, size_t length, struct error *err);

/*
 * Append value as JSON on one line, numbers with at most `digits` digits.  A failure is kept in
 * buffer; json_dumps would leave out a key when memory runs out for it.
 */
void json_write(struct strbuf *buffer, const json_t *value, unsigned digits);

/* For jansson's iterators, which change nothing but do not take a pointer to const. */
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
 * Describe value in an error, cut to size - 1 bytes at the end of a character: strings in quotes,
 * numbers and literals as they are, "an array" and "an object" in words.
 */
void json_preview(const json_t *value, char *buffer, size_t size);

/*
 * Write to buffer the JSON Pointer (RFC 6901: ~ is ~0, / is ~1) that appends token to where, cut
 * to size - 1 bytes.  where may be buffer.  Returns buffer.
 */
char *pointer_join(char *buffer, size_t size, const char *where, const char *token);
char *pointer_join_index(char *buffer, size_t size, const char *where, size_t index);

/*
 * Refuse an object with a key that is not in known, which ends with NULL: STATUS_BAD_INPUT at the
 * pointer of the key, which begins with where.
 */
enum status json_check_keys(const json_t *object, const char *const *known,
                            const char *expected, const char *where, struct error *err);

#endif
