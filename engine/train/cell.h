/*
 * One step of a recurrent cell in training, forward and backward, over the rows of a batch.
 *
 * Each cell is one file: cell_rnn.c, cell_lstm.c, cell_gru.c.  The file is compiled once per
 * instruction set and is part of the training kernels; rnn_layer.c runs the cell through time.
 *
 * The sum of a gate is what its sigmoid or tanh is applied to, also called the pre-activation:
 * W x + b_ih + U h + b_hh.  a is the gradient of a sum.
 *
 * saved is all that a layer keeps of an event: S*H floats.  The first G*H of them hold
 *
 *     before forward     the sums without U h: W x and the biases
 *     after forward      the values of the gates
 *     after backward     the gradients of the sums
 *
 * and each cell's file says what the rest holds.
 *
 * Forward computes what the service computes (infer/kernels_ref.c), in the same order.  So on
 * every processor with fused multiply-add, a network in training has the logits of the served
 * model bit for bit.
 */
#ifndef TRIAGE_CELL_H
#define TRIAGE_CELL_H

#include <stddef.h>

#include "model/spec.h"

struct recurrent_part;   /* train/training_weights.h */
struct training_kernels; /* train/training_kernels.h */

struct cell_step {
    const struct training_kernels *kernels;
    const struct recurrent_part *parts; /* the recurrent weights U, packed */
    enum reset reset;                   /* GRU */
    enum update update;                 /* GRU */

    size_t rows;      /* B_t */
    size_t rows_prev; /* the first rows, with a previous state; the others begin with 0 */
    size_t H;

    float *saved;        /* [B_t][S*H], rows saved_stride apart */
    const float *h_prev; /* [B_t][H] h, the state before the step */
    float *h;            /* [B_t][H] h', rows stride apart; set by forward */
    float *c;            /* LSTM: [B_t][H] cell state, c before and c' after forward */

    const float *dh; /* [B_t][H] the gradient of h', rows stride apart */
    float *dh_prev;  /* [rows_prev][H] the gradient of h, rows stride apart; added to */
    float *dc;       /* LSTM: [B_t][H] dc' before and dc after backward */
    float *drh;      /* GRU, reset before: [B_t][H] scratch, the gradient of r * h */
    float *ignored; /* [H] scratch, the gradient of an initial state, which is not used */

    size_t saved_stride, stride; /* in floats */
};

struct cell {
    size_t saved; /* S: floats saved per event and hidden unit */
    void (*forward)(const struct cell_step *step);
    void (*backward)(const struct cell_step *step);
};

/* The cells of each instruction set that the build has. */
extern const struct cell cell_rnn_portable, cell_lstm_portable, cell_gru_portable;
extern const struct cell cell_rnn_avx2, cell_lstm_avx2, cell_gru_avx2;
extern const struct cell cell_rnn_avx512, cell_lstm_avx512, cell_gru_avx512;
extern const struct cell cell_rnn_neon, cell_lstm_neon, cell_gru_neon;

/* Where to add the gradient of the state before the step. */
static inline float *cell_dh_prev(const struct cell_step *step, size_t row)
{
    return row < step->rows_prev ? step->dh_prev + row * step->stride : step->ignored;
}

#endif
