/* Validating, cutting and copying UTF-8 text. */
#include "base/utf8.h"

#include <assert.h>
#include <string.h>

size_t utf8_character(const char *bytes, size_t length)
{
    const unsigned char *c = (const unsigned char *)bytes;
    if (length == 0)
        return 0;
    if (c[0] < 0x80)
        return 1;
    size_t count = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    if (c[0] < 0xC2 || c[0] > 0xF4 || length < count)
        return 0;
    /* The bounds of the second byte exclude overlong forms, surrogates and values over 10FFFF. */
    unsigned char lowest = c[0] == 0xE0 ? 0xA0 : c[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char highest = c[0] == 0xED ? 0x9F : c[0] == 0xF4 ? 0x8F : 0xBF;
    if (c[1] < lowest || c[1] > highest)
        return 0;
    for (size_t i = 2; i < count; i++)
        if (!utf8_is_continuation(bytes[i]))
            return 0;
    return count;
}

bool utf8_is_ascii(const char *bytes, size_t length)
{
    enum { STEP = 64 };
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t i = 0;
    for (; i + STEP <= length; i += STEP) {
        uint64_t words[STEP / sizeof high], all = 0;
        memcpy(words, bytes + i, STEP);
        for (size_t w = 0; w < STEP / sizeof high; w++)
            all |= words[w];
        if (all & high)
            return false;
    }
    unsigned char all = 0;
    for (; i < length; i++)
        all |= (unsigned char)bytes[i];
    return all < 0x80;
}

uint32_t utf8_hidden(const char *bytes, size_t count)
{
    const unsigned char *c = (const unsigned char *)bytes;
    uint32_t point = 0;
    if (count == 1)
        point = c[0] < 0x20 || c[0] == 0x7F ? c[0] : 0;
    else if (count == 2)
        point = (uint32_t)(c[0] & 0x1F) << 6 | (c[1] & 0x3F);
    else if (count == 3)
        point =
            (uint32_t)(c[0] & 0x0F) << 12 | (uint32_t)(c[1] & 0x3F) << 6 | (c[2] & 0x3F);
    bool is_hidden = point < 0xA0 || point == 0x61C || point == 0x200E ||
                     point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
                     (point >= 0x2066 && point <= 0x2069);
    return is_hidden ? point : 0;
}

size_t utf8_cut(const char *bytes, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && utf8_is_continuation(bytes[limit]))
        limit--;
    return limit;
}

void utf8_copy(char *buffer, size_t size, const char *string)
{
    assert(size > 0);
    size_t left = strlen(string), used = 0;
    while (left > 0) {
        bool is_ascii = (unsigned char)*string < 0x80; /* nearly always */
        size_t valid = is_ascii ? 1 : utf8_character(string, left);
        size_t count = valid > 0 ? valid : 1;
        if (count > size - 1 - used)
            break;
        if (count == 1) /* faster than a call of memcpy */
            buffer[used] = valid > 0 ? *string : '?';
        else
            memcpy(buffer + used, string, count);
        used += count;
        string += count;
        left -= count;
    }
    buffer[used] = '\0';
}
