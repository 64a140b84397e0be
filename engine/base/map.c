/*
 * Hashing, probing and growth of strmap and u64map.
 *
 * The hashes have no secret key: only the author of the model or of the data adds keys, and has
 * nothing to gain from collisions.  An index never depends on a hash.
 */
#include "base/map.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge_pages.h"
#include "base/random.h"

enum { FIRST_SLOTS = 64, LARGEST_SLOTS = 1 << 30 };

/* ---- the table ------------------------------------------------------------------------- */

/* How many keys the table has slots for. */
static uint32_t table_capacity(const struct map_table *table)
{
    return table->slots ? (table->mask + 1) / 2 : 0;
}

/* The number of slots that the next larger table has; 0: the table is as large as possible. */
static uint32_t table_next_size(const struct map_table *table)
{
    uint32_t slots = table->slots ? 2 * (table->mask + 1) : FIRST_SLOTS;
    return slots <= LARGEST_SLOTS ? slots : 0;
}

/* The number of slots of a table for count keys; 0: it would be too large. */
static uint32_t table_size_for(size_t count)
{
    uint32_t size = 2;
    while (size < LARGEST_SLOTS && size / 2 < count)
        size *= 2;
    return size / 2 < count ? 0 : size;
}

/* Fill the first empty slot that probing for the hash reaches. */
static void table_put(struct map_table *table, struct map_slot entry)
{
    uint32_t i = entry.hash & table->mask;
    while (table->slots[i].number != 0)
        i = (i + 1) & table->mask;
    table->slots[i] = entry;
}

/* Move the entries to `size` cleared slots.  The caller frees the old slots. */
static void table_move(struct map_table *table, struct map_slot *slots, uint32_t size)
{
    struct map_table old = *table;
    *table = (struct map_table){slots, size - 1};
    for (uint32_t i = 0; old.slots && i <= old.mask; i++)
        if (old.slots[i].number != 0)
            table_put(table, old.slots[i]);
}

/* ---- byte strings ---------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / the golden ratio (Knuth, 6.4) */
    return x ^ x >> 32;
}

/* 1 to 8 bytes as a number; bytes in the middle may occur in it twice. */
static uint64_t load(const char *bytes, size_t length)
{
    if (length >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + length - 4, 4);
        return first | (uint64_t)last << 32;
    }
    return (uint64_t)(unsigned char)bytes[0] |
           (uint64_t)(unsigned char)bytes[length / 2] << 8 |
           (uint64_t)(unsigned char)bytes[length - 1] << 16;
}

static uint32_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t h = length;
    for (; length > 8; bytes += 8, length -= 8)
        h = mix(h ^ load(bytes, 8));
    if (length > 0)
        h = mix(mix(h) ^ load(bytes, length));
    return (uint32_t)(h >> 16);
}

static inline uint32_t strmap_probe(const struct strmap *map, uint32_t hash,
                                    const char *bytes, size_t length)
{
    struct map_table table = map->table;
    if (!table.slots)
        return MAP_NONE;
    for (uint32_t i = hash & table.mask;; i = (i + 1) & table.mask) {
        struct map_slot slot = table.slots[i];
        if (slot.number == 0)
            return MAP_NONE;
        const struct strmap_key *key = &map->keys[slot.number - 1];
        if (slot.hash == hash && key->length == length &&
            memcmp(key->bytes, bytes, length) == 0)
            return slot.number - 1;
    }
}

uint32_t strmap_find(const struct strmap *map, const char *bytes, size_t length)
{
    return strmap_probe(map, hash_bytes(bytes, length), bytes, length);
}

/* Give the map `size` slots, and space for size / 2 keys. */
static bool strmap_resize(struct strmap *map, uint32_t size, struct arena *arena)
{
    const size_t slot_bytes = size * sizeof(struct map_slot);
    const size_t key_bytes = size / 2 * sizeof(struct strmap_key);
    struct map_slot *slots = arena_alloc(arena, slot_bytes);
    struct strmap_key *keys = arena_alloc(arena, key_bytes);
    if (!slots || !keys)
        return false;
    huge_pages_advise(slots, slot_bytes);
    huge_pages_advise(keys, key_bytes);
    memset(slots, 0, slot_bytes);
    if (map->count > 0)
        memcpy(keys, map->keys, map->count * sizeof *keys);
    map->keys = keys;
    table_move(&map->table, slots, size);
    return true;
}

/* Add a key that the map does not have.  There must be space for it. */
static void strmap_append(struct strmap *map, uint32_t hash, struct strmap_key key)
{
    map->keys[map->count++] = key;
    table_put(&map->table, (struct map_slot){hash, map->count});
}

enum status strmap_init(struct strmap *map, const char *const *names, uint32_t count,
                        struct arena *arena, struct error *err)
{
    uint32_t size = table_size_for(count);
    *map = (struct strmap){.count = 0};
    if (size == 0 || !strmap_resize(map, size, arena))
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        struct strmap_key key = {names[i], strlen(names[i])};
        uint32_t hash = hash_bytes(key.bytes, key.length);
        if (strmap_probe(map, hash, key.bytes, key.length) != MAP_NONE)
            return error_set(err, STATUS_BAD_INPUT, "", "\"%s\" is given twice",
                             names[i]);
        strmap_append(map, hash, key);
    }
    return STATUS_OK;
}

uint32_t strmap_add(struct strmap *map, const char *bytes, size_t length,
                    struct arena *arena)
{
    uint32_t hash = hash_bytes(bytes, length);
    uint32_t index = strmap_probe(map, hash, bytes, length);
    if (index != MAP_NONE)
        return index;
    if (map->count == table_capacity(&map->table)) {
        uint32_t size = table_next_size(&map->table);
        if (size == 0 || !strmap_resize(map, size, arena))
            return MAP_NONE;
    }
    const char *copy = arena_string(arena, bytes, length);
    if (!copy)
        return MAP_NONE;
    strmap_append(map, hash, (struct strmap_key){copy, length});
    return map->count - 1;
}

/* ---- 64-bit integers ------------------------------------------------------------------- */

static uint32_t u64map_probe(const struct u64map *map, uint32_t hash, uint64_t key)
{
    struct map_table table = map->table;
    if (!table.slots)
        return MAP_NONE;
    for (uint32_t i = hash & table.mask;; i = (i + 1) & table.mask) {
        struct map_slot slot = table.slots[i];
        if (slot.number == 0)
            return MAP_NONE;
        if (slot.hash == hash && map->keys[slot.number - 1] == key)
            return slot.number - 1;
    }
}

uint32_t u64map_find(const struct u64map *map, uint64_t key)
{
    return u64map_probe(map, (uint32_t)random_mix(key), key);
}

static bool u64map_resize(struct u64map *map, uint32_t size)
{
    uint64_t *keys = realloc(map->keys, size / 2 * sizeof *keys);
    if (!keys)
        return false;
    map->keys = keys;
    struct map_slot *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    huge_pages_advise(slots, size * sizeof *slots);
    struct map_slot *old = map->table.slots;
    table_move(&map->table, slots, size);
    free(old);
    return true;
}

bool u64map_reserve(struct u64map *map, size_t count)
{
    if (count <= table_capacity(&map->table))
        return true;
    uint32_t size = table_size_for(count);
    return size > 0 && u64map_resize(map, size);
}

uint32_t u64map_add(struct u64map *map, uint64_t key)
{
    uint32_t hash = (uint32_t)random_mix(key);
    uint32_t index = u64map_probe(map, hash, key);
    if (index != MAP_NONE)
        return index;
    if (map->count == table_capacity(&map->table)) {
        uint32_t size = table_next_size(&map->table);
        if (size == 0 || !u64map_resize(map, size))
            return MAP_NONE;
    }
    map->keys[map->count++] = key;
    table_put(&map->table, (struct map_slot){hash, map->count});
    return map->count - 1;
}

void u64map_release(struct u64map *map)
{
    if (!map)
        return;
    free(map->keys);
    free(map->table.slots);
    *map = (struct u64map){.count = 0};
}
