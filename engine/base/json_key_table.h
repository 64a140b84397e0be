/*
 * A hash table of the keys of open objects that have many.
 *
 * Keys are only added.  When an object is closed, the entries of its keys remain; that does no harm,
 * because the caller compares the key that it finds.  When the table is half full, the keys of open
 * objects move to another one, a few with each key that is added, so that adding a key never takes long.
 */
#ifndef TRIAGE_JSON_KEY_TABLE_H
#define TRIAGE_JSON_KEY_TABLE_H

#include "base/json_reader.h"

struct json_key_slots {
    uint32_t *index; /* [mask + 1], of a key, + 1; 0: the slot is free */
    uint32_t mask, used;
};

struct json_key_table {
    struct json_key_slots slots;
    /* The table that replaces it soon: it has the keys below `moved`. */
    struct json_key_slots next;  /* index is NULL: there is none */
    uint32_t moved, moved_level; /* and the level of the key that is moved next */
};

void json_key_table_free(struct json_key_table *table); /* may be NULL */

/* A new text begins: free a large table. */
void json_key_table_restart(struct json_key_table *table);

/*
 * Add the reader's keys from `first` on, which are of its innermost object; its level has_slots.  The
 * first key makes the table.  false: no memory.
 */
bool json_key_table_add(struct json_reader *reader, uint32_t first);

/* The keys that may have a hash, one after the other; also of objects that were closed. */
struct json_key_probe {
    const struct json_key_slots *slots;
    uint32_t slot;
};

static inline void json_key_probe_begin(struct json_key_probe *probe,
                                        const struct json_key_table *table, uint32_t hash)
{
    probe->slots = &table->slots;
    probe->slot = hash & table->slots.mask;
}

/* false: there is no other. */
static inline bool json_key_probe_next(struct json_key_probe *probe, uint32_t *index)
{
    uint32_t found = probe->slots->index[probe->slot];
    probe->slot = (probe->slot + 1) & probe->slots->mask;
    *index = found - 1;
    return found != 0;
}

#endif
