/*
 * One step of a recurrent cell in training, forward and back, over the rows of a batch.
 *
 * Each cell is one file: cell_rnn.c, cell_lstm.c, cell_gru.c.  It is compiled once per
 * instruction set and is part of the training kernels; rnn_layer.c runs it through time.
 *
 * saved is all that a layer keeps of an event: S*H floats.  The first G*H of them are in turn
 *
 *     what inputs and biases add to the sums of the gates      before forward
 *     the values of the gates                                  after forward
 *     the gradients of the sums                                after backward
 *
 * and the file of the cell says what the others are.
 *
 * Forward computes what the service computes (infer/kernels_ref.c), in the same order, so that
 * a network in training has the logits of the served model bit for bit, on every processor
 * with fused multiply-add.
 */
#ifndef TRIAGE_CELL_H
#define TRIAGE_CELL_H

#include <stddef.h>

#include "model/spec.h"

struct recurrent_part;   /* train/training_weights.h */
struct training_kernels; /* train/training_kernels.h */

struct cell_step {
    const struct training_kernels *kernels;
    const struct recurrent_part *parts; /* the packed recurrent weights U */
    enum reset reset;                   /* GRU */
    enum update update;                 /* GRU */

    size_t rows;      /* B_t */
    size_t rows_prev; /* rows that have a previous state; that of the others is 0 */
    size_t H;

    float *saved;        /* [B_t][S*H], rows saved_stride apart */
    const float *h_prev; /* [B_t][H] */
    float *h;            /* [B_t][H], rows stride apart; set by forward */
    float *c;            /* LSTM: [B_t][H] cell state, c before and c' after forward */

    const float *dh; /* [B_t][H], rows stride apart: dh' */
    float *dh_prev;  /* [rows_prev][H], rows stride apart: backward adds dh */
    float *dc;       /* LSTM: [B_t][H] dc' before and dc after backward */
    float *drh;      /* GRU, reset before: [B_t][H], for the gradient of r * h */
    float *ignored;  /* [H] for the gradient of an initial state, which is not needed */

    size_t saved_stride, stride;
};

struct cell {
    size_t saved; /* S */
    void (*forward)(const struct cell_step *step);
    void (*backward)(const struct cell_step *step);
};

/* The cells of each instruction set that the build has. */
extern const struct cell cell_rnn_portable, cell_lstm_portable, cell_gru_portable;
extern const struct cell cell_rnn_avx2, cell_lstm_avx2, cell_gru_avx2;
extern const struct cell cell_rnn_avx512, cell_lstm_avx512, cell_gru_avx512;
extern const struct cell cell_rnn_neon, cell_lstm_neon, cell_gru_neon;

/* Where the gradient of the previous state of a row goes. */
static inline float *cell_dh_prev(const struct cell_step *step, size_t row)
{
    return row < step->rows_prev ? step->dh_prev + row * step->stride : step->ignored;
}

#endif
