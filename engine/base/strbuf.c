/* A growing text: bytes, printf and JSON strings.  Numbers are in text_number.c. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { FIRST_CAPACITY = 64 };

void strbuf_init(struct strbuf *text, size_t ceiling)
{
    *text = (struct strbuf){.ceiling = ceiling};
}

void strbuf_release(struct strbuf *text)
{
    if (text == NULL)
        return;
    free(text->bytes);
    *text = (struct strbuf){.ceiling = text->ceiling};
}

void strbuf_clear(struct strbuf *text)
{
    text->length = 0;
    text->has_failed = false;
    if (text->bytes != NULL)
        text->bytes[0] = '\0';
}

/* Make room for more bytes and the zero behind them; capacity doubles. */
static bool text_reserve(struct strbuf *text, size_t more)
{
    size_t length, needed, doubled;
    if (text->has_failed)
        return false;
    text->has_failed = true; /* until the end of this function proves otherwise */

    if (!size_add(text->length, more, &length) || length > text->ceiling ||
        !size_add(length, 1, &needed))
        return false;
    if (needed > text->capacity) {
        if (!size_multiply(text->capacity, 2, &doubled) || doubled < needed)
            doubled = needed;
        if (doubled < FIRST_CAPACITY)
            doubled = FIRST_CAPACITY;
        if (doubled > text->ceiling)
            doubled = text->ceiling < needed ? needed : text->ceiling;
        char *bytes = realloc(text->bytes, doubled);
        if (bytes == NULL)
            return false;
        bytes[text->length] = '\0';
        text->bytes = bytes;
        text->capacity = doubled;
    }
    text->has_failed = false;
    return true;
}

char *strbuf_take(struct strbuf *text, size_t *length)
{
    char *bytes = text_reserve(text, 0) ? text->bytes : NULL;
    *length = bytes != NULL ? text->length : 0;
    if (bytes != NULL)
        text->bytes = NULL;
    strbuf_release(text);
    return bytes;
}

void strbuf_add_bytes(struct strbuf *text, const char *bytes, size_t length)
{
    bool has_room = !text->has_failed && text->capacity - text->length > length;
    if (!has_room && !text_reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void strbuf_reserve(struct strbuf *text, size_t more)
{
    (void)text_reserve(text, more);
}

static void print(struct strbuf *text, const char *format, va_list values)
{
    va_list again;

    if (!text_reserve(text, 0))
        return;
    va_copy(again, values);
    int length = vsnprintf(text->bytes + text->length, text->capacity - text->length,
                           format, values);
    /* The first attempt overwrote the zero, and a failure must leave the text whole. */
    text->bytes[text->length] = '\0';
    if (length < 0)
        text->has_failed = true;
    if (length >= 0 && text_reserve(text, (size_t)length)) {
        (void)vsnprintf(text->bytes + text->length, text->capacity - text->length, format,
                        again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *text, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    print(text, format, values);
    va_end(values);
}

void strbuf_quoted(struct strbuf *text, const char *format, ...)
{
    size_t from = text->length;
    va_list values;

    va_start(values, format);
    print(text, format, values);
    va_end(values);
    for (size_t i = from; i < text->length; i++)
        if (text->bytes[i] == '\'')
            text->bytes[i] = '"';
}

static bool is_escaped(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* The escape of a character that has one; room is for \u00XX. */
static const char *escape_of(char c, char room[8])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    }
    snprintf(room, 8, "\\u%04x", (unsigned)c);
    return room;
}

void strbuf_json_string(struct strbuf *text, const char *bytes, size_t length)
{
    size_t from = 0;
    strbuf_add(text, "\"");
    for (size_t i = 0; i < length; i++) {
        char room[8];
        if (!is_escaped(bytes[i]))
            continue;
        strbuf_add_bytes(text, bytes + from, i - from);
        strbuf_add(text, escape_of(bytes[i], room));
        from = i + 1;
    }
    strbuf_add_bytes(text, bytes + from, length - from);
    strbuf_add(text, "\"");
}
