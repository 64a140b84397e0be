/*
 * Integers as digits.  With printf, they would take most of the time of writing an answer.
 * Each function returns the end of what it wrote, and writes no terminating zero.
 */
#ifndef TRIAGE_DIGITS_H
#define TRIAGE_DIGITS_H

#include <stdint.h>
#include <string.h>

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

/* The eight hexadecimal digits of value, the first one in the highest byte. */
static inline uint64_t digits_hex_word(uint32_t value)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = value; /* its digits are moved apart until each has a byte */
    word = (word << 16 | word) & UINT64_C(0x0000FFFF0000FFFF);
    word = (word << 8 | word) & UINT64_C(0x00FF00FF00FF00FF);
    word = (word << 4 | word) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    uint64_t are_letters = (word + 6 * ones) >> 4 & ones;
    return word + '0' * ones + ('a' - '0' - 10) * are_letters;
}

/* Exactly count hexadecimal digits, in lower case. */
static inline char *digits_hex(char *out, uint64_t value, int count)
{
    int i = count;
    for (; i >= 8; value >>= 32) {
        uint64_t word = digits_hex_word((uint32_t)value);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        i -= 8;
        memcpy(out + i, &word, sizeof word);
    }
    for (; i-- > 0; value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    return out + count;
}

#endif
