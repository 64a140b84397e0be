/* Which characters are printed as they are, and how the others are written. */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { ESCAPE_SIZE = 8 }; /* "\u202e" and a zero */

/*
 * The bytes of the first character.  *shown is what to print for it, and *shown_length its length:
 * the character itself, or escape.
 */
static size_t next_shown(const char *bytes, size_t length, char escape[ESCAPE_SIZE],
                         const char **shown, size_t *shown_length)
{
    size_t count = utf8_character(bytes, length);
    uint32_t point = utf8_hidden(bytes, count);
    *shown = escape;
    if (count == 0 || (count == 1 && (point != 0 || *bytes == '\0')))
        *shown_length =
            (size_t)snprintf(escape, ESCAPE_SIZE, "\\x%02x", (unsigned char)*bytes);
    else if (point != 0)
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
