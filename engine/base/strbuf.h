/*
 * A growing string with a ceiling.
 *
 * A failure is kept: when memory runs out or the ceiling is reached, has_failed is set and
 * nothing more is added, so a caller checks once, at the end.  bytes always ends with a zero
 * that length does not count; it is NULL only before the first addition.
 */
#ifndef TRIAGE_STRBUF_H
#define TRIAGE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct strbuf {
    char *bytes;
    size_t length, capacity, ceiling;
    bool has_failed;
};

/* Allocates nothing yet.  ceiling is the most that length may be; SIZE_MAX for no limit. */
void strbuf_init(struct strbuf *buffer, size_t ceiling);
void strbuf_release(struct strbuf *buffer);

/* Make the buffer empty and clear a failure; the memory is kept. */
void strbuf_clear(struct strbuf *buffer);

/* Return the bytes (the caller frees them) and leave the buffer empty; NULL if it has failed. */
char *strbuf_take(struct strbuf *buffer, size_t *length);

/* Allocate now for `more` bytes that will be added, so that the buffer does not grow repeatedly. */
void strbuf_reserve(struct strbuf *buffer, size_t more);

void strbuf_add_bytes(struct strbuf *buffer, const char *bytes, size_t length);
/* Inline, so that a constant text is a few stores. */
static inline void strbuf_add(struct strbuf *buffer, const char *string)
{
    size_t length = strlen(string);
    if (!buffer->has_failed && length < buffer->capacity - buffer->length) {
        memcpy(buffer->bytes + buffer->length, string, length + 1);
        buffer->length += length;
    } else {
        strbuf_add_bytes(buffer, string, length);
    }
}
void strbuf_printf(struct strbuf *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Append a JSON string with its quotes.  bytes must be UTF-8.  What JSON requires is escaped (quote,
 * backslash, control characters), and what JSON allows but a terminal obeys: utf8_hidden.
 */
void strbuf_json_string(struct strbuf *buffer, const char *bytes, size_t length);

/* The same without quotes: a part of a string. */
void strbuf_json_characters(struct strbuf *buffer, const char *bytes, size_t length);

/* strbuf_printf for JSON in C source: every ' in the text that it appends becomes ". */
void strbuf_quoted(struct strbuf *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The shortest decimal that reads back to the same float: `0.0`, `1.0`, without an exponent from
 * 1e-5 to below 1e16, else `1.5e-06` (at least two digits of the exponent, as Python prints).
 * A value that is not finite is null.
 */
void strbuf_float(struct strbuf *buffer, float value);

/* Append `, "name": value`, as a float; a value above the largest float counts as that. */
void strbuf_float_member(struct strbuf *buffer, const char *name, double value);

/* The same for a double, with at most 17 digits. */
void strbuf_double(struct strbuf *buffer, double value);

void strbuf_unsigned(struct strbuf *buffer, uint64_t value);

#endif
