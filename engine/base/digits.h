/*
 * Whole numbers as digits, without printf, which costs more than all else that is written on
 * the way of an answer.  Each returns the end; no zero is put there.
 */
#ifndef TRIAGE_DIGITS_H
#define TRIAGE_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { DIGITS_MOST = 20 }; /* of an uint64_t */

/* Exactly count decimal digits, the last ones of value. */
static inline char *digits_last(char *out, uint64_t value, int count)
{
    for (int i = count; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + count;
}

/* As many as it has, at least one. */
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
