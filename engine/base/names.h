/*
 * From names to their places in a list: open addressing, filled once, never changed.
 */
#ifndef TRIAGE_NAMES_H
#define TRIAGE_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct names {
    const char *const *names; /* borrowed */
    uint32_t *slots;          /* index + 1, 0 for an empty slot */
    uint32_t count, mask;
};

/*
 * count names, which with their list must live as long as this; the slots are in the arena.
 * STATUS_BAD_INPUT when one stands there twice, STATUS_NO_MEMORY.
 */
enum status names_init(struct names *names, const char *const *list, uint32_t count,
                       struct arena *arena, struct error *err);

/* The place of a name, or -1. */
int64_t names_find(const struct names *names, const char *name);

#endif
