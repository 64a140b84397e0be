/* Base64 (RFC 4648, section 4), with padding and without line breaks. */
#ifndef TRIAGE_BASE64_H
#define TRIAGE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* Append the text of length bytes. */
void base64_add(struct strbuf *text, const void *bytes, size_t length);

/* The characters of that text. */
static inline size_t base64_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

/* The most bytes that length characters hold. */
static inline size_t base64_capacity(size_t length)
{
    return length / 4 * 3;
}

/*
 * Decode length characters into bytes [base64_capacity(length)], and set *count.  false if the
 * text is not what base64_add writes.
 */
bool base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *count);

#endif
