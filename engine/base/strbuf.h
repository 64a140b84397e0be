/*
 * A growing text with a ceiling.
 *
 * Failure sticks: when memory runs out or the ceiling is reached, has_failed is set,
 * nothing more is added, and one look at the end is enough.  bytes is always terminated by
 * a zero that length does not count; it is NULL only before the first addition.
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

/* Allocates nothing yet.  ceiling of length, in bytes; SIZE_MAX for none. */
void strbuf_init(struct strbuf *text, size_t ceiling);
void strbuf_release(struct strbuf *text);

/* Empty it, keeping its memory; forgets a failure. */
void strbuf_clear(struct strbuf *text);

/* Hand the bytes over (taken, free() them) and leave the text empty; NULL if it failed. */
char *strbuf_take(struct strbuf *text, size_t *length);

/* Make room for so many bytes more, so that what is added need not grow piece by piece. */
void strbuf_reserve(struct strbuf *text, size_t more);

void strbuf_add_bytes(struct strbuf *text, const char *bytes, size_t length);
static inline void strbuf_add(struct strbuf *text, const char *string)
{
    strbuf_add_bytes(text, string, strlen(string));
}
void strbuf_printf(struct strbuf *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A JSON string with its quotes.  The bytes are UTF-8.  Escapes only what JSON demands:
 * quote, backslash and the control characters (\b \f \n \r \t, else \u00XX).
 */
void strbuf_json_string(struct strbuf *text, const char *bytes, size_t length);

/* strbuf_printf for JSON in C: every ' of what is added becomes a quote. */
void strbuf_quoted(struct strbuf *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The shortest decimal that reads back to the same float: `0.0`, `1.0`, fixed from 1e-5 up
 * to below 1e16, else `1.5e-06` (two exponent digits at least, as Python prints).  value is
 * finite.
 */
void strbuf_float(struct strbuf *text, float value);

void strbuf_unsigned(struct strbuf *text, uint64_t value);

/* A finite double as a JSON number of at most 17 digits that reads back to the same. */
void strbuf_double(struct strbuf *text, double value);

#endif
