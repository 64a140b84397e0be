/*
 * Notes and warnings about the data.
 *
 * Names and values come from outside, so control characters in them are escaped (printable.h).
 */
#ifndef TRIAGE_MESSAGES_H
#define TRIAGE_MESSAGES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/strbuf.h"

struct messages {
    struct strbuf notes, warnings; /* lines */
    size_t warning_count;
    const char *lead; /* of every warning that is added; borrowed, or NULL */
};

void messages_init(struct messages *messages);
void messages_release(struct messages *messages);

/* Add a line, without its line break. */
void messages_note(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "warning: " is added. */
void messages_warn(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append all lines of another one, and release it. */
void messages_move(struct messages *into, struct messages *from);

/* Print all on stderr, and forget the lines; warning_count stays. */
void messages_print(struct messages *messages);

/* With --strict: STATUS_BAD_INPUT if there were warnings. */
enum status warnings_refuse(size_t count, bool is_strict, struct error *err);

/* Print a text whose control characters are escaped.  print_clean: on stderr, with a line break. */
void print_clean(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_clean_values(FILE *out, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* The word for one thing or for several: "history is", "histories are". */
static inline const char *plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* Write "FILE:LINE"; a long path is cut at its beginning. */
void file_line_write(char *buffer, size_t size, const char *file, uint64_t line);

#endif
