/*
 * The kernels: products with packed weights, and one step of a cell for some rows.
 *
 * Every output is one chain of fused multiply-adds over k = 0, 1, 2 ... from its starting value;
 * the gates are computed from these sums with base/elementary.h.  kernels_ref.c is the definition.
 * Any other implementation fills the same struct, and has the same bits, because its vector lanes
 * hold different outputs and never parts of one sum.  Implementations that are not exact add in
 * another order, and are used only when they are asked for.
 *
 * Weights are packed once, into the layout that the implementation reads: what one has packed
 * cannot be used by another.  Gates are in PyTorch's order: GRU r, z, n; LSTM i, f, g, o.
 */
#ifndef TRIAGE_KERNELS_H
#define TRIAGE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The recurrent weights of one rnn layer; all arrays are borrowed. */
struct recurrence {
    size_t hidden;       /* H */
    const float *u;      /* packed [G*H][H]; GRU, reset before: r and z only */
    const float *u_n;    /* packed [H][H]; GRU, reset before: the candidate */
    const float *b_hh_n; /* [H]; GRU, reset after: the candidate's recurrent bias */
    bool update_writes;  /* GRU: z is the fraction written, not the fraction kept */
};

/* Some rows at one step; a row's result depends on no other row. */
struct step_rows {
    size_t count;
    /* [count] -> [G*H]: the gates' inputs without the recurrent product */
    const float *const *gx;
    const float *const *h; /* [count] -> [H] the old state */
    float *const *next;    /* [count] -> [H] the new state; does not overlap the old */
    float *const *c;       /* [count] -> [H] LSTM: the cell state, old in, new out */
    float *work;           /* kernels_work floats, overwritten */
    /* Read the weights from their end.  It changes no bit: a row that alternates from step to
     * step finds half of them still in the nearest cache. */
    bool is_backwards;
};

enum { KEY_BLOCK = 16 };

/*
 * One head of self-attention (infer/self_attention.h) for one event: over the events first .. last, of
 * which last is the event itself.  Keys, values and clocks are rings, in which event i has the place
 * i % capacity.  Elements of other events may have any value.
 */
struct attend {
    size_t width; /* d */
    size_t
        capacity; /* a multiple of KEY_BLOCK, with all of the blocks of first .. last */
    size_t first, last;
    const float *query;     /* [d] divided by sqrt(d) */
    const float *keys;      /* [capacity / KEY_BLOCK][d][KEY_BLOCK] */
    const float *values;    /* [capacity][d] */
    const uint32_t *clocks; /* [capacity] */
    float slope,
        time_slope; /* of the distance in events, and of the difference of the clocks */
    float *weights; /* [capacity] overwritten */
    float *mean;    /* [d] of the values, weighted */
};

/* The weight of an event with the score s is exp(s - largest) * inverse. */
struct attended {
    float largest, inverse;
};

struct kernels {
    const char *name;
    /* Has the bits of numerics 1; if not, it runs only where it is forced. */
    bool is_exact;
    /* Rows that a step works on together, at most KERNELS_ROWS; more make it no faster. */
    size_t rows;

    /*
     * Pack weights w [gates*units][in], whose rows are stride floats apart, into packed_floats
     * floats, which begin on a 64-byte boundary.
     */
    size_t (*packed_floats)(size_t gates, size_t units, size_t in);
    void (*pack)(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed);

    /* y[row][j] <- y[row][j] + sum over k of x[row][k] w[j][k]; w is packed as one gate of
     * out units */
    void (*product)(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y);

    /* sum[j] <- terms[0][j] + terms[1][j] + ..., in that order; count is at least 1, and
     * terms[0] may be sum */
    void (*add)(size_t count, size_t length, const float *const *terms, float *sum);

    /* x[j] <- exp(x[j] - largest): the middle of a softmax */
    void (*exponentials)(size_t count, float largest, float *x);

    /* x[j] <- tanh(x[j]) */
    void (*tanhs)(size_t count, float *x);

    /* mean[j] <- mean[j] + share (x[j] - mean[j]), fused */
    void (*move_mean)(size_t count, float share, const float *x, float *mean);

    /* y <- (x - mean) / sqrt(variance + 1e-5) * weight + bias; y may be x */
    void (*layer_norm)(size_t count, const float *x, const float *weight,
                       const float *bias, float *y);

    /* x[j] <- (x[j] < 0 ? 0 : x[j]) + 0, so never -0 */
    void (*relu)(size_t count, float *x);

    struct attended (*attend)(const struct attend *head);

    void (*rnn_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*gru_after_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*gru_before_step)(const struct recurrence *cell, const struct step_rows *rows);
    void (*lstm_step)(const struct recurrence *cell, const struct step_rows *rows);
};

/* What layer_norm adds to the variance. */
#define NORM_EPSILON 1e-5

/* No implementation has more rows or lanes. */
enum { KERNELS_ROWS = 16, KERNELS_LANES = 16 };

/* As many floats, filled up to whole cache lines, which are whole vectors of every implementation. */
static inline size_t kernels_padded(size_t floats)
{
    return (floats + KERNELS_LANES - 1) / KERNELS_LANES * KERNELS_LANES;
}

/* Floats of struct step_rows' work: an implementation may pad H to whole vectors. */
static inline size_t kernels_work(const struct kernels *kernels, size_t gates,
                                  size_t hidden)
{
    return kernels->rows * gates * kernels_padded(hidden);
}

/* kernels_ref.c; then kernels_simd.c for each instruction set, where the processor has it. */
extern const struct kernels kernels_portable;
extern const struct kernels kernels_avx2, kernels_avx512, kernels_neon;

/* Not exact: products of tiles of bf16 (kernels_amx.h), and the same bits on any processor. */
extern const struct kernels kernels_amx, kernels_amx_portable;

/* The implementation in use: the fastest exact one of this machine, chosen once, or the forced. */
const struct kernels *kernels_pick(void);

/* The same if it is exact, else the fastest exact one: for values that are computed once. */
const struct kernels *kernels_pick_exact(void);

#endif
