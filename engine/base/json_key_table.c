#include "base/json_key_table.h"

#include <stdlib.h>

enum {
    FIRST_SLOTS = 256,
    KEPT_SLOTS = 4096, /* a larger table is not kept for the next text */
    MOVED_KEYS = 3     /* to the next table for each key that is added */
};

static bool make_slots(struct json_key_slots *slots, uint64_t count)
{
    slots->index = count <= UINT32_MAX ? calloc(count, sizeof *slots->index) : NULL;
    slots->mask = (uint32_t)(count - 1);
    slots->used = 0;
    return slots->index;
}

static void add_slot(struct json_key_slots *slots, const struct json_key *keys,
                     uint32_t index)
{
    uint32_t slot = keys[index].hash & slots->mask;
    while (slots->index[slot] != 0)
        slot = (slot + 1) & slots->mask;
    slots->index[slot] = index + 1;
    slots->used++;
}

void json_key_table_free(struct json_key_table *table)
{
    if (!table)
        return;
    free(table->slots.index);
    free(table->next.index);
    free(table);
}

void json_key_table_restart(struct json_key_table *table)
{
    free(table->next.index);
    table->next.index = NULL;
    if (table->slots.mask < KEPT_SLOTS)
        return;
    free(table->slots.index);
    table->slots.index = NULL;
}

/* ---- moving to the next table -------------------------------------------------------------- */

/* The open object or array that the key at `moved` belongs to, or the innermost one. */
static uint32_t find_level(const struct json_reader *reader, uint32_t level,
                           uint32_t moved)
{
    if (level >= reader->depth)
        level = reader->depth - 1;
    while (reader->levels[level].first_key > moved)
        level--;
    while (level + 1 < reader->depth && reader->levels[level + 1].first_key <= moved)
        level++;
    return level;
}

/* Move the next `count` keys; objects with few keys are passed. */
static void move_keys(struct json_reader *reader, uint32_t count)
{
    struct json_key_table *table = reader->table;
    if (table->moved > reader->key_count) /* an object was closed */
        table->moved = reader->key_count;
    while (count > 0 && table->moved < reader->key_count) {
        uint32_t level = find_level(reader, table->moved_level, table->moved);
        uint32_t end = level + 1 < reader->depth ? reader->levels[level + 1].first_key
                                                 : reader->key_count;
        table->moved_level = level;
        if (!reader->levels[level].has_slots) {
            table->moved = end;
            continue;
        }
        for (; table->moved < end && count > 0; count--)
            add_slot(&table->next, reader->keys, table->moved++);
    }
    if (table->moved < reader->key_count)
        return;
    free(table->slots.index);
    table->slots = table->next;
    table->next.index = NULL;
}

/*
 * Make the table, or begin the next one when half of it is used: when that has all keys, at most three
 * quarters are.
 */
static bool reserve(struct json_reader *reader, uint32_t more)
{
    struct json_key_table *table = reader->table;
    uint64_t size = (uint64_t)table->slots.mask + 1;
    if (!table->slots.index)
        return make_slots(&table->slots, FIRST_SLOTS);
    if (table->next.index || (uint64_t)table->slots.used + more <= size / 2)
        return true;
    while (reader->key_count > size / 8 * 3)
        size *= 2;
    table->moved = table->moved_level = 0;
    return make_slots(&table->next, size);
}

bool json_key_table_add(struct json_reader *reader, uint32_t first)
{
    uint32_t count = reader->key_count - first;
    if (!reader->table)
        reader->table = calloc(1, sizeof *reader->table);
    struct json_key_table *table = reader->table;
    if (!table || !reserve(reader, count))
        return false;
    for (uint32_t i = first; i < reader->key_count; i++) {
        add_slot(&table->slots, reader->keys, i);
        if (table->next.index && i < table->moved)
            add_slot(&table->next, reader->keys, i);
    }
    if (table->next.index)
        move_keys(reader, MOVED_KEYS * count);
    return true;
}
