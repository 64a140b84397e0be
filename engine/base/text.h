/*
 * A growing text with a ceiling.
 *
 * Failure sticks: when memory runs out or the ceiling is reached, has_failed is set,
 * nothing more is added, and one look at the end is enough.  bytes is always terminated by
 * a zero that length does not count; it is NULL only before the first addition.
 */
#ifndef TRIAGE_TEXT_H
#define TRIAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *bytes;
    size_t length, capacity, ceiling;
    bool has_failed;
};

/* Allocates nothing yet.  ceiling of length, in bytes; SIZE_MAX for none. */
void text_init(struct text *text, size_t ceiling);
void text_release(struct text *text);

/* Empty it, keeping its memory; forgets a failure. */
void text_clear(struct text *text);

/* Hand the bytes over (taken, free() them) and leave the text empty; NULL if it failed. */
char *text_take(struct text *text, size_t *length);

/* Make room for so many bytes more, so that what is added need not grow piece by piece. */
void text_expect(struct text *text, size_t more);

void text_add_bytes(struct text *text, const char *bytes, size_t length);
static inline void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A JSON string with its quotes.  The bytes are UTF-8.  Escapes only what JSON demands:
 * quote, backslash and the control characters (\b \f \n \r \t, else \u00XX).
 */
void text_json(struct text *text, const char *bytes, size_t length);

/* text_printf for JSON in C: every ' of what is added becomes a quote. */
void text_quoted(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The shortest decimal that reads back to the same float: `0.0`, `1.0`, fixed from 1e-5 up
 * to below 1e16, else `1.5e-06` (two exponent digits at least, as Python prints).  value is
 * finite.
 */
void text_float(struct text *text, float value);

void text_unsigned(struct text *text, uint64_t value);

/* A finite double as a JSON number of at most 17 digits that reads back to the same. */
void text_real(struct text *text, double value);

/* Bytes of the longest beginning of at most limit bytes that ends where a character does. */
size_t text_cut(const char *bytes, size_t length, size_t limit);

#endif
