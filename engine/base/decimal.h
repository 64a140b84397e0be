/*
 * A decimal number in a text, digit by digit: nothing is rounded until a caller asks for a double.
 */
#ifndef TRIAGE_DECIMAL_H
#define TRIAGE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* (whole digits).(fraction digits) * 10^exponent; the digits are borrowed from the text. */
struct decimal {
    const char *whole, *fraction;
    size_t whole_count, fraction_count;
    int exponent; /* -99999 to 99999; beyond these it is cut, which changes no double */
    bool is_negative;
    bool is_plain; /* without mark and exponent */
};

/*
 * Scan `-12`, `0.5`, `.5`, `5.`, `1e-3` with `mark` for the point; false for any other text, for
 * leading zeros and for a plus sign in front.
 */
bool decimal_scan(struct decimal *decimal, const char *bytes, size_t length, char mark);

/* The nearest double; false when it is not finite, or with more than 1000 digits. */
bool decimal_to_double(const struct decimal *decimal, double *number);

/* The i-th digit, of the fraction after those of the whole part; 0 beyond the last. */
static inline int decimal_digit(const struct decimal *decimal, size_t i)
{
    if (i < decimal->whole_count)
        return decimal->whole[i] - '0';
    i -= decimal->whole_count;
    return i < decimal->fraction_count ? decimal->fraction[i] - '0' : 0;
}

#endif
