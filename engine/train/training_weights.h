/*
 * The weights of a network, packed for the products of training (training_kernels.h).
 *
 * They are packed again for every batch, because every step of the optimiser changes them.  Each
 * matrix is packed twice: W^T for forward and W for backward.  (The service packs its weights once
 * per model, for forward only, and differently: infer/packed_weights.h.)
 *
 * The recurrent weights of a layer are split into parts, one for each product of a step.  An RNN
 * and an LSTM have one part.  A GRU has two, because its candidate is multiplied separately: with
 * reset after, its product is stored apart from the sum; with reset before, it is multiplied by
 * r * h instead of h.
 */
#ifndef TRIAGE_TRAINING_WEIGHTS_H
#define TRIAGE_TRAINING_WEIGHTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/trained_model.h"
#include "train/training_kernels.h"

enum {
    MAX_RECURRENT_PARTS = 2,
    MAX_RNN_LAYERS = 16, /* layers * directions */
    MAX_BLOCKS = 8       /* layers of self-attention */
};

/* Some rows of the recurrent weights U [G*H][H]. */
struct recurrent_part {
    size_t first, rows;          /* first row, number of rows */
    size_t column;               /* where U h is added in a row of rnn_layer.saved */
    const float *forward, *back; /* packed U^T [H][rows] and U [rows][H] */
};

/* The weights of one rnn layer: one layer in one direction. */
struct layer_weights {
    struct recurrent_part parts[MAX_RECURRENT_PARTS];
    size_t part_count;
    const float *bias; /* [G*H] b_ih + b_hh; candidate with reset after: b_ih only */
    const float *b_hh; /* [G*H] */

    /* The columns of W [G*H][in] for x, the embedding or the states of the layer below. */
    size_t x_width;
    const float *x_forward, *x_back; /* packed W^T [x_width][G*H] and W [G*H][x_width] */

    /* Layer 0: the last F columns of W, for the numbers, packed as W^T [F][G*H]. */
    const float *numbers;
};

/* A matrix W [out][in], packed as W^T and as W. */
struct packed_pair {
    const float *forward, *back;
};

/* The matrices of one layer of self-attention. */
struct block_weights {
    struct packed_pair in, out, linear1, linear2;
};

struct training_weights {
    const struct trained_model *model; /* borrowed; model->params is not used */
    const float *params;               /* [tensors.floats], borrowed */
    const struct training_kernels *kernels;
    struct layer_weights layers[MAX_RNN_LAYERS]; /* [L][D]; the input of self-attention */
    struct block_weights blocks[MAX_BLOCKS];     /* [L] of self-attention */
    /* Packed, of the output layer; NULL: the encoder of an encoder-decoder has none. */
    const float *head_forward, *head_back;
    /* The attention head: packed W^T and W, and q as [H][1]. */
    const float *attention_forward, *attention_back, *query_forward;
};

/*
 * Pack params of a network: a model, or the encoder or decoder of one (trained_model.h).  Everything is
 * in the arena.  STATUS_NO_MEMORY.
 */
enum status training_weights_pack(struct training_weights *weights,
                                  const struct trained_model *model, const float *params,
                                  struct arena *arena, struct error *err);

/* A matrix [rows][columns], whose rows are stride floats apart. */
struct matrix {
    const float *w;
    size_t rows, columns, stride;
};

/* A packed copy in the arena, of the matrix or of its transpose.  NULL if memory runs out. */
const float *matrix_pack(const struct training_kernels *kernels,
                         const struct matrix *matrix, struct arena *arena);
const float *matrix_pack_transposed(const struct training_kernels *kernels,
                                    const struct matrix *matrix, struct arena *arena);

#endif
