/*
 * A cursor over JSON text that understands what is plain and nothing else.
 *
 * Every call moves past one thing and says true, or says false: what stands there is not that
 * thing, is no JSON, or is JSON that this room leaves to others (escapes where the text is
 * wanted, integers beyond 18 digits, deep nesting).  Nobody may conclude an error from a false: what is
 * accepted, and why not, is for json_read to say.  After a false the place is anywhere.
 *
 * Where it says true it has seen what jansson would have seen: strings are UTF-8 without
 * control characters, keys are distinct, numbers are in range and have the bits that strtod gives them.
 */
#ifndef TRIAGE_LEXER_H
#define TRIAGE_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct lexer {
    const char *next, *end;
};

/* Bytes of the text, without quotes; no zero at their end. */
struct span {
    const char *bytes;
    size_t length;
};

enum { LEXER_KEYS = 16 };

/* The keys of an object so far, those of no more interest. */
struct lexer_keys {
    size_t count;
    struct span names[LEXER_KEYS];
};

/* The byte behind blanks, which are passed; 0 at the end. */
static inline char lexer_peek(struct lexer *scan)
{
    for (; scan->next < scan->end; scan->next++)
        if ((unsigned char)*scan->next > ' ' ||
            (*scan->next != ' ' && *scan->next != '\n' && *scan->next != '\r' &&
             *scan->next != '\t'))
            return *scan->next;
    return '\0';
}

/* Blanks, then c. */
static inline bool lexer_accept(struct lexer *scan, char c)
{
    if (lexer_peek(scan) != c)
        return false;
    scan->next++;
    return true;
}

/* Behind an item: true for a comma, *is_over for the closing bracket. */
static inline bool lexer_next_item(struct lexer *scan, char close, bool *is_over)
{
    *is_over = lexer_accept(scan, close);
    return *is_over || lexer_accept(scan, ',');
}

/* A string without escapes. */
bool lexer_string(struct lexer *scan, struct span *string);

/* The same and a colon. */
bool lexer_key(struct lexer *scan, struct span *key);

/* is_whole: written as an integer, which jansson tells from 1.0 and 1e0. */
bool lexer_number(struct lexer *scan, double *value, bool *is_whole);

/* true, false or null, given as word. */
bool lexer_literal(struct lexer *scan, const char *word);

/* Any value; its strings may have escapes. */
bool lexer_skip_value(struct lexer *scan);

/* Note a key; false when it stands there already or there are too many. */
bool lexer_keys_add(struct lexer_keys *keys, struct span key);

static inline bool span_equals(struct span span, const char *text, size_t length)
{
    return span.length == length &&
           (length == 0 || memcmp(span.bytes, text, length) == 0);
}

#endif
