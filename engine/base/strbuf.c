/*
 * Strings that grow, and numbers written into them.
 *
 * A float is written as the shortest decimal that reads back to the same bits.  Its digits come
 * from printf and are checked by reading them back.  If any decimal of n digits reads back, the
 * nearest one does.  The exception is a power of two, where floats are twice as far apart above as
 * below: the nearest decimal may be below it and not read back, while the next one above does.  The
 * locale is "C": no program here calls setlocale.
 *
 * Most numbers are probabilities; digits_below_one computes the same digits for them faster.
 */
#include "base/strbuf.h"

#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"
#include "base/elementary.h"
#include "base/size.h"
#include "base/utf8.h"

enum {
    FIRST_CAPACITY = 64,
    ESCAPE_SIZE = 8,
    FLOAT_SIZE = 40,
    E_SIZE = 24,       /* of "d.ddde-xx" */
    USUAL_DIGITS = 7,  /* most floats need at most these */
    ENOUGH_DIGITS = 9, /* no float needs more */
    FIXED_FROM = -5,   /* exponents that are written without an e */
    FIXED_BELOW = 16
};

/* ---- bytes ----------------------------------------------------------------------------- */

void strbuf_init(struct strbuf *buffer, size_t ceiling)
{
    *buffer = (struct strbuf){.ceiling = ceiling};
}

void strbuf_release(struct strbuf *buffer)
{
    if (!buffer)
        return;
    free(buffer->bytes);
    *buffer = (struct strbuf){.ceiling = buffer->ceiling};
}

void strbuf_clear(struct strbuf *buffer)
{
    buffer->length = 0;
    buffer->has_failed = false;
    if (buffer->bytes)
        buffer->bytes[0] = '\0';
}

/* Ensure capacity for `more` bytes and the zero.  It at least doubles, within the ceiling. */
static bool grow(struct strbuf *buffer, size_t more)
{
    if (buffer->has_failed)
        return false;
    buffer->has_failed = true; /* until everything below has succeeded */

    size_t length, needed, capacity;
    if (!size_add(buffer->length, more, &length) || length > buffer->ceiling ||
        !size_add(length, 1, &needed))
        return false;
    if (needed > buffer->capacity) {
        if (!size_multiply(buffer->capacity, 2, &capacity) || capacity < needed)
            capacity = needed;
        if (capacity < FIRST_CAPACITY)
            capacity = FIRST_CAPACITY;
        if (capacity > buffer->ceiling)
            capacity = buffer->ceiling < needed ? needed : buffer->ceiling;
        char *bytes = realloc(buffer->bytes, capacity);
        if (!bytes)
            return false;
        bytes[buffer->length] = '\0';
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->has_failed = false;
    return true;
}

void strbuf_reserve(struct strbuf *buffer, size_t more)
{
    (void)grow(buffer, more);
}

char *strbuf_take(struct strbuf *buffer, size_t *length)
{
    char *bytes = grow(buffer, 0) ? buffer->bytes : NULL;
    *length = bytes ? buffer->length : 0;
    if (bytes)
        buffer->bytes = NULL;
    strbuf_release(buffer);
    return bytes;
}

static bool fits(const struct strbuf *buffer, size_t more)
{
    return !buffer->has_failed && buffer->capacity - buffer->length > more;
}

void strbuf_add_bytes(struct strbuf *buffer, const char *bytes, size_t length)
{
    if (!fits(buffer, length) && !grow(buffer, length))
        return;
    if (length > 0)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

static void add_formatted(struct strbuf *buffer, const char *format, va_list values)
{
    if (!grow(buffer, 0))
        return;
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(buffer->bytes + buffer->length,
                           buffer->capacity - buffer->length, format, values);
    /* The first attempt overwrote the zero, and after a failure the string must still end. */
    buffer->bytes[buffer->length] = '\0';
    if (length < 0)
        buffer->has_failed = true;
    if (length >= 0 && grow(buffer, (size_t)length)) {
        (void)vsnprintf(buffer->bytes + buffer->length, buffer->capacity - buffer->length,
                        format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *buffer, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add_formatted(buffer, format, values);
    va_end(values);
}

void strbuf_quoted(struct strbuf *buffer, const char *format, ...)
{
    size_t begin = buffer->length;
    va_list values;
    va_start(values, format);
    add_formatted(buffer, format, values);
    va_end(values);
    for (size_t i = begin; i < buffer->length; i++)
        if (buffer->bytes[i] == '\'')
            buffer->bytes[i] = '"';
}

/* The letters of the short escapes. */
static const char letters[UCHAR_MAX + 1] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
    ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};

/*
 * The escape of the first character, of *count bytes, which has no short one; NULL: it is written as it
 * is, as is a byte that is not UTF-8.  scratch is for \uXXXX.
 */
static const char *find_escape(const char *bytes, size_t length, size_t *count,
                               char scratch[ESCAPE_SIZE])
{
    *count = utf8_character(bytes, length);
    uint32_t point = utf8_hidden(bytes, *count);
    if (*count == 0)
        *count = 1;
    if (point == 0 && *bytes != '\0')
        return NULL;
    snprintf(scratch, ESCAPE_SIZE, "\\u%04x", (unsigned)point & 0xFFFF);
    return scratch;
}

/* Visible ASCII that is written as it is; most characters are. */
static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/*
 * The bytes of a character of two or three bytes of which all with its first byte are visible; 0: it
 * is another one.
 */
static size_t visible_character(const char *bytes, size_t length)
{
    const unsigned char *c = (const unsigned char *)bytes;
    if (length >= 2 && c[0] >= 0xC3 && c[0] <= 0xDF && c[0] != 0xD8)
        return utf8_is_continuation(bytes[1]) ? 2 : 0;
    bool is_of_three = length >= 3 && c[0] >= 0xE3 && c[0] <= 0xEC &&
                       utf8_is_continuation(bytes[1]) && utf8_is_continuation(bytes[2]);
    return is_of_three ? 3 : 0;
}

/* Are all of 8 bytes plain?  false: look at each. */
static bool has_plain_word(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highest = ones * 0x80;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    /* The highest bit is set by: 0x80 to 0xFF; 0x7F; below 0x20; a quote; a backslash. */
    uint64_t quotes = word ^ ones * '"', backslashes = word ^ ones * '\\';
    uint64_t found = word | (word + ones) | (word - ones * 0x20) | (quotes - ones) |
                     (backslashes - ones);
    return (found & highest) == 0;
}

/* The index of the first character from index on that may have to be escaped, or length. */
static size_t skip_plain(const char *bytes, size_t index, size_t length)
{
    while (length - index >= sizeof(uint64_t) && has_plain_word(bytes + index))
        index += sizeof(uint64_t);
    for (size_t count; index < length; index += count) {
        count =
            is_plain(bytes[index]) ? 1 : visible_character(bytes + index, length - index);
        if (count == 0)
            break;
    }
    return index;
}

/* Append characters of which the first `plain` bytes need no escape. */
static void add_escaped(struct strbuf *buffer, const char *bytes, size_t plain,
                        size_t length)
{
    size_t begin = 0; /* index of the first byte that is not added yet */
    for (size_t i = plain, count; i < length;
         i = i + count < length && letters[(unsigned char)bytes[i + count]] != '\0'
                 ? i + count
                 : skip_plain(bytes, i + count, length)) {
        char scratch[ESCAPE_SIZE];
        const char letter[2] = {'\\', letters[(unsigned char)bytes[i]]};
        const char *escape = NULL;
        count = 1;
        if (letter[1] == '\0') {
            escape = find_escape(bytes + i, length - i, &count, scratch);
            if (!escape)
                continue;
        }
        if (i > begin)
            strbuf_add_bytes(buffer, bytes + begin, i - begin);
        if (escape)
            strbuf_add(buffer, escape);
        else
            strbuf_add_bytes(buffer, letter, sizeof letter);
        begin = i + count;
    }
    strbuf_add_bytes(buffer, bytes + begin, length - begin);
}

void strbuf_json_characters(struct strbuf *buffer, const char *bytes, size_t length)
{
    add_escaped(buffer, bytes, skip_plain(bytes, 0, length), length);
}

void strbuf_json_string(struct strbuf *buffer, const char *bytes, size_t length)
{
    size_t plain = skip_plain(bytes, 0, length);
    if (plain == length && length < SIZE_MAX - 2 && fits(buffer, length + 2)) {
        char *at = buffer->bytes + buffer->length;
        *at = '"';
        if (length > 0)
            memcpy(at + 1, bytes, length);
        memcpy(at + 1 + length, "\"", 2);
        buffer->length += length + 2;
        return;
    }
    strbuf_add(buffer, "\"");
    add_escaped(buffer, bytes, plain, length);
    strbuf_add(buffer, "\"");
}

/* ---- numbers --------------------------------------------------------------------------- */

/* The digits of a number; the first one is worth 10^exponent. */
struct decimal {
    char digits[E_SIZE];
    int count, exponent;
};

/* value / 10^places */
static void decimal_set(struct decimal *decimal, uint64_t value, int places)
{
    decimal->count = (int)(digits_all(decimal->digits, value) - decimal->digits);
    decimal->exponent = decimal->count - 1 - places;
}

/*
 * The digits of value = m / 2^shift, 1e-9 <= value < 1, in exact integers.  With `places` digits
 * after the point, value is m * 5^places / 2^(shift - places) units of the last digit;
 * m * 5^17 is below 2^64.  In units of 1 / 2^(shift - places) last digits, neighbouring floats have
 * the distance 5^places, so a decimal nearer to value than half of that reads back; below a power
 * of two the distance is half as large.  The smallest number of places at which a decimal reads
 * back gives the shortest one, because its last digit is not 0.
 */
static void digits_below_one(struct decimal *decimal, float value)
{
    uint64_t m = (float_bits(value) & 0x7FFFFF) | 0x800000, five = 1;
    int shift = 150 - (int)(float_bits(value) >> 23), places = 0;
    bool is_power_of_two = m == 0x800000;

    for (;;) {
        places++;
        five *= 5;
        uint64_t unit = UINT64_C(1) << (shift - places), exact = m * five;
        uint64_t whole = exact >> (shift - places), rest = exact & (unit - 1);
        bool may_round_up = 2 * (unit - rest) < five; /* five is odd: never equal */
        bool may_round_down = (is_power_of_two ? 4 : 2) * rest < five;
        bool rounds_up =
            rest > unit / 2 || (rest == unit / 2 && whole % 2 == 1) || !may_round_down;
        if (rounds_up ? may_round_up : may_round_down) {
            decimal_set(decimal, whole + rounds_up, places);
            return;
        }
    }
}

static bool reads_back(const char *text, float value)
{
    return float_bits(strtof(text, NULL)) == float_bits(value);
}

/* Add one to the last digit of "d.ddde-xx". */
static bool increment(char text[E_SIZE])
{
    for (char *digit = strchr(text, 'e'); digit-- > text;) {
        if (*digit == '.')
            continue;
        if (*digit != '9') {
            ++*digit;
            return true;
        }
        *digit = '0';
    }
    return false; /* 9.99 would become a power of ten, which has fewer digits */
}

/* Write value, not negative, as "d.ddde-xx" of `digits` digits; false if none reads back. */
static bool print_digits(char text[E_SIZE], float value, int digits)
{
    snprintf(text, E_SIZE, "%.*e", digits - 1, (double)value);
    if (reads_back(text, value))
        return true;
    bool is_power_of_two = (float_bits(value) & 0x7FFFFF) == 0;
    return is_power_of_two && increment(text) && reads_back(text, value);
}

static void print_shortest(char text[E_SIZE], float value)
{
    int digits = USUAL_DIGITS;
    while (!print_digits(text, value, digits)) {
        assert(digits < ENOUGH_DIGITS);
        digits++;
    }
    if (digits > USUAL_DIGITS)
        return;
    char shorter[E_SIZE];
    while (--digits > 0 && print_digits(shorter, value, digits))
        memcpy(text, shorter, E_SIZE);
}

static void digits_of(struct decimal *decimal, float value)
{
    char text[E_SIZE];
    print_shortest(text, value);
    const char *c = text;
    decimal->digits[0] = *c++; /* one digit is before the point */
    decimal->count = 1;
    for (; *c != 'e'; c++)
        if (*c != '.')
            decimal->digits[decimal->count++] = *c;
    decimal->exponent = (int)strtol(c + 1, NULL, 10);
}

/* Write without an e, with at least one digit on each side of the point; returns the end. */
static char *write_fixed(char *out, const struct decimal *decimal)
{
    int count = decimal->count, exponent = decimal->exponent;
    int begin = exponent < 0 ? exponent : 0; /* digit i is worth 10^(exponent - i) */
    int end = count > exponent + 2 ? count : exponent + 2;
    for (int i = begin; i < end; i++) {
        *out++ = i >= 0 && i < count ? decimal->digits[i] : '0';
        if (i == exponent)
            *out++ = '.';
    }
    return out;
}

/* Write d.ddde-xx, or de-xx if there is only one digit; returns the end. */
static char *write_scientific(char *out, const struct decimal *decimal)
{
    *out++ = decimal->digits[0];
    if (decimal->count > 1) {
        *out++ = '.';
        memcpy(out, decimal->digits + 1, (size_t)decimal->count - 1);
        out += decimal->count - 1;
    }
    return out + snprintf(out, 8, "e%+03d", decimal->exponent);
}

void strbuf_float(struct strbuf *buffer, float value)
{
    char written[FLOAT_SIZE], *out = written;
    if (!isfinite(value)) {
        strbuf_add(buffer, "null");
        return;
    }
    if (float_bits(value) >> 31) {
        *out++ = '-';
        value = -value;
    }
    struct decimal decimal;
    if (value >= 1e-9f && value < 1.0f)
        digits_below_one(&decimal, value);
    else if (value == 0.0f || value == 1.0f) /* the answers of a saturated model */
        decimal_set(&decimal, (uint64_t)value, 0);
    else
        digits_of(&decimal, value);
    bool is_fixed = decimal.exponent >= FIXED_FROM && decimal.exponent < FIXED_BELOW;
    out = is_fixed ? write_fixed(out, &decimal) : write_scientific(out, &decimal);
    strbuf_add_bytes(buffer, written, (size_t)(out - written));
}

void strbuf_float_member(struct strbuf *buffer, const char *name, double value)
{
    strbuf_printf(buffer, ", \"%s\": ", name);
    strbuf_float(buffer, value < (double)FLT_MAX ? (float)value : FLT_MAX);
}

void strbuf_double(struct strbuf *buffer, double value)
{
    char written[FLOAT_SIZE];
    int digits = 15;
    if (!isfinite(value)) {
        strbuf_add(buffer, "null");
        return;
    }
    do
        snprintf(written, sizeof written, "%.*g", digits, value);
    while (strtod(written, NULL) != value && digits++ < 17);
    strbuf_add(buffer, written);
}

void strbuf_unsigned(struct strbuf *buffer, uint64_t value)
{
    char digits[DIGITS_MAX];
    strbuf_add_bytes(buffer, digits, (size_t)(digits_all(digits, value) - digits));
}
