/*
 * Consecutive numbers for keys, in the order in which the keys are met: open addressing,
 * growing, nothing ever taken out.
 */
#ifndef TRIAGE_U64MAP_H
#define TRIAGE_U64MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { U64MAP_NONE = UINT32_MAX };

struct u64map {
    uint64_t *keys;  /* [count] by number */
    uint32_t *slots; /* [room] number + 1, 0 for an empty slot; room is a power of two */
    uint32_t count, room;
};

/* All-zero is an empty one; release it when done. */
void u64map_release(struct u64map *numbering);

/* The number of a key, or U64MAP_NONE. */
uint32_t u64map_find(const struct u64map *numbering, uint64_t key);

/* The number of a key, a new one if need be; U64MAP_NONE when memory runs out. */
uint32_t u64map_add(struct u64map *numbering, uint64_t key);

#endif
