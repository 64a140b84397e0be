/*
 * A JSON lexer for the fast decoder.  It accepts only plain JSON.
 *
 * A function that finds what it is called for moves past it and returns true.  It returns false
 * when the text has something else at that position, or is not JSON, or is JSON that is left to
 * the tree decoder: escapes in a string whose value is needed, an integer of more than 18 digits,
 * deep nesting, objects with many unknown keys.  So false does not mean that the text is invalid:
 * the caller then uses json_read, which decides and reports.  After false the position is
 * unspecified.
 *
 * When a function returns true, jansson accepts the same text as well: strings are UTF-8 without
 * control characters, keys are distinct, numbers are in range and have the bits that strtod gives.
 */
#ifndef TRIAGE_LEXER_H
#define TRIAGE_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct lexer {
    const char *next, *end;
};

/* A part of the text, not zero-terminated; a string is without its quotes. */
struct span {
    const char *bytes;
    size_t length;
};

enum { LEXER_KEYS = 16 };

/* The keys of an object so far, to detect duplicates. */
struct lexer_keys {
    size_t count;
    struct span names[LEXER_KEYS];
};

/* Move past whitespace and return the next byte, without moving past it; 0 at the end. */
static inline char lexer_peek(struct lexer *lexer)
{
    for (; lexer->next < lexer->end; lexer->next++)
        if ((unsigned char)*lexer->next > ' ' ||
            (*lexer->next != ' ' && *lexer->next != '\n' && *lexer->next != '\r' &&
             *lexer->next != '\t'))
            return *lexer->next;
    return '\0';
}

/* Whitespace, then c. */
static inline bool lexer_accept(struct lexer *lexer, char c)
{
    if (lexer_peek(lexer) != c)
        return false;
    lexer->next++;
    return true;
}

/* After an item: a comma, or `close`; *is_over says which. */
static inline bool lexer_next_item(struct lexer *lexer, char close, bool *is_over)
{
    *is_over = lexer_accept(lexer, close);
    return *is_over || lexer_accept(lexer, ',');
}

/* A string without escapes. */
bool lexer_string(struct lexer *lexer, struct span *string);

/* A string without escapes, and a colon. */
bool lexer_key(struct lexer *lexer, struct span *key);

/* *is_whole: written as an integer.  jansson gives 1 another type than 1.0 and 1e0. */
bool lexer_number(struct lexer *lexer, double *value, bool *is_whole);

/* word is "true", "false" or "null". */
bool lexer_literal(struct lexer *lexer, const char *word);

/* Any value; its strings may have escapes. */
bool lexer_skip_value(struct lexer *lexer);

/* Add a key; false when it is already there or there are LEXER_KEYS keys. */
bool lexer_keys_add(struct lexer_keys *keys, struct span key);

static inline bool span_equals(struct span span, const char *text, size_t length)
{
    return span.length == length &&
           (length == 0 || memcmp(span.bytes, text, length) == 0);
}

#endif
