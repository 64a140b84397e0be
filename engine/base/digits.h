/*
 * Integers as digits.  With printf, they would take most of the time of writing an answer.
 * Each function returns the end of what it wrote, and writes no terminating zero.
 */
#ifndef TRIAGE_DIGITS_H
#define TRIAGE_DIGITS_H

#include <stdint.h>

enum { DIGITS_MAX = 20 }; /* of a uint64_t */

/* The last count decimal digits of value, with leading zeros. */
static inline char *digits_last(char *out, uint64_t value, int count)
{
    for (int i = count; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + count;
}

/* value in decimal, without leading zeros. */
static inline char *digits_all(char *out, uint64_t value)
{
    int count = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10)
        count++;
    return digits_last(out, value, count);
}

/* Exactly count hexadecimal digits, in lower case. */
static inline char *digits_hex(char *out, uint64_t value, int count)
{
    for (int i = count; i-- > 0; value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    return out + count;
}

#endif
