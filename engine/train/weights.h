/*
 * A network's weights in the panels that training's products read, packed once for a batch.
 *
 * The recurrent weights of a layer are cut into the products that a step makes: the candidate
 * of a GRU is a part of its own, because its sum is kept apart (reset after) or made after
 * the others (reset before).
 */
#ifndef TRIAGE_WEIGHTS_H
#define TRIAGE_WEIGHTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/trained_model.h"
#include "train/training_kernels.h"

enum { WEIGHTS_PARTS = 2, WEIGHTS_PASSES = 16 /* layers * directions at most */ };

struct weights_part {
    size_t first, rows;          /* of U [G*H][H]: gates' units */
    size_t column;               /* of pass.saved, where their sums stand */
    const float *forward, *back; /* packed U' [H][rows] and U [rows][H] */
};

/* One layer in one direction. */
struct weights_layer {
    struct weights_part parts[WEIGHTS_PARTS];
    size_t part_count;
    const float *bias; /* [G*H] b + c where they add, else b */
    const float *c;    /* [G*H] recurrent biases */

    /* The first x columns of W: embedding, or states of the layer below. */
    size_t x;
    const float *x_forward, *x_back; /* packed W' [x][G*H] and W [G*H][x] */
    const float *numbers;            /* layer 0: packed W' [F][G*H] of the others */
};

struct weights {
    const struct trained_model *model; /* borrowed; its own params are not looked at */
    const float *params;               /* borrowed: a block of the model's layout */
    const struct training_kernels *kernels;
    struct weights_layer passes[WEIGHTS_PASSES]; /* [L][D] */
    const float *head_forward, *head_back;       /* packed [D*H][C] and [C][D*H] */
};

/* Everything is in the arena.  STATUS_NO_MEMORY. */
enum status weights_pack(struct weights *weights, const struct trained_model *model,
                         const float *params, struct arena *arena, struct error *err);

/* w [rows][columns], its rows stride apart, in panels; or its transpose.  NULL: no memory. */
const float *weights_panels(const struct training_kernels *kernels, const float *w,
                            size_t rows, size_t columns, size_t stride,
                            bool is_transposed, struct arena *arena);

#endif
