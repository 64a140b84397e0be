/*
 * Consecutive numbers for keys, in the order in which the keys are met: open addressing,
 * growing, nothing ever taken out.
 */
#ifndef TRIAGE_NUMBERING_H
#define TRIAGE_NUMBERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_NONE = UINT32_MAX };

struct numbering {
    uint64_t *keys;  /* [count] by number */
    uint32_t *slots; /* [room] number + 1, 0 for an empty slot; room is a power of two */
    uint32_t count, room;
};

/* All-zero is an empty one; release it when done. */
void numbering_release(struct numbering *numbering);

/* The number of a key, or NUMBER_NONE. */
uint32_t numbering_find(const struct numbering *numbering, uint64_t key);

/* The number of a key, a new one if need be; NUMBER_NONE when memory runs out. */
uint32_t numbering_add(struct numbering *numbering, uint64_t key);

#endif
