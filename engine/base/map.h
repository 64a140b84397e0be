/*
 * Maps from keys to indices: strmap for byte strings, u64map for 64-bit integers.
 *
 * A key's index is the number of keys added before it, so indices are 0, 1, 2 ... in the order
 * of addition, and keys[index] is the key.  What belongs to a key is kept by the caller in an
 * array of its own.  Keys are never removed.
 *
 * Both use the same table: open addressing with linear probing (Knuth, 6.4), a power of two
 * slots, at most half of them used.  All-zero is an empty map of either kind.
 */
#ifndef TRIAGE_MAP_H
#define TRIAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { MAP_NONE = UINT32_MAX }; /* not an index: there is no such key */

struct map_slot {
    uint32_t hash;
    uint32_t number; /* index of the key + 1; 0: the slot is empty */
};

struct map_table {
    struct map_slot *slots; /* [mask + 1]; NULL: no key was added yet */
    uint32_t mask;
};

struct strmap_key {
    const char *bytes; /* any bytes; strmap_add puts a zero behind them */
    size_t length;
};

struct strmap {
    struct map_table table;
    struct strmap_key *keys; /* [count] */
    uint32_t count;
};

/*
 * Make a map of count names, which are not copied and must outlive the map.  Memory from arena.
 * STATUS_BAD_INPUT when a name is given twice, STATUS_NO_MEMORY.
 */
enum status strmap_init(struct strmap *map, const char *const *names, uint32_t count,
                        struct arena *arena, struct error *err);

/*
 * The index of a key, which is copied and added if it is new; MAP_NONE when memory runs out.  Use
 * the same arena in every call: the map's memory is there, old tables of a grown map included.
 */
uint32_t strmap_add(struct strmap *map, const char *bytes, size_t length,
                    struct arena *arena);

/* The index of a key, or MAP_NONE. */
uint32_t strmap_find(const struct strmap *map, const char *bytes, size_t length);

struct u64map {
    struct map_table table; /* owned */
    uint64_t *keys;         /* [count], owned */
    uint32_t count;
};

void u64map_release(struct u64map *map);

/* Make space for count keys at once, instead of step by step.  False when memory runs out. */
bool u64map_reserve(struct u64map *map, size_t count);

/* The index of a key, which is added if it is new; MAP_NONE when memory runs out. */
uint32_t u64map_add(struct u64map *map, uint64_t key);

/* The index of a key, or MAP_NONE. */
uint32_t u64map_find(const struct u64map *map, uint64_t key);

#endif
