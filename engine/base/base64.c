/* Base64: three bytes are four characters of six bits; "=" stands for a byte that is not there. */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

enum { GROUP_BYTES = 3, GROUP_CHARACTERS = 4, BITS = 6, MASK = 63 };

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct strbuf *text, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    for (size_t i = 0; i < length; i += GROUP_BYTES) {
        size_t count = length - i < GROUP_BYTES ? length - i : (size_t)GROUP_BYTES;
        uint32_t group = 0;
        for (size_t j = 0; j < GROUP_BYTES; j++)
            group = group << 8 | (j < count ? from[i + j] : 0u);
        char characters[GROUP_CHARACTERS];
        for (size_t j = 0; j < GROUP_CHARACTERS; j++)
            characters[j] =
                j <= count ? digits[group >> (BITS * (GROUP_CHARACTERS - 1 - j)) & MASK]
                           : '=';
        strbuf_add_bytes(text, characters, sizeof characters);
    }
}

/* Decode the four characters of a group that ends with `padding` signs "=". */
static bool decode_group(const char *characters, size_t padding, uint32_t *group)
{
    *group = 0;
    for (size_t j = 0; j < GROUP_CHARACTERS; j++) {
        if (j >= GROUP_CHARACTERS - padding) {
            *group <<= BITS;
            continue;
        }
        const char *digit = memchr(digits, characters[j], sizeof digits - 1);
        if (!digit)
            return false;
        *group = *group << BITS | (uint32_t)(digit - digits);
    }
    /* the bits of the bytes that are not there are 0 */
    return (*group & ((UINT32_C(1) << (8 * padding)) - 1)) == 0;
}

bool base64_decode(const char *text, size_t length, unsigned char *bytes, size_t *count)
{
    *count = 0;
    if (length % GROUP_CHARACTERS != 0)
        return false;
    for (size_t i = 0; i < length; i += GROUP_CHARACTERS) {
        bool is_last = i + GROUP_CHARACTERS == length;
        size_t padding = 0;
        while (is_last && padding < GROUP_BYTES - 1 &&
               text[i + GROUP_CHARACTERS - 1 - padding] == '=')
            padding++;
        uint32_t group;
        if (!decode_group(text + i, padding, &group))
            return false;
        for (size_t j = 0; j < GROUP_BYTES - padding; j++)
            bytes[(*count)++] =
                (unsigned char)(group >> (8 * (GROUP_BYTES - 1 - j)) & 255);
    }
    return true;
}
