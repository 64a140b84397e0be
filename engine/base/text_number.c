/*
 * Numbers as the shortest text that reads back to the same bits.
 *
 * Digits come from printf and are proved by reading them back.  If some decimal of n digits
 * reads back, so does the nearest one; only at a power of two, where floats are twice as
 * far apart above as below, it can be that the nearest lies outside, below, and the one
 * above it inside.  The locale is "C": no program here calls setlocale.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

void text_float(struct text *text, float value)
{
    char shape[SHAPE_ROOM], digits[SHAPE_ROOM] = {0}, room[FLOAT_ROOM], *out = room;
    if (bits_of(value) >> 31) {
        *out++ = '-';
        value = -value;
    }
    shape_shortest(shape, value);

    int count = 0;
    const char *c = shape;
    for (; *c != 'e'; c++)
        if (*c != '.')
            digits[count++] = *c;
    int exponent = (int)strtol(c + 1, NULL, 10);

    bool is_fixed = exponent >= FIXED_FROM && exponent < FIXED_BELOW;
    out = (is_fixed ? write_fixed : write_scientific)(out, digits, count, exponent);
    text_add_bytes(text, room, (size_t)(out - room));
}

void text_real(struct text *text, double value)
{
    char room[FLOAT_ROOM];
    int digits = 15;
    do
        snprintf(room, sizeof room, "%.*g", digits, value);
    while (strtod(room, NULL) != value && digits++ < 17);
    text_add(text, room);
}
