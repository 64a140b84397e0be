/*
 * Strings, numbers and values of JSON text.
 *
 * On little-endian machines, 8 or 16 bytes are examined at a time; the loop after that, one byte at
 * a time, handles the rest, and everything on other machines.
 */
#include "base/lexer.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"

enum {
    WHOLE_DIGITS = 18, /* every integer of 18 digits fits an int64_t */
    POWERS = 22,       /* 10^22 is the largest power of ten that is a double */
    EXPONENT_DIGITS = 4,
    NUMBER_SIZE = 64, /* of the longest number that is accepted, and a zero */
    DEPTH = 8         /* of objects and arrays in a value that is skipped */
};

#define EXACT (UINT64_C(1) << 53) /* all integers up to this are doubles */

/* ---- strings --------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The first byte that is a quote, a backslash, a control character or not ASCII; or the end. */
static const char *skip_plain(const char *next, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - next >= 16; next += 16) {
        signed char bytes __attribute__((vector_size(16)));
        uint64_t found[2];
        memcpy(&bytes, next, sizeof bytes);
        /* The bytes to find become 0xFF; those outside ASCII are negative, so below 0x20. */
        bytes = (bytes == '"') | (bytes == '\\') | (bytes < 0x20);
        memcpy(found, &bytes, sizeof found);
        if (found[0] != 0)
            return next + __builtin_ctzll(found[0]) / 8;
        if (found[1] != 0)
            return next + 8 + __builtin_ctzll(found[1]) / 8;
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

/* Move past an escape; false for \u0000 and for surrogates, which are left to json_read. */
static bool skip_escape(struct lexer *lexer)
{
    const char *c = lexer->next + 1;
    if (lexer->end - c < 1)
        return false;
    if (*c != 'u') {
        lexer->next += 2;
        return *c != '\0' && strchr("\"\\/bfnrt", *c);
    }
    if (lexer->end - c < 5 || !is_hex(c[1]) || !is_hex(c[2]) || !is_hex(c[3]) ||
        !is_hex(c[4]))
        return false;
    lexer->next += 6;
    bool is_zero = memcmp(c + 1, "0000", 4) == 0;
    bool is_surrogate = (c[1] | 0x20) == 'd' && c[2] >= '8'; /* 8, 9 or a letter */
    return !is_zero && !is_surrogate;
}

/* Move past the rest of a string and its closing quote; may_escape: escapes are accepted. */
static bool end_string(struct lexer *lexer, bool may_escape)
{
    for (;;) {
        lexer->next = skip_plain(lexer->next, lexer->end);
        if (lexer->next == lexer->end)
            return false;
        if (*lexer->next == '"') {
            lexer->next++;
            return true;
        }
        if ((unsigned char)*lexer->next >= 0x80) {
            size_t bytes =
                utf8_character(lexer->next, (size_t)(lexer->end - lexer->next));
            if (bytes == 0)
                return false;
            lexer->next += bytes;
        } else if (*lexer->next != '\\' || !may_escape || !skip_escape(lexer)) {
            return false;
        }
    }
}

bool lexer_string(struct lexer *lexer, struct span *string)
{
    if (!lexer_accept(lexer, '"'))
        return false;
    string->bytes = lexer->next;
    const char *end = skip_plain(lexer->next, lexer->end);
    if (end < lexer->end && *end == '"') {
        lexer->next = end + 1;
    } else {
        lexer->next = end;
        if (!end_string(lexer, false))
            return false;
    }
    string->length = (size_t)(lexer->next - 1 - string->bytes);
    return true;
}

bool lexer_key(struct lexer *lexer, struct span *key)
{
    return lexer_string(lexer, key) && lexer_accept(lexer, ':');
}

/* ---- numbers --------------------------------------------------------------------------- */

/* digits * 10^exponent */
struct number {
    uint64_t digits; /* correct if count is at most 19 */
    size_t count;    /* of digits, leading zeros included */
    int exponent;
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
static bool read_digits(struct lexer *lexer, struct number *number)
{
    const char *next = lexer->next;
    uint64_t digits = number->digits;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t eight; lexer->end - next >= 8 && read_eight(next, &eight); next += 8)
        digits = digits * 100000000 + eight;
#endif
    unsigned digit;
    for (; next < lexer->end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    size_t count = (size_t)(next - lexer->next);
    number->digits = digits;
    number->count += count;
    lexer->next = next;
    return count > 0;
}

static bool read_exponent(struct lexer *lexer, struct number *number)
{
    bool is_negative = lexer->next < lexer->end && *lexer->next == '-';
    if (is_negative || (lexer->next < lexer->end && *lexer->next == '+'))
        lexer->next++;
    struct number exponent = {.digits = 0};
    if (!read_digits(lexer, &exponent) || exponent.count > EXPONENT_DIGITS)
        return false;
    number->exponent += is_negative ? -(int)exponent.digits : (int)exponent.digits;
    return true;
}

/* 0 or digits without a leading zero, [. digits], [e [+-] digits] */
static bool read_parts(struct lexer *lexer, struct number *number)
{
    const char *begin = lexer->next;
    *number = (struct number){.is_whole = true};
    if (!read_digits(lexer, number) || (*begin == '0' && number->count > 1))
        return false;
    if (lexer->next < lexer->end && *lexer->next == '.') {
        size_t whole = number->count;
        lexer->next++;
        number->is_whole = false;
        if (!read_digits(lexer, number) || number->count > NUMBER_SIZE)
            return false;
        number->exponent = -(int)(number->count - whole);
    }
    if (lexer->next < lexer->end && (*lexer->next == 'e' || *lexer->next == 'E')) {
        lexer->next++;
        number->is_whole = false;
        return read_exponent(lexer, number);
    }
    return true;
}

/* The nearest double, as jansson computes it; false when it is infinite or the text is long. */
static bool read_with_strtod(const char *bytes, size_t length, double *value)
{
    char copy[NUMBER_SIZE];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    *value = strtod(copy, NULL);
    return isfinite(*value);
}

/*
 * If both the digits and the power of ten are doubles, their product or quotient is rounded only
 * once, so it is the nearest double (Clinger 1990).  Other numbers are read by strtod.
 */
bool lexer_number(struct lexer *lexer, double *value, bool *is_whole)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_negative = lexer_peek(lexer) == '-';
    const char *begin = lexer->next;
    struct number number;
    lexer->next += is_negative;
    if (!read_parts(lexer, &number))
        return false;
    *is_whole = number.is_whole;
    if (number.is_whole) {
        if (number.count > WHOLE_DIGITS)
            return false;
        int64_t whole = (int64_t)number.digits;
        *value = (double)(is_negative ? -whole : whole); /* never negative zero */
        return true;
    }
    if (number.count > WHOLE_DIGITS || number.digits > EXACT ||
        number.exponent > POWERS || number.exponent < -POWERS)
        return read_with_strtod(begin, (size_t)(lexer->next - begin), value);
    double digits = (double)number.digits;
    digits = number.exponent < 0 ? digits / powers[-number.exponent]
                                 : digits * powers[number.exponent];
    *value = is_negative ? -digits : digits;
    return true;
}

/* ---- values ---------------------------------------------------------------------------- */

bool lexer_literal(struct lexer *lexer, const char *word)
{
    size_t length = strlen(word);
    lexer_peek(lexer);
    if ((size_t)(lexer->end - lexer->next) < length ||
        memcmp(lexer->next, word, length) != 0)
        return false;
    lexer->next += length;
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

static bool skip_value(struct lexer *lexer, unsigned depth);

/* Move past the items of an object or array and its closing bracket. */
static bool skip_items(struct lexer *lexer, unsigned depth, char close)
{
    if (depth == DEPTH)
        return false;
    if (lexer_accept(lexer, close))
        return true;
    struct lexer_keys keys = {.count = 0};
    for (bool is_over = false; !is_over;) {
        struct span key;
        if (close == '}' && (!lexer_key(lexer, &key) || !lexer_keys_add(&keys, key)))
            return false;
        if (!skip_value(lexer, depth + 1) || !lexer_next_item(lexer, close, &is_over))
            return false;
    }
    return true;
}

static bool skip_value(struct lexer *lexer, unsigned depth)
{
    double value;
    bool is_whole;
    switch (lexer_peek(lexer)) {
    case '"':
        lexer->next++;
        return end_string(lexer, true);
    case '{':
        lexer->next++;
        return skip_items(lexer, depth, '}');
    case '[':
        lexer->next++;
        return skip_items(lexer, depth, ']');
    case 't':
        return lexer_literal(lexer, "true");
    case 'f':
        return lexer_literal(lexer, "false");
    case 'n':
        return lexer_literal(lexer, "null");
    default:
        return lexer_number(lexer, &value, &is_whole);
    }
}

bool lexer_skip_value(struct lexer *lexer)
{
    return skip_value(lexer, 0);
}
