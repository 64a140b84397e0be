/*
 * One rnn layer in training: one layer in one direction, run through time over a packed batch,
 * forward and backward.
 *
 *     rnn_layer_start      allocate
 *     ...                  the caller sets the sums of the gates to W x + bias for all events
 *     rnn_layer_forward    add the recurrent products step by step, and set h
 *     rnn_layer_backward   replace the values of the gates by the gradients of their sums
 *     ...                  the caller computes from these the gradients of x and W
 */
#ifndef TRIAGE_RNN_LAYER_H
#define TRIAGE_RNN_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/spec.h"
#include "train/packed_batch.h"
#include "train/training_kernels.h"
#include "train/training_weights.h"

struct rnn_layer {
    const struct spec *spec;
    const struct packed_batch *batch;
    const struct training_kernels *kernels;
    const struct layer_weights *weights;
    bool is_reverse; /* runs from the last step to the first */
    float *h;        /* [N][H] outputs, rows stride apart: columns of [N][D*H] */
    size_t stride;   /* D*H */

    /* One direction: the states before the first event, [B][H] of the rows of the batch.  NULL: 0.  An
       LSTM with h_start has c_start. */
    const float *h_start, *c_start;
    float *
        c; /* LSTM, one direction: [N][H] set to the cell states after all events, or NULL */

    /* Set by rnn_layer_start, in the arena. */
    float *saved;       /* [N][S*H], rows saved_width apart; cell.h says what it holds */
    size_t saved_width; /* S*H and a cache line: rows 2^k apart would evict each other */
    float *h_prev;      /* [N][H] the state before each event */
};

/* Allocate saved and h_prev; the caller has set the members above.  STATUS_NO_MEMORY. */
enum status rnn_layer_start(struct rnn_layer *layer, struct arena *arena,
                            struct error *err);

/*
 * Set h; the caller has set the first G*H floats of each row of saved to W x + bias.
 * STATUS_NO_MEMORY.
 */
enum status rnn_layer_forward(struct rnn_layer *layer, struct arena *arena,
                              struct error *err);

/* The gradients of the recurrent weights and of the biases. */
struct rnn_layer_gradients {
    float *du;    /* [G*H][H] */
    float *db_ih; /* [G*H] */
    float *db_hh; /* [G*H] */
};

/* What a layer with h_start or c has beside the gradient of h; each may be NULL. */
struct rnn_layer_states {
    const float *dc;            /* [N][H] the gradient of c */
    float *dh_start, *dc_start; /* [B][H] results; with h_start, dh_start is not NULL */
};

/*
 * Given dh [N][H], rows stride apart, the gradient of h: set the first G*H floats of each row of
 * saved to the gradients of the sums, and add to gradients.  dh is overwritten.  STATUS_NO_MEMORY.
 */
enum status rnn_layer_backward(const struct rnn_layer *layer, float *dh,
                               struct rnn_layer_states states,
                               struct rnn_layer_gradients gradients, struct arena *arena,
                               struct error *err);

#endif
