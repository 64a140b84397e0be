/* Which characters are printed as they are, and how the others are written. */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { ESCAPE_SIZE = 8 }; /* "\u202e" and a zero */

/* The code point of a valid character that may have to be escaped; 0 for all others. */
static uint32_t code_point(const unsigned char *c, size_t count)
{
    if (count == 2)
        return (uint32_t)(c[0] & 0x1F) << 6 | (c[1] & 0x3F);
    if (count == 3)
        return (uint32_t)(c[0] & 0x0F) << 12 | (uint32_t)(c[1] & 0x3F) << 6 |
               (c[2] & 0x3F);
    return 0;
}

static bool is_escaped(uint32_t c)
{
    return (c >= 0x80 && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/*
 * The bytes of the first character.  *shown is what to print for it, and *shown_length its length:
 * the character itself, or escape.
 */
static size_t next_shown(const char *bytes, size_t length, char escape[ESCAPE_SIZE],
                         const char **shown, size_t *shown_length)
{
    const unsigned char *c = (const unsigned char *)bytes;
    size_t count = utf8_character(bytes, length);
    uint32_t point = code_point(c, count);
    *shown = escape;
    if (count == 0 || (count == 1 && (c[0] < 0x20 || c[0] == 0x7F)))
        *shown_length = (size_t)snprintf(escape, ESCAPE_SIZE, "\\x%02x", c[0]);
    else if (is_escaped(point))
        *shown_length = (size_t)snprintf(escape, ESCAPE_SIZE, "\\u%04x", point & 0xFFFF);
    else {
        *shown = bytes;
        *shown_length = count;
    }
    return count > 0 ? count : 1;
}

void printable_add(struct strbuf *out, const char *bytes, size_t length)
{
    while (length > 0) {
        char escape[ESCAPE_SIZE];
        const char *shown;
        size_t shown_length;
        size_t count = next_shown(bytes, length, escape, &shown, &shown_length);
        strbuf_add_bytes(out, shown, shown_length);
        bytes += count;
        length -= count;
    }
}

void printable_json_string(struct strbuf *out, const char *bytes, size_t length)
{
    size_t i = 0;
    while (i < length && (unsigned char)bytes[i] < 0x7F)
        i++;
    if (i == length) { /* nearly always */
        strbuf_json_string(out, bytes, length);
        return;
    }
    strbuf_add(out, "\"");
    while (length > 0) {
        char escape[ESCAPE_SIZE];
        const char *shown;
        size_t shown_length;
        size_t count = next_shown(bytes, length, escape, &shown, &shown_length);
        if (shown == escape && escape[1] == 'x')
            strbuf_printf(out, "\\u00%s", escape + 2);
        else if (*bytes == '"' || *bytes == '\\')
            strbuf_printf(out, "\\%c", *bytes);
        else
            strbuf_add_bytes(out, shown, shown_length);
        bytes += count;
        length -= count;
    }
    strbuf_add(out, "\"");
}

void printable_vprintf(struct strbuf *out, const char *format, va_list values)
{
    char *text = NULL;
    int length = vasprintf(&text, format, values);
    if (length < 0) {
        out->has_failed = true;
        return;
    }
    size_t format_length = strlen(format), used = (size_t)length;
    bool has_break = used > 0 && format_length > 0 && format[format_length - 1] == '\n';
    printable_add(out, text, used - has_break);
    if (has_break)
        strbuf_add(out, "\n");
    free(text);
}

void printable_printf(struct strbuf *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printable_vprintf(out, format, values);
    va_end(values);
}

const char *printable_copy(char *buffer, size_t size, const char *string)
{
    size_t left = strlen(string), used = 0;
    while (left > 0) {
        char escape[ESCAPE_SIZE];
        const char *shown;
        size_t shown_length;
        size_t count = next_shown(string, left, escape, &shown, &shown_length);
        if (shown_length > size - 1 - used)
            break;
        memcpy(buffer + used, shown, shown_length);
        used += shown_length;
        string += count;
        left -= count;
    }
    buffer[used] = '\0';
    return buffer;
}
