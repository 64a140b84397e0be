/*
 * One step of a cell for some rows, and the products around it: what a running batch needs.
 *
 * Every output is one chain of fused multiply-adds over k = 0, 1, 2 ... from its starting
 * value, then the gates, from elementary.h.  kernels_ref.c is the definition, written to be
 * read; any other implementation fills the same struct and gives the same bits, because its
 * vector lanes hold different outputs and never parts of one sum.  Those that are not exact add
 * in another order, and are used only when they are asked for.
 *
 * Weights are packed once into the layout that an implementation reads, so what was packed by
 * one cannot be used by another.  Gates are stored in PyTorch's order: GRU r, z, n; LSTM
 * i, f, g, o.
 */
#ifndef TRIAGE_KERNELS_H
#define TRIAGE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What the recurrence of one layer and direction needs; borrowed by every step. */
struct recurrence {
    size_t hidden;
    const float *u;   /* packed: G gates of H units from H inputs; but see u_n */
    const float *u_n; /* packed, GRU, reset before: the candidate's gate; u has r and z */
    const float *c_n; /* [H]: GRU, reset after: the candidate's recurrent bias */
    bool update_writes; /* GRU: z is the fraction written, not the fraction kept */
};

/* Some rows at one step; a row's result depends on no other row. */
struct step_rows {
    size_t count;
    const float *const
        *gx;               /* [count] -> [G*H] what the gates receive but for the state */
    const float *const *h; /* [count] -> [H] the old state */
    float *const *next; /* [count] -> [H] the new state, in other memory than the old */
    float *const *c;    /* [count] -> [H] LSTM: c, old in, new out */
    float *work;        /* kernels_work floats, overwritten */
    /* No matter for the bits: read the weights from their end.  A row that alternates from
     * step to step finds the half of them still in the nearest cache. */
    bool is_backwards;
};

struct kernels {
    const char *name;
    bool
        is_exact; /* gives the bits of numerics 1; else it runs only where it is forced */
    size_t
        rows; /* worked on side by side, at most KERNELS_ROWS: a step gains from no more */

    /* Weights of gates * units outputs: the rows of w [gates*units], stride apart, in inputs
     * each, are packed into packed_floats floats, which begin on a 64-byte boundary. */
    size_t (*packed_floats)(size_t gates, size_t units, size_t in);
    void (*pack)(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed);

    /* y[row][j] <- y[row][j] + sum over k of x[row][k] w[j][k]; w packed, one gate of out */
    void (*product)(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y);

    /* sum[j] <- terms[0][j] + terms[1][j] + ..., in that order; count terms, at least 1, of
     * which the first may be sum itself */
    void (*add)(size_t count, size_t length, const float *const *terms, float *sum);

    /* x[j] <- exp(x[j] - largest): the middle of a softmax */
    void (*exponentials)(size_t count, float largest, float *x);

    /* See net/cell_rnn.c, cell_gru.c, cell_lstm.c for the equations. */
    void (*rnn_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*gru_after_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*gru_before_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*lstm_step)(const struct recurrence *cell, const struct step_rows *rows);
};

/* No implementation has more rows or lanes. */
enum { KERNELS_ROWS = 16, KERNELS_LANES = 16 };

/* Floats of struct step_rows' work: an implementation may pad H to its lanes. */
static inline size_t kernels_work(const struct kernels *kernels, size_t gates,
                                  size_t hidden)
{
    size_t padded = (hidden + KERNELS_LANES - 1) / KERNELS_LANES * KERNELS_LANES;

    return kernels->rows * gates * padded;
}

/* The definition; then those that a machine may be able to run. */
extern const struct kernels kernels_portable;
extern const struct kernels kernels_avx2, kernels_avx512, kernels_neon;

/* Sums by tiles of split numbers, with bits of their own (kernels_tiles.h), and what defines
 * them, on any machine. */
extern const struct kernels kernels_amx, kernels_amx_portable;

/* The implementation in use: the best this machine has, chosen once, or the forced one. */
const struct kernels *kernels_pick(void);

/* The same where it is exact, else the best of those that are: for what is computed once. */
const struct kernels *kernels_pick_exact(void);

#endif
