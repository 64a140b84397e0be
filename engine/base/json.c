/*
 * Reading and writing JSON with jansson.
 *
 * jansson's lexer does not notice when its token buffer cannot grow: it loses a byte, and if
 * that byte is a closing quote, it looks for another one beyond the end.  Therefore jansson uses
 * the allocator below.  If an allocation fails during json_read, that call will return
 * STATUS_NO_MEMORY; but until jansson returns, the token buffer grows in a reserve that was
 * allocated before, and all other allocations fail, which jansson handles.  The token buffer is
 * recognised by its size, 16 times a power of two; few other allocations have such a size, and
 * RESERVE_PER_BYTE leaves space for those.
 */
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "base/size.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum {
    RESERVE_PER_BYTE = 8, /* bytes of the reserve for each byte of the text */
    RESERVE_LEAST = 4096, /* and in addition to those */
    INDEX_SIZE = 24       /* of the digits of a size_t and a zero */
};

/* ---- allocation ------------------------------------------------------------------------ */

struct reserve {
    char *begin, *next, *end; /* all NULL outside json_read */
    bool ran_out;             /* of memory */
};

static _Thread_local struct reserve reserve;

static void *reserve_alloc(size_t bytes)
{
    bool may_be_growth = bytes >= 32 && (bytes & (bytes - 1)) == 0;
    reserve.ran_out = true;
    if (!may_be_growth || bytes > (size_t)(reserve.end - reserve.next))
        return NULL;
    void *begin = reserve.next;
    reserve.next += bytes;
    return begin;
}

static void *json_malloc(size_t bytes)
{
    if (!reserve.begin)
        return malloc(bytes);
    void *memory = reserve.ran_out ? NULL : malloc(bytes);
    return memory ? memory : reserve_alloc(bytes);
}

static void json_free(void *memory)
{
    uintptr_t at = (uintptr_t)memory;
    if (at < (uintptr_t)reserve.begin || at >= (uintptr_t)reserve.end)
        free(memory);
}

void json_init(void)
{
    json_set_alloc_funcs(json_malloc, json_free);
}

static bool reserve_open(size_t length)
{
    size_t bytes;
    if (!size_multiply(length, RESERVE_PER_BYTE, &bytes) ||
        !size_add(bytes, RESERVE_LEAST, &bytes))
        return false;
    char *begin = malloc(bytes);
    if (!begin)
        return false;
    reserve = (struct reserve){.begin = begin, .next = begin, .end = begin + bytes};
    return true;
}

static void reserve_close(void)
{
    free(reserve.begin);
    reserve = (struct reserve){.begin = NULL};
}

/* ---- reading and writing --------------------------------------------------------------- */

static void fail_at(struct error *err, const char *reason, int line, int column)
{
    if (!err || err->status != STATUS_OK)
        return;
    error_set(err, STATUS_BAD_JSON, "", "cannot be read as JSON: %s", reason);
    err->line = line > 0 ? (unsigned)line : 1;
    err->column = column > 0 ? (unsigned)column : 1;
}

/* Why jansson refused the text: its own words, or clearer ones. */
static const char *reason_of(const char *bytes, size_t length, const json_error_t *error)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (json_error_code(error) == json_error_null_character)
        return "a string has a \\u0000 in it";
    size_t mark_bytes = sizeof byte_order_mark - 1;
    if (length >= mark_bytes && memcmp(bytes, byte_order_mark, mark_bytes) == 0)
        return "it begins with a byte order mark";
    return error->text;
}

json_t *json_read(const char *bytes, size_t length, struct error *err)
{
    if (json_are_blank(bytes, length)) {
        fail_at(err, "the text is empty", 1, 1);
        return NULL;
    }
    if (!reserve_open(length)) {
        error_no_memory(err);
        return NULL;
    }

    json_error_t error;
    json_t *tree =
        json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    bool ran_out = reserve.ran_out;
    if (tree && ran_out) {
        /* Before reserve_close, because the tree may point into the reserve. */
        json_decref(tree);
        tree = NULL;
    }
    reserve_close();

    if (ran_out || (!tree && json_error_code(&error) == json_error_out_of_memory))
        error_no_memory(err);
    else if (!tree)
        fail_at(err, reason_of(bytes, length, &error), error.line, error.column);
    return tree;
}

static int add_to_buffer(const char *bytes, size_t length, void *context)
{
    struct strbuf *buffer = context;
    strbuf_add_bytes(buffer, bytes, length);
    return buffer->has_failed ? -1 : 0;
}

void json_write(struct strbuf *buffer, const json_t *value, unsigned digits)
{
    if (json_dump_callback(value, add_to_buffer, buffer,
                           JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits)) != 0)
        buffer->has_failed = true;
}

/* ---- messages -------------------------------------------------------------------------- */

const char *json_kind(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

/*
 * Copy a string and add quotes.  If it does not fit, it ends with dots.  Control characters become
 * question marks.
 */
static void preview_string(const char *string, char *buffer, size_t size)
{
    static const char dots[] = "...\"";
    size_t length = strlen(string);
    if (length + 3 <= size) {
        snprintf(buffer, size, "\"%s\"", string);
    } else if (size > sizeof dots + 1) {
        size_t cut = utf8_cut(string, length, size - sizeof dots - 1);
        snprintf(buffer, size, "\"%.*s%s", (int)cut, string, dots);
    } else {
        utf8_copy(buffer, size, "a string");
    }
    for (char *c = buffer; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
}

void json_preview(const json_t *value, char *buffer, size_t size)
{
    if (json_is_string(value))
        preview_string(json_string_value(value), buffer, size);
    else if (json_is_integer(value))
        snprintf(buffer, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(buffer, size, "%.15g", json_real_value(value));
    else
        utf8_copy(buffer, size, json_kind(value));
}

char *pointer_join(char *buffer, size_t size, const char *where, const char *token)
{
    if (buffer != where)
        utf8_copy(buffer, size, where);
    size_t used = strlen(buffer);
    if (used + 1 < size)
        buffer[used++] = '/';
    for (; *token != '\0'; token++) {
        const char *escape = *token == '~' ? "~0" : *token == '/' ? "~1" : NULL;
        size_t count = escape ? 2 : 1;
        if (used + count >= size)
            break;
        memcpy(buffer + used, escape ? escape : token, count);
        used += count;
    }
    if (utf8_is_continuation(*token)) /* the buffer was full inside a character */
        while (used > 0 && utf8_is_continuation(buffer[--used]))
            continue;
    buffer[used] = '\0';
    return buffer;
}

char *pointer_join_index(char *buffer, size_t size, const char *where, size_t index)
{
    char token[INDEX_SIZE];
    snprintf(token, sizeof token, "%zu", index);
    return pointer_join(buffer, size, where, token);
}

enum status json_check_keys(const json_t *object, const char *const *known,
                            const char *expected, const char *where, struct error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_iterable(object), key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        char pointer[sizeof err->where], phrase[SUGGEST_PHRASE];
        if (!known[i])
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join(pointer, sizeof pointer, where, key),
                                  expected, key, "unknown key \"%.64s\"%s", key,
                                  suggest_phrase(key, known, phrase, sizeof phrase));
    }
    return STATUS_OK;
}
