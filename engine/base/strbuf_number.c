/*
 * Numbers as the shortest text that reads back to the same bits.
 *
 * Digits come from printf and are proved by reading them back.  If some decimal of n digits
 * reads back, so does the nearest one; only at a power of two, where floats are twice as
 * far apart above as below, it can be that the nearest lies outside, below, and the one
 * above it inside.  The locale is "C": no program here calls setlocale.
 *
 * Probabilities take a shorter way to the same digits: see digits_below_one.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"
#include "base/strbuf.h"

enum {
    USUAL_DIGITS = 7,
    ENOUGH_DIGITS = 9, /* for every float */
    FIXED_FROM = -5,   /* exponents written without an e */
    FIXED_BELOW = 16,
    SHAPE_ROOM = 24,
    FLOAT_ROOM = 40
};

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool reads_back(const char *shape, float value)
{
    return bits_of(strtof(shape, NULL)) == bits_of(value);
}

/* Add one to the last digit of "d.ddde-xx". */
static bool step_up(char shape[SHAPE_ROOM])
{
    for (char *digit = strchr(shape, 'e'); digit-- > shape;) {
        if (*digit == '.')
            continue;
        if (*digit != '9') {
            ++*digit;
            return true;
        }
        *digit = '0';
    }
    return false; /* a power of ten: as the nearest decimal it was tried already */
}

/* value, not negative, as "d.ddde-xx" with that many digits; false if none reads back. */
static bool shape_with(char shape[SHAPE_ROOM], float value, int digits)
{
    snprintf(shape, SHAPE_ROOM, "%.*e", digits - 1, (double)value);
    if (reads_back(shape, value))
        return true;
    bool is_power_of_two = (bits_of(value) & 0x7FFFFF) == 0;
    return is_power_of_two && step_up(shape) && reads_back(shape, value);
}

static void shape_shortest(char shape[SHAPE_ROOM], float value)
{
    int digits = USUAL_DIGITS;
    char shorter[SHAPE_ROOM];
    while (!shape_with(shape, value, digits)) {
        assert(digits < ENOUGH_DIGITS);
        digits++;
    }
    if (digits > USUAL_DIGITS)
        return;
    while (--digits > 0 && shape_with(shorter, value, digits))
        memcpy(shape, shorter, SHAPE_ROOM);
}

/* d.ddd times 10^exponent without an e; returns the end. */
static char *write_fixed(char *out, const char *digits, int count, int exponent)
{
    int begin = exponent < 0 ? exponent : 0; /* digit i is worth 10^(exponent - i) */
    int end = count > exponent + 2 ? count : exponent + 2;
    for (int i = begin; i < end; i++) {
        *out++ = i >= 0 && i < count ? digits[i] : '0';
        if (i == exponent)
            *out++ = '.';
    }
    return out;
}

/* d.ddde-xx, without the point if there is one digit; returns the end. */
static char *write_scientific(char *out, const char *digits, int count, int exponent)
{
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, (size_t)count - 1);
        out += count - 1;
    }
    return out + snprintf(out, 8, "e%+03d", exponent);
}

/* How a float is written before it is laid out: digits, the first worth 10^exponent. */
struct decimal {
    char digits[SHAPE_ROOM];
    int count, exponent;
};

static void write_digits(struct decimal *decimal, uint64_t value, int places)
{
    decimal->count = (int)(digits_all(decimal->digits, value) - decimal->digits);
    decimal->exponent = decimal->count - 1 - places;
}

/*
 * The digits of value = m / 2^shift, 1e-9 <= value < 1, in exact integers.  With so many
 * places behind the point value is m * 5^places / 2^(shift - places) units of the last one;
 * m * 5^17 is below 2^64.  Floats are 1 / 2^shift apart, 5^places in the same measure, so what
 * is nearer than half of that reads back; below a power of two they are half as far apart.  The
 * fewest places that do are the shortest decimal, for then its last digit is not 0.
 */
static void digits_below_one(struct decimal *decimal, float value)
{
    uint64_t m = (bits_of(value) & 0x7FFFFF) | 0x800000, five = 1;
    int shift = 150 - (int)(bits_of(value) >> 23), places = 0;
    bool is_power_of_two = m == 0x800000, is_up;

    for (;;) {
        places++;
        five *= 5;
        uint64_t unit = UINT64_C(1) << (shift - places), exact = m * five;
        uint64_t whole = exact >> (shift - places), rest = exact & (unit - 1);
        bool may_be_up = 2 * (unit - rest) < five; /* five is odd: never equal */
        bool may_be_down = (is_power_of_two ? 4 : 2) * rest < five;
        is_up = rest > unit / 2 || (rest == unit / 2 && whole % 2 == 1) || !may_be_down;
        if (is_up ? may_be_up : may_be_down) {
            write_digits(decimal, whole + is_up, places);
            return;
        }
    }
}

static void digits_of(struct decimal *decimal, float value)
{
    char shape[SHAPE_ROOM];
    const char *c = shape;
    shape_shortest(shape, value);
    decimal->digits[0] = *c++; /* one stands before the point */
    decimal->count = 1;
    for (; *c != 'e'; c++)
        if (*c != '.')
            decimal->digits[decimal->count++] = *c;
    decimal->exponent = (int)strtol(c + 1, NULL, 10);
}

void strbuf_float(struct strbuf *text, float value)
{
    struct decimal decimal;
    char room[FLOAT_ROOM], *out = room;
    if (bits_of(value) >> 31) {
        *out++ = '-';
        value = -value;
    }
    if (value >= 1e-9f && value < 1.0f)
        digits_below_one(&decimal, value);
    else if (value == 0.0f || value == 1.0f) /* what a saturated model answers */
        write_digits(&decimal, (uint64_t)value, 0);
    else
        digits_of(&decimal, value);
    bool is_fixed = decimal.exponent >= FIXED_FROM && decimal.exponent < FIXED_BELOW;
    out = (is_fixed ? write_fixed : write_scientific)(out, decimal.digits, decimal.count,
                                                      decimal.exponent);
    strbuf_add_bytes(text, room, (size_t)(out - room));
}

void strbuf_unsigned(struct strbuf *text, uint64_t value)
{
    char room[DIGITS_MOST];
    strbuf_add_bytes(text, room, (size_t)(digits_all(room, value) - room));
}

void strbuf_double(struct strbuf *text, double value)
{
    char room[FLOAT_ROOM];
    int digits = 15;
    do
        snprintf(room, sizeof room, "%.*g", digits, value);
    while (strtod(room, NULL) != value && digits++ < 17);
    strbuf_add(text, room);
}
