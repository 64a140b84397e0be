/*
 * A model's weights as running needs them: embeddings times input weights folded into one
 * table row per value, biases that add summed, matrices packed into panels.
 *
 * A lookup replaces a product, and by construction the bits are those of the chain it stands
 * for: table rows are made by the kernels' own chain over e = 0, 1, 2 ... from 0, and the
 * first field's rows already hold the bias, which comes first in every sum.
 */
#ifndef TRIAGE_FOLD_H
#define TRIAGE_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "math/kernels.h"
#include "model/model.h"

/* One layer in one direction. */
struct fold_pass {
    struct recurrence cell;
    const float *bias; /* [G*H]; layers above the first */
    const float *w;    /* packed: [F][G*H] in layer 0, else [D*H][G*H] */
};

struct fold {
    uint32_t K, F, H, GH, L, D, C;
    struct fold_pass *passes;   /* [L][D] */
    const float *const *tables; /* [D][K]: tables of layer 0, each [2+values][G*H] */
    const float *head;          /* packed [D*H][C] */
    const float *head_bias;     /* [C] */
    float inverse_temperature;
    void (*step)(size_t rows, const struct kernels *kernels,
                 const struct recurrence *cell, const float *const *gx, float *h,
                 float *c, float *work);
    float *block; /* all of the floats above */
    struct arena arena;
};

/* NULL with STATUS_NO_MEMORY or STATUS_TOO_LARGE. */
struct fold *fold_new(const struct model *model, struct error *err);
void fold_free(struct fold *fold);

/*
 * What layer 0's gates receive from one event in one direction.  ids [K], values [F]; the
 * result is a row of a table where that is enough, else room [G*H], filled.
 */
const float *fold_event(const struct fold *fold, const struct kernels *kernels,
                        uint32_t direction, const uint32_t *ids, const float *values,
                        float *room);

#endif
