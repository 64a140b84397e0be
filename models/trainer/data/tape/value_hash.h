/* Hashes of values, by which events are compared. */
#ifndef TRIAGE_VALUE_HASH_H
#define TRIAGE_VALUE_HASH_H

#include "base/random.h"
#include "data/tape/tape.h"

/* Mix a value and its column into a hash.  False for a value that the tape does not tell from others. */
static inline bool tape_value_hash(uint64_t *hash, const struct tape_value *value)
{
    *hash = random_mix(*hash ^ ((uint64_t)value->column << TAPE_KIND_BITS | value->kind));
    switch (value->kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        *hash = random_mix(*hash ^ value->index);
        return value->index != TAPE_FURTHER;
    case TAPE_INTEGER:
        *hash = random_mix(*hash ^ (uint64_t)value->integer);
        return true;
    case TAPE_DECIMAL:
        *hash =
            random_mix(random_mix(*hash ^ (uint64_t)value->integer) ^ value->decimals);
        return true;
    case TAPE_FORM:
        *hash = random_mix(*hash ^ value->index);
        if (value->is_time)
            *hash = random_mix(*hash ^ (uint64_t)value->integer);
        else
            *hash = random_mix(random_mix(*hash ^ value->digits[0]) ^ value->digits[1]);
        return true;
    case TAPE_FALSE:
    case TAPE_TRUE:
    case TAPE_NULL:
        return true;
    case TAPE_OTHER:
        break;
    }
    return false;
}

#endif
