/*
 * A model's weights as running needs them: embeddings times input weights folded into one
 * table row per value, biases that add summed, matrices packed for the kernels in use when
 * it is made, which alone can read it.
 *
 * A lookup replaces a product, and by construction the bits are those of the chain it stands
 * for: table rows are made by exact kernels' chain over e = 0, 1, 2 ... from 0, and the
 * first field's rows already hold the bias, which comes first in every sum.
 */
#ifndef TRIAGE_PACKED_WEIGHTS_H
#define TRIAGE_PACKED_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "infer/kernels.h"
#include "model/trained_model.h"

/* One layer in one direction. */
struct packed_layer {
    struct recurrence cell;
    const float *bias; /* [G*H]; layers above the first */
    const float *w;    /* packed: G*H from F in layer 0, else from D*H */
};

struct packed_weights {
    const struct kernels *kernels;
    uint32_t K, F, H, G, GH, L, D, C;
    struct packed_layer *passes; /* [L][D] */
    const float *const *tables;  /* [D][K]: tables of layer 0, each [2+values][G*H] */
    const float *head;           /* packed: C from D*H */
    const float *head_bias;      /* [C] */
    float inverse_temperature;
    void (*step)(const struct recurrence *cell, const struct step_rows *rows);
    float *block; /* all of the floats above */
    struct arena arena;
};

/* NULL with STATUS_NO_MEMORY or STATUS_TOO_LARGE. */
struct packed_weights *packed_weights_new(const struct trained_model *model,
                                          struct error *err);
void packed_weights_free(struct packed_weights *fold);

/*
 * What layer 0's gates receive from one event each in one direction, but for its numbers.  ids
 * [K]; the result is a row of a table where that is enough, else room [G*H], filled.
 */
const float *packed_weights_values(const struct packed_weights *fold, uint32_t direction,
                                   const uint32_t *ids, float *room);

#endif
