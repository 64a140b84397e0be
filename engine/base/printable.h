/*
 * Text from outside, made safe to print: names, cells and paths may contain escape codes that move
 * the cursor, retitle the window or hide a line.
 *
 * Control characters (C0, DEL, C1), line and paragraph separators, marks that change the direction
 * of text, and bytes that are not UTF-8 are written as \xNN or \uNNNN.  All else is unchanged.
 */
#ifndef TRIAGE_PRINTABLE_H
#define TRIAGE_PRINTABLE_H

#include <stdarg.h>
#include <stddef.h>

#include "base/strbuf.h"

void printable_add(struct strbuf *out, const char *bytes, size_t length);

/* A JSON string with its quotes, in which the same characters are written as \u001b. */
void printable_json_string(struct strbuf *out, const char *bytes, size_t length);

/*
 * Append one message, formatted as by printf.  The line break that ends format is kept; all other
 * line breaks are taken for parts of the values.
 */
void printable_printf(struct strbuf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void printable_vprintf(struct strbuf *out, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* Copy a string into buffer, cut to size - 1 bytes at the end of a character.  Returns buffer. */
const char *printable_copy(char *buffer, size_t size, const char *string);

#endif
