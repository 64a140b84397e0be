/*
 * Tokens, and the check for duplicate keys.
 *
 * On little-endian machines, 8 or 16 bytes are examined at a time; the loop after that, one byte at
 * a time, handles the rest, and everything on other machines.
 *
 * The keys of the open objects are in one stack.  An object with few keys is searched from end to
 * end; from the 17th key on, its keys are in a hash table too.  Only the innermost object gets keys,
 * and a closed one loses all of its own, so the table's last entries are always the first to leave:
 * with linear probing, the slots of the others then need no repair.
 */
#include "base/json_reader.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "base/utf8.h"

enum {
    WHOLE_DIGITS = 18,      /* every integer of 18 digits fits an int64_t */
    POWERS = 22,            /* 10^22 is the largest power of ten that is a double */
    NUMBER_BYTES = 64,      /* longer numbers are copied to the heap for strtod */
    MAX_EXPONENT = 1000000, /* larger ones count as this: every double is 0 or infinite */
    SEARCHED_KEYS = 16,     /* of an object without hash table */
    FIRST_SLOTS = 64
};

#define EXACT (UINT64_C(1) << 53) /* all integers up to this are doubles */

const char json_key_twice[] = "a key is given twice";

/* ---- failures -------------------------------------------------------------------------- */

static bool fail(struct json_reader *reader, const char *at, const char *problem,
                 const char *expected)
{
    if (reader->status == STATUS_OK) {
        reader->status = STATUS_BAD_JSON;
        reader->failed_at = at;
        reader->problem = problem;
        reader->expected = expected;
    }
    return false;
}

static bool fail_no_memory(struct json_reader *reader)
{
    if (reader->status == STATUS_OK)
        reader->status = STATUS_NO_MEMORY;
    return false;
}

/* Something else than expected, or the end, is at this place. */
static bool fail_here(struct json_reader *reader, const char *expected)
{
    const char *problem = "unexpected text";
    if (reader->next == reader->end)
        problem = "the text ends too early";
    else if (*reader->next == '\0')
        problem = "there is a zero byte";
    return fail(reader, reader->next, problem, expected);
}

/* ---- beginning and end ----------------------------------------------------------------- */

void json_reader_init(struct json_reader *reader, const char *bytes, size_t length)
{
    reader->begin = reader->next = bytes;
    reader->end = reader->pause = bytes + length;
    reader->status = STATUS_OK;
    reader->failed_at = reader->problem = reader->expected = NULL;
    reader->depth = reader->skip_depth = reader->key_count = 0;
    reader->piece.begin = NULL;
    if (reader->level_capacity <= JSON_FIRST_LEVELS) {
        reader->levels = reader->first_levels;
        reader->level_capacity = JSON_FIRST_LEVELS;
    }
    if (reader->key_capacity <= JSON_FIRST_KEYS) {
        reader->keys = reader->first_keys;
        reader->key_capacity = JSON_FIRST_KEYS;
    }
    if (reader->slots_used > 0) /* the last text ended with a failure */
        memset(reader->slots, 0, (reader->slot_mask + 1) * sizeof *reader->slots);
    reader->slots_used = 0;
    if (length >= UINT32_MAX) {
        reader->status = STATUS_TOO_LARGE;
        reader->failed_at = bytes;
        reader->problem = "the text is longer than 4 GiB";
    } else if (json_mark_bytes(bytes, bytes + length) > 0) {
        reader->next += json_mark_bytes(bytes, bytes + length);
    }
}

void json_reader_release(struct json_reader *reader)
{
    if (reader->level_capacity > JSON_FIRST_LEVELS)
        free(reader->levels);
    if (reader->key_capacity > JSON_FIRST_KEYS)
        free(reader->keys);
    free(reader->slots);
    free(reader->key_text.bytes);
    free(reader->value_text.bytes);
    reader->level_capacity = reader->key_capacity = 0;
    reader->slots = NULL;
    reader->slot_mask = reader->slots_used = 0;
    reader->key_text = reader->value_text = (struct json_scratch){.bytes = NULL};
}

bool json_reader_finish(struct json_reader *reader)
{
    if (reader->status != STATUS_OK)
        return false;
    json_reader_peek(reader);
    return reader->next == reader->end ||
           fail(reader, reader->next,
                *reader->next == '\0' ? "there is a zero byte"
                                      : "there is text after the value",
                "the end of the text");
}

/* ---- strings --------------------------------------------------------------------------- */

/* The value of a hexadecimal digit; 16 when c is none. */
static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* The code unit of \uXXXX at `at`; false when the text has something else there. */
static bool read_unit(const char *at, const char *end, unsigned *unit)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return false;
    *unit = 0;
    for (int i = 2; i < 6; i++) {
        unsigned digit = hex_value(at[i]);
        if (digit > 15)
            return false;
        *unit = *unit * 16 + digit;
    }
    return true;
}

static bool is_high_surrogate(unsigned unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(unsigned unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* What the letter of a short escape means; 0: there is no such escape. */
static const char meanings[UCHAR_MAX + 1] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/* Check the escape at reader->next and move past it. */
static bool skip_escape(struct json_reader *reader)
{
    const char *at = reader->next;
    unsigned unit, low;
    if (reader->end - at < 2)
        return fail(reader, reader->end, "the text ends in a string", "a quote");
    if (at[1] != 'u') {
        reader->next += 2;
        return meanings[(unsigned char)at[1]] != '\0' ||
               fail(reader, at, "there is no such escape",
                    "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
    }
    if (!read_unit(at, reader->end, &unit))
        return fail(reader, at, "the escape \\u needs four hexadecimal digits", NULL);
    if (unit == 0)
        return fail(reader, at, "a string has U+0000 in it", NULL);
    reader->next += 6;
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
        return true;
    if (is_low_surrogate(unit) || !read_unit(at + 6, reader->end, &low) ||
        !is_low_surrogate(low))
        return fail(reader, at, "an escape is half of a surrogate pair", NULL);
    reader->next += 6;
    return true;
}

/* Check the character at reader->next, which is neither plain nor a quote, and move past it. */
static bool skip_unusual(struct json_reader *reader, bool *has_escapes)
{
    char c = *reader->next;
    if ((unsigned char)c >= 0x80) {
        size_t bytes = utf8_character(reader->next, (size_t)(reader->end - reader->next));
        reader->next += bytes;
        return bytes > 0 || fail(reader, reader->next, "a string is not UTF-8", NULL);
    }
    *has_escapes = true;
    if (c == '\\')
        return skip_escape(reader);
    return fail(reader, reader->next,
                c == '\0' ? "there is a zero byte"
                          : "a string has a control character in it",
                "an escape such as \\n");
}

/* reader->next is in a string: check it and move past its closing quote, or past `pause`. */
static enum json_progress skip_piece(struct json_reader *reader, const char *pause,
                                     bool *has_escapes)
{
    while (reader->next <= pause) {
        reader->next = json_skip_plain(reader->next, reader->end);
        if (reader->next == reader->end) {
            fail(reader, reader->end, "the text ends in a string", "a quote");
            return JSON_FAILED;
        }
        if (*reader->next == '"') {
            reader->next++;
            return JSON_DONE;
        }
        if (!skip_unusual(reader, has_escapes))
            return JSON_FAILED;
    }
    return JSON_PAUSED;
}

/* reader->next is after the opening quote: check the string and move past its closing quote. */
static bool skip_string(struct json_reader *reader, bool *has_escapes)
{
    *has_escapes = false;
    return skip_piece(reader, reader->end, has_escapes) == JSON_DONE;
}

static char *write_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* Write what the escape at `at` means; returns the byte after it.  It has been checked. */
static const char *write_escape(const char *at, const char *end, char **out)
{
    unsigned unit, low;
    if (!read_unit(at, end, &unit)) {
        *(*out)++ = meanings[(unsigned char)at[1]];
        return at + 2;
    }
    at += 6;
    if (is_high_surrogate(unit) && read_unit(at, end, &low)) {
        unit = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00);
        at += 6;
    }
    *out = write_utf8(*out, unit);
    return at;
}

size_t json_unescape(char *bytes, struct span raw)
{
    const char *at = raw.bytes, *end = raw.bytes + raw.length;
    char *out = bytes;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape ? escape : end) - at);
        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (escape)
            at = write_escape(at, end, &out);
    }
    return (size_t)(out - bytes);
}

/* The same in memory that grows as needed; false: there is none. */
static bool remove_escapes(struct json_scratch *scratch, struct span raw,
                           struct span *text)
{
    if (scratch->capacity < raw.length) {
        size_t capacity = raw.length > SIZE_MAX / 2 ? raw.length : raw.length * 2;
        char *bytes = malloc(capacity);
        if (!bytes)
            return false;
        free(scratch->bytes);
        *scratch = (struct json_scratch){.bytes = bytes, .capacity = capacity};
    }
    *text = (struct span){.bytes = scratch->bytes,
                          .length = json_unescape(scratch->bytes, raw)};
    return true;
}

/* Write what has been read of a string in pieces, if it has escapes; end is after it. */
static bool write_piece(struct json_reader *reader, const char *end)
{
    struct json_piece *piece = &reader->piece;
    struct json_scratch *scratch = &reader->value_text;
    const char *begin = piece->begin + piece->written;
    struct span raw = {begin, (size_t)(end - begin)};
    if (!reader->has_escapes)
        return true;
    if (scratch->capacity - piece->used < raw.length) {
        size_t capacity = 2 * (piece->used + raw.length); /* of a text below 4 GiB */
        char *bytes = realloc(scratch->bytes, capacity);
        if (!bytes)
            return fail_no_memory(reader);
        *scratch = (struct json_scratch){.bytes = bytes, .capacity = capacity};
    }
    piece->used += (uint32_t)json_unescape(scratch->bytes + piece->used, raw);
    piece->written += (uint32_t)raw.length;
    return true;
}

enum json_progress json_reader_string(struct json_reader *reader,
                                      struct json_value *value)
{
    struct json_piece *piece = &reader->piece;
    if (reader->status != STATUS_OK)
        return JSON_FAILED;
    enum json_progress progress = skip_piece(reader, reader->pause, &reader->has_escapes);
    const char *end = reader->next - (progress == JSON_DONE);
    if (progress == JSON_FAILED || !write_piece(reader, end))
        return JSON_FAILED;
    if (progress == JSON_PAUSED)
        return JSON_PAUSED;
    value->type = JSON_IS_STRING;
    value->text = reader->has_escapes
                      ? (struct span){reader->value_text.bytes, piece->used}
                      : (struct span){piece->begin, (size_t)(end - piece->begin)};
    piece->begin = NULL;
    return JSON_DONE;
}

/* A string value that is not plain, and that may go on after `pause`. */
static bool begin_pieces(struct json_reader *reader, struct json_value *value)
{
    reader->piece = (struct json_piece){.begin = reader->next};
    reader->has_escapes = false;
    value->type = JSON_IS_LONG_STRING;
    return json_reader_string(reader, value) != JSON_FAILED;
}

/* A string that is not plain: reader->next is after its opening quote. */
static bool read_unusual_string(struct json_reader *reader, struct json_scratch *scratch,
                                struct span *raw, struct span *text)
{
    bool has_escapes;
    raw->bytes = reader->next;
    if (!skip_string(reader, &has_escapes))
        return false;
    raw->length = (size_t)(reader->next - 1 - raw->bytes);
    *text = *raw;
    return !has_escapes || remove_escapes(scratch, *raw, text) || fail_no_memory(reader);
}

/* A string without its quotes; with escapes removed into scratch if there are any. */
static inline bool read_string(struct json_reader *reader, struct json_scratch *scratch,
                               struct span *raw, struct span *text)
{
    const char *begin = ++reader->next, *end = json_skip_plain(begin, reader->end);
    if (end == reader->end || *end != '"')
        return read_unusual_string(reader, scratch, raw, text);
    *raw = *text = (struct span){.bytes = begin, .length = (size_t)(end - begin)};
    reader->next = end + 1;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------- */

/* digits * 10^exponent */
struct number {
    uint64_t digits; /* correct if count is at most 19 */
    size_t count;    /* of digits, leading zeros included */
    int64_t exponent;
    bool is_whole;
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight digits: join them in pairs, in fours, then all; false when a byte is not a digit. */
static bool read_eight(const char *bytes, uint64_t *value)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    word -= ones * '0';
    if (((word | (word + ones * 0x76)) & ones * 0x80) != 0)
        return false;
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    *value = (word * 10000 + (word >> 32)) & UINT64_C(0xFFFFFFFF);
    return true;
}
#endif

/* Append the digits at this position to number; false when there are none. */
static bool read_digits(struct json_reader *reader, struct number *number)
{
    const char *next = reader->next;
    uint64_t digits = number->digits;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t eight; reader->end - next >= 8 && read_eight(next, &eight); next += 8)
        digits = digits * 100000000 + eight;
#endif
    unsigned digit;
    for (; next < reader->end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    size_t count = (size_t)(next - reader->next);
    number->digits = digits;
    number->count += count;
    reader->next = next;
    return count > 0 || fail_here(reader, "a digit");
}

static bool read_exponent(struct json_reader *reader, struct number *number)
{
    bool is_negative = reader->next < reader->end && *reader->next == '-';
    if (is_negative || (reader->next < reader->end && *reader->next == '+'))
        reader->next++;
    struct number exponent = {.digits = 0};
    if (!read_digits(reader, &exponent))
        return false;
    int64_t value = MAX_EXPONENT;
    if (exponent.count <= WHOLE_DIGITS && exponent.digits < MAX_EXPONENT)
        value = (int64_t)exponent.digits;
    number->exponent += is_negative ? -value : value;
    return true;
}

/* 0 or digits without a leading zero, [. digits], [e [+-] digits] */
static bool read_parts(struct json_reader *reader, struct number *number)
{
    const char *begin = reader->next;
    *number = (struct number){.is_whole = true};
    if (!read_digits(reader, number))
        return false;
    if (*begin == '0' && number->count > 1)
        return fail(reader, begin, "a number begins with a needless zero", NULL);
    if (reader->next < reader->end && *reader->next == '.') {
        size_t whole = number->count;
        reader->next++;
        number->is_whole = false;
        if (!read_digits(reader, number))
            return false;
        number->exponent = -(int64_t)(number->count - whole);
    }
    if (reader->next < reader->end && (*reader->next == 'e' || *reader->next == 'E')) {
        reader->next++;
        number->is_whole = false;
        return read_exponent(reader, number);
    }
    return true;
}

/*
 * A whole number of at most WHOLE_DIGITS digits, whose sign has been read; the same as by read_parts,
 * in less time.  false: it is another number, or none, and nothing has been read.
 */
static bool read_whole(struct json_reader *reader, bool is_negative,
                       struct json_value *value)
{
    const char *begin = reader->next, *next = begin, *end = reader->end;
    int64_t digits = 0;
    if (end - begin > WHOLE_DIGITS)
        end = begin + WHOLE_DIGITS;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t eight;
    if (end - next >= 8 && read_eight(next, &eight)) {
        digits = (int64_t)eight;
        next += 8;
    }
#endif
    for (unsigned digit; next < end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    if (next == begin || next == reader->end || (*begin == '0' && next - begin > 1) ||
        (*next >= '0' && *next <= '9') || *next == '.' || (*next | 0x20) == 'e')
        return false;
    begin -= is_negative;
    value->text = (struct span){.bytes = begin, .length = (size_t)(next - begin)};
    value->number = (double)(is_negative ? -digits : digits); /* never negative zero */
    value->is_whole = true;
    reader->next = next;
    return true;
}

/* The nearest double, by strtod, which needs a copy that ends with a zero. */
static bool read_with_strtod(struct json_reader *reader, struct span text, double *value)
{
    char on_stack[NUMBER_BYTES + 1];
    char *copy = text.length <= NUMBER_BYTES ? on_stack : malloc(text.length + 1);
    if (!copy)
        return fail_no_memory(reader);
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    *value = strtod(copy, NULL);
    if (copy != on_stack)
        free(copy);
    return true;
}

/*
 * If both the digits and the power of ten are doubles, their product or quotient is rounded only
 * once, so it is the nearest double (Clinger 1990).  Other numbers are read by strtod.
 */
static bool read_number(struct json_reader *reader, struct json_value *value)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *begin = reader->next;
    bool is_negative = *begin == '-';
    struct number number;
    reader->next += is_negative;
    if (read_whole(reader, is_negative, value))
        return true;
    if (!read_parts(reader, &number))
        return false;
    value->text = (struct span){.bytes = begin, .length = (size_t)(reader->next - begin)};
    value->is_whole = number.is_whole;
    if (number.is_whole && number.count <= WHOLE_DIGITS) {
        int64_t whole = (int64_t)number.digits;
        value->number = (double)(is_negative ? -whole : whole); /* never negative zero */
        return true;
    }
    if (number.count > WHOLE_DIGITS || number.digits > EXACT ||
        number.exponent > POWERS || number.exponent < -POWERS)
        return read_with_strtod(reader, value->text, &value->number);
    double digits = (double)number.digits;
    digits = number.exponent < 0 ? digits / powers[-number.exponent]
                                 : digits * powers[number.exponent];
    value->number = is_negative ? -digits : digits;
    return true;
}

/* ---- values ---------------------------------------------------------------------------- */

static const char a_value[] = "a value";

static bool read_word(struct json_reader *reader, const char *word, size_t length)
{
    if ((size_t)(reader->end - reader->next) < length ||
        memcmp(reader->next, word, length) != 0)
        return fail_here(reader, a_value);
    reader->next += length;
    return true;
}

/* A value that is not a string. */
static bool read_other_value(struct json_reader *reader, char first,
                             struct json_value *value)
{
    switch (first) {
    case '{':
        value->type = JSON_IS_OBJECT;
        return true;
    case '[':
        value->type = JSON_IS_ARRAY;
        return true;
    case 't':
        value->type = JSON_IS_TRUE;
        return read_word(reader, "true", 4);
    case 'f':
        value->type = JSON_IS_FALSE;
        return read_word(reader, "false", 5);
    case 'n':
        value->type = JSON_IS_NULL;
        return read_word(reader, "null", 4);
    default:
        value->type = JSON_IS_NUMBER;
        if (first != '-' && (first < '0' || first > '9'))
            return fail_here(reader, a_value);
        return read_number(reader, value);
    }
}

bool json_reader_value(struct json_reader *reader, struct json_value *value)
{
    if (reader->status != STATUS_OK)
        return false;
    char first = json_reader_peek(reader);
    value->at = reader->next;
    if (first != '"')
        return read_other_value(reader, first, value);
    if (json_reader_plain_string(reader, value))
        return true;
    struct span raw;
    reader->next++;
    value->type = JSON_IS_STRING;
    return reader->pause < reader->end
               ? begin_pieces(reader, value)
               : read_unusual_string(reader, &reader->value_text, &raw, &value->text);
}

/* ---- keys ------------------------------------------------------------------------------ */

/*
 * A hash with a seed that differs between processes: nobody can prepare keys whose hashes are
 * equal.
 */
static uint32_t hash_bytes(struct span key)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    static uint64_t seed;
    uint64_t hash = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (hash == 0) { /* every thread finds the same value */
        memcpy(&hash, (const void *)getauxval(AT_RANDOM), sizeof hash);
        hash |= 1;
        __atomic_store_n(&seed, hash, __ATOMIC_RELAXED);
    }
    const char *at = key.bytes;
    size_t left = key.length;
    hash ^= key.length * factor;
    for (uint64_t word; left > 0; at += sizeof word) {
        size_t bytes = left < sizeof word ? left : sizeof word;
        word = 0;
        memcpy(&word, at, bytes);
        left -= bytes;
        unsigned __int128 product =
            (unsigned __int128)(hash ^ word) * (factor ^ hash >> 7);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    hash ^= hash >> 32;
    return (uint32_t)(hash * factor >> 32);
}

/* Equal keys of different objects have different slots: 2048 objects may be open. */
static uint32_t hash_key(const struct json_level *level, struct span text)
{
    return hash_bytes(text) + level->first_key * UINT32_C(0x9E3779B9);
}

/* The raw bytes of a key of an open object: its string has been checked. */
static struct span raw_key(const struct json_reader *reader, const struct json_key *key)
{
    const char *begin = reader->begin + key->offset, *at = begin;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return (struct span){.bytes = begin, .length = (size_t)(at - begin)};
}

/* Is key the key `text`?  Their hashes are equal.  false also when memory runs out. */
static bool is_same_key(struct json_reader *reader, const struct json_key *key,
                        struct span text)
{
    struct span raw = raw_key(reader, key);
    if (span_equals(raw, text.bytes, text.length))
        return true;
    struct span other;
    if (!memchr(raw.bytes, '\\', raw.length))
        return false;
    return (remove_escapes(&reader->value_text, raw, &other) || fail_no_memory(reader)) &&
           span_equals(other, text.bytes, text.length);
}

/* Add key `index` to the hash table, which has a free slot. */
static void add_slot(struct json_reader *reader, uint32_t index)
{
    uint32_t slot = reader->keys[index].hash & reader->slot_mask;
    while (reader->slots[slot] != 0)
        slot = (slot + 1) & reader->slot_mask;
    reader->slots[slot] = index + 1;
    reader->slots_used++;
}

/* Add the keys of all objects that have slots, in their order, to an empty table. */
static void fill_slots(struct json_reader *reader)
{
    for (uint32_t i = 0; i < reader->depth; i++) {
        const struct json_level *level = &reader->levels[i];
        uint32_t end = reader->key_count;
        for (uint32_t j = i + 1; j < reader->depth; j++)
            if (reader->levels[j].is_object) {
                end = reader->levels[j].first_key;
                break;
            }
        for (uint32_t key = level->first_key; level->has_slots && key < end; key++)
            add_slot(reader, key);
    }
}

/* Make sure that `more` keys fit the table, at most three quarters of which are used. */
static bool reserve_slots(struct json_reader *reader, uint32_t more)
{
    uint64_t needed = (uint64_t)reader->slots_used + more;
    if (reader->slots && needed <= ((uint64_t)reader->slot_mask + 1) / 4 * 3)
        return true;
    uint64_t size = reader->slots ? (uint64_t)reader->slot_mask + 1 : FIRST_SLOTS;
    while (needed > size / 4 * 3)
        size *= 2;
    free(reader->slots);
    reader->slots = size <= UINT32_MAX ? calloc(size, sizeof *reader->slots) : NULL;
    reader->slots_used = 0;
    if (!reader->slots)
        return fail_no_memory(reader);
    reader->slot_mask = (uint32_t)(size - 1);
    fill_slots(reader);
    return true;
}

/* Remove the keys of the object that closes, the last one first. */
static void drop_keys(struct json_reader *reader, const struct json_level *level)
{
    while (level->has_slots && reader->key_count > level->first_key) {
        uint32_t slot = reader->keys[--reader->key_count].hash & reader->slot_mask;
        while (reader->slots[slot] != reader->key_count + 1)
            slot = (slot + 1) & reader->slot_mask;
        reader->slots[slot] = 0;
        reader->slots_used--;
    }
    reader->key_count = level->first_key;
}

static bool find_key(struct json_reader *reader, const struct json_level *level,
                     uint32_t hash, struct span text)
{
    if (!level->has_slots) {
        for (uint32_t i = level->first_key; i < reader->key_count; i++)
            if (reader->keys[i].hash == hash &&
                is_same_key(reader, &reader->keys[i], text))
                return true;
        return false;
    }
    for (uint32_t slot = hash & reader->slot_mask; reader->slots[slot] != 0;
         slot = (slot + 1) & reader->slot_mask) {
        uint32_t index = reader->slots[slot] - 1;
        if (index >= level->first_key && reader->keys[index].hash == hash &&
            is_same_key(reader, &reader->keys[index], text))
            return true;
    }
    return false;
}

/*
 * Twice the memory for `count` items of `size` bytes; NULL: there is none.  The first items are in
 * the reader itself.
 */
static void *grow(void *items, uint32_t count, size_t size, const void *first)
{
    size_t bytes = (size_t)count * size;
    if (items != first)
        return realloc(items, 2 * bytes);
    void *grown = malloc(2 * bytes);
    return grown ? memcpy(grown, first, bytes) : NULL;
}

static bool push_key(struct json_reader *reader, uint32_t hash, const char *at)
{
    if (reader->key_count == reader->key_capacity) {
        struct json_key *keys =
            grow(reader->keys, reader->key_capacity, sizeof *keys, reader->first_keys);
        if (!keys)
            return fail_no_memory(reader);
        reader->keys = keys;
        reader->key_capacity *= 2;
    }
    reader->keys[reader->key_count++] =
        (struct json_key){.hash = hash, .offset = (uint32_t)(at - reader->begin)};
    return true;
}

/* Add a key of the innermost object: its bytes in the text, and without escapes. */
static bool add_key(struct json_reader *reader, struct span raw, struct span text)
{
    struct json_level *level = &reader->levels[reader->depth - 1];
    uint32_t hash = hash_key(level, text);
    if (find_key(reader, level, hash, text))
        return fail(reader, raw.bytes - 1, json_key_twice, "distinct keys");
    if (reader->status != STATUS_OK || (level->has_slots && !reserve_slots(reader, 1)) ||
        !push_key(reader, hash, raw.bytes))
        return false;
    uint32_t count = reader->key_count - level->first_key, first = reader->key_count - 1;
    if (!level->has_slots) {
        if (count <= SEARCHED_KEYS)
            return true;
        if (!reserve_slots(reader, count))
            return false;
        level->has_slots = true;
        first = level->first_key;
    }
    for (uint32_t i = first; i < reader->key_count; i++)
        add_slot(reader, i);
    return true;
}

static bool read_colon(struct json_reader *reader)
{
    if (json_reader_peek(reader) != ':')
        return fail_here(reader, "\":\"");
    reader->next++;
    return true;
}

static bool read_key(struct json_reader *reader, struct span *raw, struct span *key)
{
    if (reader->status != STATUS_OK)
        return false;
    if (json_reader_peek(reader) != '"')
        return fail_here(reader, "a key in double quotes");
    return read_string(reader, &reader->key_text, raw, key);
}

bool json_reader_key(struct json_reader *reader, struct span *key)
{
    struct span raw = {.bytes = NULL};
    return read_key(reader, &raw, key) && add_key(reader, raw, *key) &&
           read_colon(reader);
}

bool json_reader_known_key(struct json_reader *reader, size_t length, struct span *key)
{
    *key = (struct span){.bytes = reader->next + 1, .length = length};
    reader->next += length + 2;
    return read_colon(reader);
}

bool json_reader_add_key(struct json_reader *reader, struct span raw)
{
    return reader->status == STATUS_OK && add_key(reader, raw, raw);
}

/* ---- objects and arrays ---------------------------------------------------------------- */

bool json_reader_open(struct json_reader *reader, char bracket)
{
    if (reader->status != STATUS_OK)
        return false;
    if (json_reader_peek(reader) != bracket)
        return fail_here(reader, bracket == '{' ? "an object" : "an array");
    if (reader->depth == JSON_DEPTH)
        return fail(reader, reader->next, "more than 2048 objects and arrays are open",
                    NULL);
    if (reader->depth == reader->level_capacity) {
        struct json_level *levels =
            grow(reader->levels, reader->depth, sizeof *levels, reader->first_levels);
        if (!levels)
            return fail_no_memory(reader);
        reader->levels = levels;
        reader->level_capacity *= 2;
    }
    reader->levels[reader->depth++] =
        (struct json_level){.first_key = reader->key_count, .is_object = bracket == '{'};
    reader->next++;
    return true;
}

bool json_reader_more(struct json_reader *reader, char close)
{
    if (reader->status != STATUS_OK)
        return false;
    struct json_level *level = &reader->levels[reader->depth - 1];
    char next = json_reader_peek(reader);
    if (next == close) {
        reader->next++;
        drop_keys(reader, level);
        reader->depth--;
        return false;
    }
    if (!level->has_items) {
        level->has_items = true;
        return true;
    }
    if (next != ',')
        return fail_here(reader, close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"");
    reader->next++;
    return true;
}

/* A string, checked only; it may be continued. */
static enum json_progress skip_text(struct json_reader *reader)
{
    bool has_escapes;
    if (!reader->piece.begin)
        reader->piece.begin = ++reader->next;
    enum json_progress progress = skip_piece(reader, reader->pause, &has_escapes);
    if (progress == JSON_DONE)
        reader->piece.begin = NULL;
    return progress;
}

/* A number or word, checked only. */
static bool skip_scalar(struct json_reader *reader, char first)
{
    struct json_value value;
    struct number number;
    if (first != '-' && (first < '0' || first > '9'))
        return json_reader_value(reader, &value);
    reader->next += first == '-';
    return read_parts(reader, &number);
}

/* Move to the next value of the innermost object or array; false: it is closed, or a failure. */
static bool skip_to_value(struct json_reader *reader)
{
    bool is_object = reader->levels[reader->depth - 1].is_object;
    struct span key = {.bytes = NULL};
    return json_reader_more(reader, is_object ? '}' : ']') &&
           (!is_object || json_reader_key(reader, &key));
}

enum json_progress json_reader_skip(struct json_reader *reader)
{
    if (reader->skip_depth == 0)
        reader->skip_depth = reader->depth + 1;
    while (reader->status == STATUS_OK) {
        if (reader->next > reader->pause)
            return JSON_PAUSED;
        char first = reader->piece.begin ? '"' : json_reader_peek(reader);
        if (first == '"') {
            enum json_progress progress = skip_text(reader);
            if (progress != JSON_DONE)
                return progress;
        } else if (first == '{' || first == '[' ? !json_reader_open(reader, first)
                                                : !skip_scalar(reader, first)) {
            break;
        }
        do {
            if (reader->status == STATUS_OK && reader->depth + 1 == reader->skip_depth) {
                reader->skip_depth = 0;
                return JSON_DONE;
            }
        } while (reader->status == STATUS_OK && !skip_to_value(reader));
    }
    return JSON_FAILED;
}
