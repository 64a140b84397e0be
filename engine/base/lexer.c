#include "base/lexer.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
    WHOLE_DIGITS = 18, /* any so many fit an int64 */
    POWERS = 22,       /* 10^22 is the last power of ten that is a double */
    EXPONENT_DIGITS = 4,
    NUMBER_BYTES = 64,
    DEPTH = 8
};

#define EXACT (UINT64_C(1) << 53) /* integers up to here are doubles */

/* ---- strings --------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Past bytes that stand for themselves in a string, sixteen at a time while there are so many. */
static const char *skip_plain(const char *next, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - next >= 16; next += 16) {
        signed char bytes __attribute__((vector_size(16)));
        uint64_t odd[2];
        memcpy(&bytes, next, sizeof bytes);
        /* All ones where it holds; bytes from 0x80 on are negative. */
        bytes = (bytes == '"') | (bytes == '\\') | (bytes < 0x20);
        memcpy(odd, &bytes, sizeof odd);
        if (odd[0] != 0)
            return next + __builtin_ctzll(odd[0]) / 8;
        if (odd[1] != 0)
            return next + 8 + __builtin_ctzll(odd[1]) / 8;
    }
#endif
    while (next < end && is_plain(*next))
        next++;
    return next;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Past an escape; zeros, which may be wrong, and surrogates, which come in pairs, are left. */
static bool skip_escape(struct lexer *scan)
{
    const char *c = scan->next + 1;

    if (scan->end - c < 1)
        return false;
    if (*c != 'u') {
        scan->next += 2;
        return *c != '\0' && strchr("\"\\/bfnrt", *c) != NULL;
    }
    if (scan->end - c < 5 || !is_hex(c[1]) || !is_hex(c[2]) || !is_hex(c[3]) ||
        !is_hex(c[4]))
        return false;
    scan->next += 6;
    bool is_zero = memcmp(c + 1, "0000", 4) == 0;
    bool is_surrogate = (c[1] | 0x20) == 'd' && c[2] >= '8'; /* a letter is more, too */
    return !is_zero && !is_surrogate;
}

/* Past the rest of a string and its closing quote. */
static bool end_string(struct lexer *scan, bool may_escape)
{
    for (;;) {
        scan->next = skip_plain(scan->next, scan->end);
        if (scan->next == scan->end)
            return false;
        if (*scan->next == '"') {
            scan->next++;
            return true;
        }
        if ((unsigned char)*scan->next >= 0x80) {
            size_t bytes = utf8_character(scan->next, (size_t)(scan->end - scan->next));
            if (bytes == 0)
                return false;
            scan->next += bytes;
        } else if (*scan->next != '\\' || !may_escape || !skip_escape(scan)) {
            return false;
        }
    }
}

bool lexer_string(struct lexer *scan, struct span *string)
{
    if (!lexer_accept(scan, '"'))
        return false;
    string->bytes = scan->next;
    const char *end = skip_plain(scan->next, scan->end);
    if (end < scan->end && *end == '"') {
        scan->next = end + 1;
    } else {
        scan->next = end;
        if (!end_string(scan, false))
            return false;
    }
    string->length = (size_t)(scan->next - 1 - string->bytes);
    return true;
}

bool lexer_key(struct lexer *scan, struct span *key)
{
    return lexer_string(scan, key) && lexer_accept(scan, ':');
}

/* ---- numbers --------------------------------------------------------------------------- */

/* A number in parts: digits * 10^exponent. */
struct number {
    uint64_t digits; /* right if there are at most 19 */
    size_t count;    /* of digits, zeros in front too */
    int exponent;
    bool is_whole;
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight digits at once: pairs, then fours, then all; false when one of them is no digit. */
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

/* One digit and more; false when there is none. */
static bool read_digits(struct lexer *scan, struct number *number)
{
    const char *next = scan->next;
    uint64_t digits = number->digits;
    unsigned digit;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t eight; scan->end - next >= 8 && read_eight(next, &eight); next += 8)
        digits = digits * 100000000 + eight;
#endif
    for (; next < scan->end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    size_t count = (size_t)(next - scan->next);
    number->digits = digits;
    number->count += count;
    scan->next = next;
    return count > 0;
}

static bool read_exponent(struct lexer *scan, struct number *number)
{
    struct number exponent = {.digits = 0};
    bool is_negative = scan->next < scan->end && *scan->next == '-';

    if (is_negative || (scan->next < scan->end && *scan->next == '+'))
        scan->next++;
    if (!read_digits(scan, &exponent) || exponent.count > EXPONENT_DIGITS)
        return false;
    number->exponent += is_negative ? -(int)exponent.digits : (int)exponent.digits;
    return true;
}

/* 0 or digits without a zero in front, [. digits], [e [+-] digits] */
static bool read_parts(struct lexer *scan, struct number *number)
{
    const char *begin = scan->next;

    *number = (struct number){.is_whole = true};
    if (!read_digits(scan, number) || (*begin == '0' && number->count > 1))
        return false;
    if (scan->next < scan->end && *scan->next == '.') {
        size_t whole = number->count;
        scan->next++;
        number->is_whole = false;
        if (!read_digits(scan, number) || number->count > NUMBER_BYTES)
            return false;
        number->exponent = -(int)(number->count - whole);
    }
    if (scan->next < scan->end && (*scan->next == 'e' || *scan->next == 'E')) {
        scan->next++;
        number->is_whole = false;
        return read_exponent(scan, number);
    }
    return true;
}

/* What jansson does with it: the nearest double, and none beyond the largest. */
static bool read_long(const char *bytes, size_t length, double *value)
{
    char room[NUMBER_BYTES];

    if (length >= sizeof room)
        return false;
    memcpy(room, bytes, length);
    room[length] = '\0';
    *value = strtod(room, NULL);
    return isfinite(*value);
}

/*
 * Digits and a power of ten that both are doubles give, multiplied or divided, a result that is
 * rounded once, and so the nearest one (Clinger 1990).
 */
bool lexer_number(struct lexer *scan, double *value, bool *is_whole)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_negative = lexer_peek(scan) == '-';
    const char *begin = scan->next;
    struct number number;

    scan->next += is_negative;
    if (!read_parts(scan, &number))
        return false;
    *is_whole = number.is_whole;
    if (number.is_whole) {
        if (number.count > WHOLE_DIGITS)
            return false;
        int64_t whole = (int64_t)number.digits;
        *value = (double)(is_negative ? -whole : whole); /* no negative zero */
        return true;
    }
    if (number.count > WHOLE_DIGITS || number.digits > EXACT ||
        number.exponent > POWERS || number.exponent < -POWERS)
        return read_long(begin, (size_t)(scan->next - begin), value);
    double digits = (double)number.digits;
    digits = number.exponent < 0 ? digits / powers[-number.exponent]
                                 : digits * powers[number.exponent];
    *value = is_negative ? -digits : digits;
    return true;
}

/* ---- anything -------------------------------------------------------------------------- */

bool lexer_literal(struct lexer *scan, const char *word)
{
    size_t length = strlen(word);

    lexer_peek(scan);
    if ((size_t)(scan->end - scan->next) < length ||
        memcmp(scan->next, word, length) != 0)
        return false;
    scan->next += length;
    return true;
}

bool lexer_keys_add(struct lexer_keys *keys, struct span key)
{
    if (keys->count == LEXER_KEYS)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        if (span_equals(key, keys->names[i].bytes, keys->names[i].length))
            return false;
    keys->names[keys->count++] = key;
    return true;
}

static bool skip(struct lexer *scan, unsigned depth);

static bool skip_items(struct lexer *scan, unsigned depth, char close)
{
    struct lexer_keys keys = {.count = 0};
    struct span key;

    if (depth == DEPTH)
        return false;
    if (lexer_accept(scan, close))
        return true;
    for (bool is_over = false; !is_over;)
        if ((close == '}' && (!lexer_key(scan, &key) || !lexer_keys_add(&keys, key))) ||
            !skip(scan, depth + 1) || !lexer_next_item(scan, close, &is_over))
            return false;
    return true;
}

static bool skip(struct lexer *scan, unsigned depth)
{
    double value;
    bool is_whole;

    switch (lexer_peek(scan)) {
    case '"':
        scan->next++;
        return end_string(scan, true);
    case '{':
        scan->next++;
        return skip_items(scan, depth, '}');
    case '[':
        scan->next++;
        return skip_items(scan, depth, ']');
    case 't':
        return lexer_literal(scan, "true");
    case 'f':
        return lexer_literal(scan, "false");
    case 'n':
        return lexer_literal(scan, "null");
    default:
        return lexer_number(scan, &value, &is_whole);
    }
}

bool lexer_skip_value(struct lexer *scan)
{
    return skip(scan, 0);
}
