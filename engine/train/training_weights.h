/*
 * The weights of a network, packed for the products of training (training_kernels.h).
 *
 * They are packed again for every batch, because every step of the optimiser changes them.  Each
 * matrix is packed twice: W^T for the way forward and W for the way back.  The service packs
 * other things, once per model: embedding times input weights as tables, and nothing for the
 * way back (infer/packed_weights.h).
 *
 * The recurrent weights of a layer are cut into the parts that a step multiplies at once.  The
 * candidate of a GRU is a part of its own: reset after keeps its sum apart, reset before
 * multiplies it by another vector.
 */
#ifndef TRIAGE_TRAINING_WEIGHTS_H
#define TRIAGE_TRAINING_WEIGHTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/trained_model.h"
#include "train/training_kernels.h"

enum {
    RECURRENT_PARTS = 2,
    RNN_LAYERS_MOST = 16 /* layers * directions, at most */
};

/* Some gates of the recurrent weights U [G*H][H]. */
struct recurrent_part {
    size_t first, rows;          /* rows of U */
    size_t column;               /* of a row of rnn_layer.saved: where their sums are */
    const float *forward, *back; /* packed U^T [H][rows] and U [rows][H] */
};

/* One layer in one direction. */
struct layer_weights {
    struct recurrent_part parts[RECURRENT_PARTS];
    size_t part_count;
    const float *bias; /* [G*H] b_ih + b_hh, or b_ih where b_hh is added elsewhere */
    const float *b_hh; /* [G*H] */

    /* The first x columns of W [G*H][in]: embedding, or states of the layer below. */
    size_t x;
    const float *x_forward, *x_back; /* packed W^T [x][G*H] and W [G*H][x] */
    const float *numbers; /* layer 0: packed W^T [F][G*H] of the last F columns */
};

struct training_weights {
    const struct trained_model *model; /* borrowed; its own params are not used */
    const float *params;               /* borrowed: a block of model->tensors */
    const struct training_kernels *kernels;
    struct layer_weights layers[RNN_LAYERS_MOST]; /* [L][D] */
    const float *head_forward, *head_back;        /* packed [D*H][C] and [C][D*H] */
};

/* Everything is in the arena.  STATUS_NO_MEMORY. */
enum status training_weights_pack(struct training_weights *weights,
                                  const struct trained_model *model, const float *params,
                                  struct arena *arena, struct error *err);

/*
 * Pack w [rows][columns], whose rows are stride floats apart, or its transpose.  NULL if memory
 * runs out.
 */
const float *training_weights_matrix(const struct training_kernels *kernels,
                                     const float *w, size_t rows, size_t columns,
                                     size_t stride, bool is_transposed,
                                     struct arena *arena);

#endif
