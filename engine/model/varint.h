/* Integers of variable length (LEB128): seven bits a byte, the lowest first; 128 means "more". */
#ifndef TRIAGE_VARINT_H
#define TRIAGE_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

static inline void varint_add(struct strbuf *bytes, uint32_t value)
{
    char text[5];
    size_t length = 0;
    for (; value >= 128; value >>= 7)
        text[length++] = (char)(unsigned char)(value | 128);
    text[length++] = (char)(unsigned char)value;
    strbuf_add_bytes(bytes, text, length);
}

struct varint_reader {
    const unsigned char *at, *end;
};

/* Read the next integer.  false if the bytes end before it does, or it needs more than 32 bits. */
static inline bool varint_read(struct varint_reader *reader, uint32_t *value)
{
    uint64_t sum = 0;
    for (unsigned shift = 0; shift < 35 && reader->at < reader->end; shift += 7) {
        unsigned char byte = *reader->at++;
        sum |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *value = (uint32_t)sum;
            return sum <= UINT32_MAX;
        }
    }
    return false;
}

#endif
