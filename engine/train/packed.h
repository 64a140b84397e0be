/*
 * A batch of histories of unequal length, packed without padding.
 *
 * Rows are ordered longest first, so at step t the histories still running are
 * exactly rows 0 .. active[t]-1, and a row that has ended is never touched again.  The
 * events of step t stand together, from place offset[t] on: event t of row b is at
 * offset[t] + b.  There are no masks and nothing to gather.
 *
 *     history 0: e f        row 0 (history 1): a b c d     active: 3 2 1 1
 *     history 1: a b c d    row 1 (history 0): e f         places: a e g | b f | c | d
 *     history 2: g          row 2 (history 2): g           order:  1 0 2
 *
 * Walked from the last step to the first, rows join at their own last event: a second
 * direction needs no other order.
 */
#ifndef TRIAGE_PACKED_H
#define TRIAGE_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine.h"

struct packed {
    uint32_t rows, steps;    /* B, T */
    size_t places;           /* N: events of all histories together */
    const uint32_t *active;  /* [T] B_t */
    const size_t *offset;    /* [T] */
    const uint32_t *order;   /* [B] which history is row b */
    const uint32_t *lengths; /* [B] of row b */
    uint32_t *ids;           /* [N][K] */
    float *values;           /* [N][F] */
};

/*
 * Pack count histories (at least 1, equal lengths in the order given); the arrays are in the
 * arena.  STATUS_TOO_LARGE for none, STATUS_NO_MEMORY.
 */
enum status packed_init(struct packed *packed, const struct history *const *histories,
                        size_t count, uint32_t K, uint32_t F, struct arena *arena,
                        struct error *err);

/* The place of row b's last event. */
static inline size_t packed_last(const struct packed *packed, uint32_t b)
{
    return packed->offset[packed->lengths[b] - 1] + b;
}

#endif
