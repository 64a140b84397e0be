/*
 * One step of a cell for some rows, and the products around it: what a running batch needs.
 *
 * Every output is one chain of fused multiply-adds over k = 0, 1, 2 ... from its starting
 * value, then the gates, from elementary.h.  kernels_ref.c is the definition, written to be
 * read; any other implementation fills the same struct and gives the same bits, because its
 * vector lanes hold different outputs and never parts of one sum.
 *
 *     rows   how many histories; a row's result depends on no other row
 *     gx     [rows] pointers to [G*H]: what the gates have received from biases and inputs
 *     h, c   [rows][H], old state in, new state out
 *     work   [G*H], overwritten
 *
 * Gates are stored in PyTorch's order: GRU r, z, n; LSTM i, f, g, o.
 */
#ifndef TRIAGE_KERNELS_H
#define TRIAGE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* What the recurrence of one layer and direction needs; borrowed by every step. */
struct recurrence {
    size_t hidden;
    const float *u;     /* [H][G*H]: recurrent weights, output index fastest (panels.h) */
    const float *c_n;   /* [H]: GRU, reset after: the candidate's recurrent bias */
    bool update_writes; /* GRU: z is the fraction written, not the fraction kept */
};

struct kernels {
    const char *name;

    /* y[row][j] <- y[row][j] + sum over k of x[row][k] w[k][j]; w is [in][out] */
    void (*product)(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y);

    /* See net/cell_rnn.c, cell_gru.c, cell_lstm.c for the equations. */
    void (*rnn_step)(size_t rows, const struct recurrence *cell, const float *const *gx,
                     float *h, float *work);
    void (*gru_after_step)(size_t rows, const struct recurrence *cell,
                           const float *const *gx, float *h, float *work);
    void (*gru_before_step)(size_t rows, const struct recurrence *cell,
                            const float *const *gx, float *h, float *work);
    void (*lstm_step)(size_t rows, const struct recurrence *cell, const float *const *gx,
                      float *h, float *c, float *work);
};

extern const struct kernels kernels_portable;

/* The implementation in use: the best this machine has, chosen once, or the forced one. */
const struct kernels *kernels_pick(void);

#endif
