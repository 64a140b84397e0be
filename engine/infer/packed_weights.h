/*
 * A model's weights as the classifier needs them: embeddings multiplied by the input weights into
 * one table row per value, biases that add summed, matrices packed for the kernels in use at that
 * time, which alone can read them.
 *
 * A table lookup replaces a product, and has its bits: table rows are made by the exact kernels'
 * chain over e = 0, 1, 2 ... from 0, and the rows of the first field include the bias, which comes
 * first in every sum.
 */
#ifndef TRIAGE_PACKED_WEIGHTS_H
#define TRIAGE_PACKED_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "infer/kernels.h"
#include "infer/self_attention.h"
#include "model/trained_model.h"

/* One layer in one direction. */
struct packed_layer {
    struct recurrence recurrence;
    const float *bias; /* [G*H] b_ih + b_hh; layers above the first */
    const float *w;    /* packed: [G*H][F] in layer 0, else [G*H][D*H] */
};

/* The attention head (infer/attention.h). */
struct packed_attention {
    const float *w, *query; /* packed [H][H] and [1][H]; w is NULL without attention */
    const float *bias;      /* [H] */
    const float *head;      /* packed [C][H]: the output layer's weights of the context */
};

struct packed_weights {
    const struct kernels *kernels;
    uint32_t K, F, H, G, GH, L, D, C;
    /* Of the ids of an event in a history, which are those of the K fields: all, or of a decoder that
       of the event's name. */
    uint32_t ids_stride, ids_first;
    bool has_cell_state; /* LSTM */
    struct packed_layer
        *layers; /* [L][D]; with self-attention the input of the first only */
    struct packed_blocks blocks; /* of self-attention */
    const float *const *tables;  /* [D][K]: tables of layer 0, each [2+values][G*H] */
    const float *head;      /* packed [C][D*H]; NULL: an encoder of an encoder-decoder */
    const float *head_bias; /* [C] */
    struct packed_attention attention;
    float inverse_temperature;
    void (*step)(const struct recurrence *cell, const struct step_rows *rows);
    float *block;       /* owned: the floats of all of the above */
    size_t floats;      /* of the block */
    struct arena arena; /* layers, tables */
};

/*
 * Pack the first member of a model, or one of the two networks of an encoder-decoder.  others is the
 * floats that all other networks of the model have taken.  NULL with STATUS_NO_MEMORY or
 * STATUS_TOO_LARGE.  The tensors of the model must outlive it.
 */
struct packed_weights *packed_weights_new(const struct trained_model *model,
                                          size_t others, struct error *err);
void packed_weights_free(struct packed_weights *packed);

/*
 * The inputs of layer 0's gates from one event in one direction, without its numbers.  ids is
 * [K]; the result is a row of a table where that is enough, else buffer [G*H], filled.
 */
const float *packed_weights_lookup(const struct packed_weights *packed,
                                   uint32_t direction, const uint32_t *ids,
                                   float *buffer);

#endif
