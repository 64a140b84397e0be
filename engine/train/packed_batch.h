/*
 * A batch of histories of different lengths, packed without padding (PyTorch's PackedSequence).
 *
 * Rows are sorted by length, longest first, so the rows that have an event t are rows 0 ..
 * batch_sizes[t] - 1.  The events of step t are stored one after another: event t of row b has
 * index offset[t] + b.  No masks and no gathering are needed.
 *
 *     history 0: e f        row 0 (history 1): a b c d     batch_sizes: 3 2 1 1
 *     history 1: a b c d    row 1 (history 0): e f         order:       1 0 2
 *     history 2: g          row 2 (history 2): g           events:      a e g | b f | c | d
 *
 * The second direction of a network uses the same batch: it runs from the last step to the first,
 * and a row joins at its last event.
 */
#ifndef TRIAGE_PACKED_BATCH_H
#define TRIAGE_PACKED_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/schema.h"
#include "trainer.h"

struct packed_batch {
    uint32_t rows, steps;        /* B, T */
    size_t events;               /* N, of all histories together */
    const uint32_t *batch_sizes; /* [T] B_t */
    const size_t *offset;        /* [T] index of the first event of step t */
    const uint32_t *order;       /* [B] which of the histories is row b */
    const uint32_t *lengths;     /* [B] events of row b */
    uint32_t *ids;               /* [N][K] */
    float *values;               /* [N][F] */
};

/*
 * Pack count histories, which are not needed afterwards; equal lengths keep their order.  The
 * arrays are in the arena.  STATUS_TOO_LARGE unless count is 1 .. UINT32_MAX; STATUS_NO_MEMORY.
 */
enum status packed_batch_init(struct packed_batch *batch, const struct schema *schema,
                              const struct history *const *histories, size_t count,
                              struct arena *arena, struct error *err);

/* The index of the last event of row b. */
static inline size_t packed_batch_last(const struct packed_batch *batch, uint32_t b)
{
    return batch->offset[batch->lengths[b] - 1] + b;
}

/* The length of a history and its index in a list. */
struct history_length {
    uint32_t length, index;
};

/* Sort: longest first; equal lengths by index. */
void history_lengths_sort(struct history_length *lengths, size_t count);

#endif
