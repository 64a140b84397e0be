/* Scanning decimal numbers, and their nearest double. */
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DIGITS = 1000,
    MAX_EXPONENT = 99999,
    POWERS = 22,      /* 10^22 is the largest power of ten that a double holds exactly */
    FAST_DIGITS = 18, /* fit in 64 bits */
};

#define EXACT (UINT64_C(1) << 53)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *next, const char *end)
{
    while (next < end && is_digit(*next))
        next++;
    return next;
}

/* `e-3`; false when the text has something else, or goes on. */
static bool scan_exponent(struct decimal *decimal, const char *next, const char *end)
{
    if (*next != 'e' && *next != 'E')
        return false;
    next++;
    bool is_negative = next < end && *next == '-';
    if (next < end && (*next == '-' || *next == '+'))
        next++;
    const char *digits = next;
    int exponent = 0;
    for (; next < end && is_digit(*next); next++)
        exponent =
            exponent > MAX_EXPONENT / 10 ? MAX_EXPONENT : 10 * exponent + (*next - '0');
    decimal->exponent = is_negative ? -exponent : exponent;
    return next > digits && next == end;
}

bool decimal_scan(struct decimal *decimal, const char *bytes, size_t length, char mark)
{
    const char *next = bytes, *end = bytes + length;
    if (length == 0)
        return false;
    bool is_negative = *next == '-';
    next += is_negative;
    const char *whole = next;
    next = skip_digits(next, end);
    *decimal = (struct decimal){.whole = whole,
                                .fraction = next,
                                .whole_count = (size_t)(next - whole),
                                .is_negative = is_negative,
                                .is_plain = next == end};
    if (decimal->whole_count > 1 && *whole == '0')
        return false;
    if (next < end && *next == mark) {
        decimal->fraction = next + 1;
        next = skip_digits(next + 1, end);
        decimal->fraction_count = (size_t)(next - decimal->fraction);
    }
    if (decimal->whole_count + decimal->fraction_count == 0)
        return false;
    return next == end || scan_exponent(decimal, next, end);
}

static bool convert_slowly(const struct decimal *decimal, double *number)
{
    char copy[MAX_DIGITS + 32];
    size_t count = decimal->whole_count + decimal->fraction_count;
    if (count > MAX_DIGITS)
        return false;
    char *out = copy;
    *out++ = decimal->is_negative ? '-' : '+';
    memcpy(out, decimal->whole, decimal->whole_count);
    out += decimal->whole_count;
    *out++ = '.';
    memcpy(out, decimal->fraction, decimal->fraction_count);
    out += decimal->fraction_count;
    (void)snprintf(out, 9, "e%d", decimal->exponent);
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *number = value;
    return true;
}

/*
 * When a double holds both the digits and the power of ten exactly, the one multiplication or
 * division rounds once, so it gives the nearest double (Clinger 1990).
 */
bool decimal_to_double(const struct decimal *decimal, double *number)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    size_t count = decimal->whole_count + decimal->fraction_count;
    if (count > FAST_DIGITS)
        return convert_slowly(decimal, number);
    uint64_t digits = 0;
    for (size_t i = 0; i < decimal->whole_count; i++)
        digits = 10 * digits + (uint64_t)(decimal->whole[i] - '0');
    for (size_t i = 0; i < decimal->fraction_count; i++)
        digits = 10 * digits + (uint64_t)(decimal->fraction[i] - '0');
    int exponent = decimal->exponent - (int)decimal->fraction_count;
    if (digits > EXACT || exponent > POWERS || exponent < -POWERS)
        return convert_slowly(decimal, number);
    double value = (double)digits;
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    *number = decimal->is_negative ? -value : value;
    return true;
}
