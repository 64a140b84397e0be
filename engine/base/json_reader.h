/*
 * Reading JSON text (RFC 8259) in place, without a tree.
 *
 * A caller pulls one token after the other: it opens an object or array, reads keys and values, and
 * closes it.  A value that it does not need is skipped, and checked as strictly as the others:
 *
 *     json_reader_init(&reader, bytes, length);
 *     json_reader_open(&reader, '{');
 *     while (json_reader_more(&reader, '}') && json_reader_key(&reader, &key))
 *         json_reader_value(&reader, &value);       ... json_reader_skip for arrays and objects
 *     json_reader_finish(&reader);                  nothing may follow
 *
 * The first failure is kept, and every later call fails too, so a caller may check only once.
 *
 * Accepted is what RFC 8259 allows, within these limits: UTF-8 only, a byte order mark at the
 * beginning is skipped; keys of an object are distinct; no string contains U+0000 or half of a
 * surrogate pair; a key has at most 64 kB; at most 2048 objects and arrays are open.  Numbers may have any
 * length and size.
 *
 * Memory: the keys of the open objects (16 bytes each, twice that while it grows), one string with
 * escapes, 12 bytes for each open object or array.  Time: linear.
 *
 * A text can be read in pieces: json_reader_skip and json_reader_continue return JSON_PAUSED when they
 * have passed `pause`, and go on when they are called again.  Other calls read one token.  Of these only
 * strings of plain ASCII and whitespace can be long; they are passed 16 bytes at a time.
 */
#ifndef TRIAGE_JSON_READER_H
#define TRIAGE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* A part of a text, not zero-terminated. */
struct span {
    const char *bytes;
    size_t length;
};

static inline bool span_equals(struct span span, const char *text, size_t length)
{
    return span.length == length &&
           (length == 0 || memcmp(span.bytes, text, length) == 0);
}

static inline bool span_is(struct span span, const char *text)
{
    return span_equals(span, text, strlen(text));
}

enum json_type {
    JSON_IS_NULL,
    JSON_IS_FALSE,
    JSON_IS_TRUE,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT,
    JSON_IS_LONG /* a string or number, not all of it read: json_reader_continue */
};

struct json_value {
    enum json_type type;
    const char *at; /* its first byte in the text */
    /* Of a string, without quotes and escapes; of a number, as written. */
    struct span text;
    double number; /* of a number: the nearest double, infinite beyond the largest */
    bool is_whole; /* of a number: written without fraction and exponent */
};

enum {
    JSON_DEPTH = 2048,
    JSON_FIRST_LEVELS = 8, /* so that small texts need no memory from the heap */
    JSON_FIRST_KEYS = 28
};

/* A key of an open object. */
struct json_key {
    uint32_t hash;
    uint32_t offset; /* in the text, of the byte after the opening quote */
};

/* An open object or array. */
struct json_level {
    uint32_t first_key; /* index of the first key of the object */
    uint32_t offset;    /* in the text, of its bracket */
    bool is_object;
    bool has_items; /* a comma comes before the next item */
    bool has_slots; /* the keys are in the hash table */
};

struct json_key_table;

/* digits * 10^exponent */
struct json_number {
    uint64_t digits; /* correct if count is at most 19 */
    size_t count;    /* of digits, leading zeros included */
    int64_t exponent;
    bool is_whole;
};

/* A string or number that is being read in pieces; begin is NULL: none is. */
struct json_piece {
    const char *begin; /* of a number; of a string, after the opening quote */
    bool is_number;
    /* Of a string. */
    bool has_escapes;
    uint32_t written; /* bytes that are in value_text, if the string has escapes */
    uint32_t used;    /* of value_text */
    /* Of a number. */
    uint8_t part;    /* of its grammar */
    bool has_digits; /* the part has one */
    bool is_exponent_negative;
    uint32_t point;      /* the place of its point; 0: none */
    uint32_t first;      /* the place of its first digit that is not 0 */
    uint32_t last;       /* the place of the last one; before first: there is none */
    uint32_t digits_end; /* the place after its digits, without those of the exponent */
    int64_t exponent;    /* its value, at most MAX_LONG_EXPONENT */
};

/* A text with escapes removed; it is overwritten by the next one. */
struct json_scratch {
    char *bytes;
    size_t capacity;
};

struct json_reader {
    const char *begin, *next, *end;
    const char *pause; /* json_reader_init sets it to the end */

    /* The first failure. */
    enum status status;
    const char *failed_at;
    const char *problem;  /* static text: what is wrong */
    const char *expected; /* static text, or NULL */

    struct json_level *levels; /* [depth] */
    uint32_t depth, level_capacity;
    /* Where the value that is being skipped began, + 1; 0: none is. */
    uint32_t skip_depth;

    /* [key_count] of all open objects, the innermost object's last */
    struct json_key *keys;
    uint32_t key_count, key_capacity;
    struct json_key_table *table; /* of the keys of objects with many keys; or NULL */

    struct json_scratch key_text, value_text;
    struct json_piece piece;
    struct json_level first_levels[JSON_FIRST_LEVELS];
    struct json_key first_keys[JSON_FIRST_KEYS];
};

/*
 * All-zero is a reader without a text; json_reader_init begins one and keeps the memory that earlier
 * texts needed.  A reader with a text must not be moved.  bytes is borrowed; at most 4 GiB (STATUS_TOO_LARGE).
 */
void json_reader_init(struct json_reader *reader, const char *bytes, size_t length);
void json_reader_release(struct json_reader *reader);

/* json_reader_peek after the first blanks. */
char json_reader_pass_blanks(struct json_reader *reader);

static inline bool json_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_are_blank(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!json_is_blank(bytes[i]))
            return false;
    return true;
}

/* Move past whitespace and return the next byte, without moving past it; 0 at the end. */
static inline char json_reader_peek(struct json_reader *reader)
{
    enum { FEW_BLANKS = 2 };
    for (int i = 0; i < FEW_BLANKS && reader->next < reader->end; i++, reader->next++)
        if ((unsigned char)*reader->next > ' ' || !json_is_blank(*reader->next))
            return *reader->next;
    return json_reader_pass_blanks(reader);
}

/*
 * Open an object ('{') or an array ('[').  json_reader_value has said that it is one, or
 * json_reader_peek.
 */
bool json_reader_open(struct json_reader *reader, char bracket);

/*
 * Is there another member or item?  false: the object or array has been closed with `close`, or the
 * reader has failed.
 */
bool json_reader_more(struct json_reader *reader, char close);

/*
 * A key and its colon.  STATUS_BAD_JSON if the object has had the key.  The key is valid until the
 * next key is read, or as long as the text if it points into it, because it has no escapes.
 *
 * json_reader_known_key is for a key that the caller has found at reader->next, with a closing quote
 * after `length` bytes without escapes, and knows to differ from all earlier ones of the object;
 * json_reader_add_key adds such a key afterwards, for the check of later ones.
 */
bool json_reader_key(struct json_reader *reader, struct span *key);
bool json_reader_known_key(struct json_reader *reader, size_t length, struct span *key);
bool json_reader_add_key(struct json_reader *reader, struct span raw);

/*
 * A value.  Of an object or array only the type is read: open it, or skip it.  A number, or a string
 * that is not plain ASCII, may be JSON_IS_LONG if it goes on after `pause`: see json_reader_continue.
 */
bool json_reader_value(struct json_reader *reader, struct json_value *value);

/* The first byte that is a quote, a backslash, a control character or not ASCII; or the end. */
static inline const char *json_skip_plain(const char *next, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - next >= 16; next += 16) {
        signed char bytes __attribute__((vector_size(16)));
        memcpy(&bytes, next, sizeof bytes);
        /* The bytes to find become 0xFF; those outside ASCII are negative, so below 0x20. */
        bytes = (bytes == '"') | (bytes == '\\') | (bytes < 0x20);
#ifdef __SSE2__
        unsigned found = (unsigned)__builtin_ia32_pmovmskb128(
            (char __attribute__((vector_size(16))))bytes);
        if (found != 0)
            return next + __builtin_ctz(found);
#else
        uint64_t found[2];
        memcpy(found, &bytes, sizeof found);
        if (found[0] != 0)
            return next + __builtin_ctzll(found[0]) / 8;
        if (found[1] != 0)
            return next + 8 + __builtin_ctzll(found[1]) / 8;
#endif
    }
#endif
    while (next < end && (unsigned char)*next >= 0x20 && (unsigned char)*next < 0x80 &&
           *next != '"' && *next != '\\')
        next++;
    return next;
}

/*
 * Read a value that begins here, if it is a string of ASCII without escapes.  false: it is another
 * value, and nothing has been read.
 */
static inline bool json_reader_plain_string(struct json_reader *reader,
                                            struct json_value *value)
{
    const char *at = reader->next;
    if (at == reader->end || *at != '"')
        return false;
    const char *end = json_skip_plain(at + 1, reader->end);
    if (end == reader->end || *end != '"')
        return false;
    value->at = at;
    value->type = JSON_IS_STRING;
    value->text = (struct span){.bytes = at + 1, .length = (size_t)(end - at) - 1};
    reader->next = end + 1;
    return true;
}

enum json_progress { JSON_DONE, JSON_PAUSED, JSON_FAILED };

/*
 * Continue with a value that is JSON_IS_LONG.  After JSON_DONE it has been read; after JSON_PAUSED call
 * this again, with a later `pause`.
 */
enum json_progress json_reader_continue(struct json_reader *reader,
                                        struct json_value *value);

/* Skip a value.  Call it again after JSON_PAUSED, with a later `pause`. */
enum json_progress json_reader_skip(struct json_reader *reader);

/* Write a string that has been checked without its escapes; it does not get longer.  Returns its length. */
size_t json_unescape(char *bytes, struct span raw);

/* Nothing but whitespace may follow. */
bool json_reader_finish(struct json_reader *reader);

/* ---- places (json_place.c) ----------------------------------------------------------------- */

extern const char json_key_twice[]; /* the problem of a key that the object has had */

/* The bytes of the byte order mark that a text begins with; 0: there is none. */
static inline size_t json_mark_bytes(const char *bytes, const char *end)
{
    return end - bytes >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

enum {
    JSON_PLACE_STEPS = 64 /* more do not fit a JSON Pointer of an error */
};

/* An object or array on the way to a place. */
struct json_step {
    bool is_object, has_key;
    size_t index;    /* of the item of an array */
    struct span key; /* of the member of an object, as in the text */
};

/* The way to a place in a text. */
struct json_place {
    const char *next; /* followed up to here */
    const char *at, *end;
    const char *string;   /* the opening quote of the string that next is in, or NULL */
    const char *counted;  /* lines and columns are counted up to here, .. */
    const char *line_end; /* .. and up to the failure in the end */
    unsigned line, column;
    size_t depth;
    struct json_step steps[JSON_PLACE_STEPS]; /* the outermost ones [depth] */
};

/* `at` is in the text, or NULL for its beginning. */
void json_place_begin(struct json_place *place, const struct json_reader *reader,
                      const char *at);

/* Follow about `bytes` more bytes of the text.  true: the place is reached. */
bool json_place_follow(struct json_place *place, size_t bytes);

/*
 * The place is reached: write its JSON Pointer to err->where, which may hold the name of a member of
 * it, and of STATUS_BAD_JSON line and column (in characters, from 1).
 */
void json_place_write(const struct json_place *place, struct error *err);

/* All of this at once. */
void json_place_find(const struct json_reader *reader, const char *at, struct error *err);

/*
 * Write the failure to err: STATUS_BAD_JSON with the JSON Pointer of the place, line and column,
 * expected and received; STATUS_NO_MEMORY.  Returns the status.  Time: linear in the text before.
 */
enum status json_reader_error(const struct json_reader *reader, struct error *err);

/* The same of STATUS_BAD_JSON, without the place, which is returned. */
const char *json_reader_problem(const struct json_reader *reader, struct error *err);

/*
 * Write the value that begins at `at` for an error message, cut to size - 1 bytes between
 * characters: its own bytes without control characters, or "an array" or "an object"; "nothing" if
 * at is NULL.
 */
void json_reader_preview(const struct json_reader *reader, const char *at, char *buffer,
                         size_t size);

#endif
