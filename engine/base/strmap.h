/*
 * From names to their places in a list: open addressing, filled once, never changed.
 */
#ifndef TRIAGE_STRMAP_H
#define TRIAGE_STRMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct strmap_slot {
    uint32_t hash;
    uint32_t place; /* index + 1, 0 for an empty slot */
};

struct strmap {
    const char *const *names;  /* [count], borrowed */
    uint32_t *lengths;         /* [count] */
    struct strmap_slot *slots; /* [mask + 1] */
    uint32_t count, mask;
};

/*
 * count names, which with their list must live as long as this; the slots are in the arena.
 * STATUS_BAD_INPUT when one stands there twice, STATUS_NO_MEMORY.
 */
enum status strmap_init(struct strmap *names, const char *const *list, uint32_t count,
                        struct arena *arena, struct error *err);

/* The place of a name, or -1; its bytes need no zero behind them, and have none among them. */
int64_t strmap_find(const struct strmap *names, const char *bytes, size_t length);

#endif
