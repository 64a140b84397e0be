/*
 * Reading JSON text.
 *
 * jansson's lexer does not notice when its token buffer cannot grow: it loses a byte, and
 * where that byte was a closing quote it looks for another one past the end.  Therefore its
 * allocator is ours.  While a text is being read the first allocation that fails is noted,
 * which makes the whole reading fail, and growth of the buffer is from then on served from a
 * reserve; everything else fails, which jansson handles.  The buffer's sizes are 16 times
 * a power of two; few other requests are, and RESERVE_PER_BYTE has room for those.
 */
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "base/strbuf.h"
#include "base/utf8.h"

enum { RESERVE_PER_BYTE = 8, RESERVE_LEAST = 4096 };

struct reserve {
    char *begin, *next, *end; /* all NULL outside json_read */
    bool ran_out;
};

static _Thread_local struct reserve reserve;

static void *reserve_take(size_t bytes)
{
    bool may_be_growth = bytes >= 32 && (bytes & (bytes - 1)) == 0;
    reserve.ran_out = true;
    if (!may_be_growth || bytes > (size_t)(reserve.end - reserve.next))
        return NULL;
    void *place = reserve.next;
    reserve.next += bytes;
    return place;
}

static void *json_malloc(size_t bytes)
{
    void *place = reserve.ran_out ? NULL : malloc(bytes);
    return place != NULL || reserve.begin == NULL ? place : reserve_take(bytes);
}

static void json_free(void *place)
{
    uintptr_t at = (uintptr_t)place;
    if (at < (uintptr_t)reserve.begin || at >= (uintptr_t)reserve.end)
        free(place);
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
    if (begin == NULL)
        return false;
    reserve = (struct reserve){begin, begin, begin + bytes, false};
    return true;
}

static void reserve_close(void)
{
    free(reserve.begin);
    reserve = (struct reserve){NULL, NULL, NULL, false};
}

static bool is_blank(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\0' || strchr(" \t\r\n", bytes[i]) == NULL)
            return false;
    return true;
}

static void complain(struct error *err, const char *text, int line, int column)
{
    if (err == NULL || err->status != STATUS_OK)
        return;
    error_set(err, STATUS_BAD_JSON, "", "cannot be read as JSON: %s", text);
    err->line = line > 0 ? (unsigned)line : 1;
    err->column = column > 0 ? (unsigned)column : 1;
}

/* The library's reason; ours where it speaks of itself, or shows what cannot be seen. */
static const char *reason_of(const char *bytes, size_t length, const json_error_t *error)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (json_error_code(error) == json_error_null_character)
        return "a string has a \\u0000 in it";
    if (length >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0)
        return "it begins with a byte order mark";
    return error->text;
}

json_t *json_read(const char *bytes, size_t length, struct error *err)
{
    json_error_t error;
    if (is_blank(bytes, length)) {
        complain(err, "the text is empty", 1, 1);
        return NULL;
    }
    if (!reserve_open(length)) {
        error_no_memory(err);
        return NULL;
    }

    json_t *tree =
        json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    bool has_lasted = !reserve.ran_out;
    if (tree != NULL && !has_lasted) {
        json_decref(tree); /* before the reserve it may point into goes */
        tree = NULL;
    }
    reserve_close();

    if (!has_lasted ||
        (tree == NULL && json_error_code(&error) == json_error_out_of_memory))
        error_no_memory(err);
    else if (tree == NULL)
        complain(err, reason_of(bytes, length, &error), error.line, error.column);
    return tree;
}

static int add_to_text(const char *bytes, size_t length, void *context)
{
    struct strbuf *text = context;
    strbuf_add_bytes(text, bytes, length);
    return text->has_failed ? -1 : 0;
}

void json_write(struct strbuf *text, const json_t *value, unsigned digits)
{
    if (json_dump_callback(value, add_to_text, text,
                           JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits)) != 0)
        text->has_failed = true;
}

const char *json_kind(const json_t *value)
{
    if (value == NULL)
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

/* Copy a string with its quotes, on one line; what does not fit ends in dots. */
static void preview_string(const char *string, size_t length, char *room, size_t size)
{
    static const char dots[] = "...\"";
    if (length + 3 <= size) {
        snprintf(room, size, "\"%s\"", string);
    } else if (size > sizeof dots + 1) {
        size_t cut = utf8_cut(string, length, size - sizeof dots - 1);
        snprintf(room, size, "\"%.*s%s", (int)cut, string, dots);
    } else {
        utf8_copy(room, size, "a string");
    }
    for (char *c = room; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
}

void json_preview(const json_t *value, char *room, size_t size)
{
    if (json_is_string(value))
        preview_string(json_string_value(value), strlen(json_string_value(value)), room,
                       size);
    else if (json_is_integer(value))
        snprintf(room, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(room, size, "%.15g", json_real_value(value));
    else
        utf8_copy(room, size, json_kind(value));
}

char *pointer_join(char *room, size_t size, const char *where, const char *token)
{
    if (room != where)
        utf8_copy(room, size, where);
    size_t used = strlen(room);
    if (used + 1 < size)
        room[used++] = '/';
    for (; *token != '\0'; token++) {
        const char *escape = *token == '~' ? "~0" : *token == '/' ? "~1" : NULL;
        size_t more = escape != NULL ? 2 : 1;
        if (used + more >= size)
            break;
        memcpy(room + used, escape != NULL ? escape : token, more);
        used += more;
    }
    if (utf8_is_continuation(*token)) /* the cut fell inside a character */
        while (used > 0 && utf8_is_continuation(room[--used]))
            continue;
    room[used] = '\0';
    return room;
}

char *pointer_join_index(char *room, size_t size, const char *where, size_t index)
{
    char token[24];
    snprintf(token, sizeof token, "%zu", index);
    return pointer_join(room, size, where, token);
}

enum status json_check_keys(const json_t *object, const char *const *known,
                            const char *expected, const char *where, struct error *err)
{
    const char *key;
    json_t *value;
    char place[96];

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL)
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join(place, sizeof place, where, key), expected,
                                  key, "there is no \"%.64s\" here", key);
    }
    return STATUS_OK;
}
