/* UTF-8 (RFC 3629): find the end of a character, and cut or copy text only between characters. */
#ifndef TRIAGE_UTF8_H
#define TRIAGE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is c a second or later byte of a character? */
static inline bool utf8_is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Are all bytes ASCII? */
bool utf8_is_ascii(const char *bytes, size_t length);

/* The bytes of the first character of a text of length bytes; 0 if it is empty or not valid. */
size_t utf8_character(const char *bytes, size_t length);

/*
 * The code point of a valid character of count bytes that is not seen and changes how other text is
 * shown; 0 for all others: control characters (C0, DEL, C1), line and paragraph separators, marks that
 * change the direction of text.
 */
uint32_t utf8_hidden(const char *bytes, size_t count);

/* The length of the longest prefix of at most limit bytes that does not end inside a character. */
size_t utf8_cut(const char *bytes, size_t length, size_t limit);

/*
 * Copy a string into buffer, cut to size - 1 bytes at the end of a character.  Each byte that is
 * not valid UTF-8 is replaced by a question mark.
 */
void utf8_copy(char *buffer, size_t size, const char *string);

#endif
