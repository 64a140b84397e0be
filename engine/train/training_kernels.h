/*
 * What training needs of the processor: products of a few rows with packed weights, products of
 * many events, the gates of a step forward and back, the optimiser's loop.
 *
 * Written once and compiled once per instruction set (training_kernels_simd.c).  Every output of a
 * product is one chain of fused multiply-adds over k = 0, 1, 2 ... from its starting value, and
 * everything else is done number by number with base/elementary.h, so vectors of any width give
 * the same bits.  Forward they are the bits of infer/kernels.h: a network in training gives a
 * history the logits that the served model will give.  The exception is "portable", for processors
 * without fused multiply-add: it rounds each product twice and ends in other last bits.
 */
#ifndef TRIAGE_TRAINING_KERNELS_H
#define TRIAGE_TRAINING_KERNELS_H

#include <stddef.h>

#include "train/cell.h"

/* Numbers of one step of Adam; see train/adam.h. */
struct adam_rates {
    float beta1, rest1, beta2, rest2, epsilon; /* rest: 1 - beta */
    float step;                                /* rate / (1 - beta1^t) */
    float correction;                          /* 1 / sqrt(1 - beta2^t) */
    float kept;                                /* of the weight itself, by decay */
};

struct training_kernels {
    const char *name;
    size_t panel; /* columns of a panel */

    /* C [m][n] += A [m][k] B; B [k][n] in panels, see training_pack */
    void (*product)(size_t m, size_t n, size_t k, const float *a, size_t lda,
                    const float *packed, float *c, size_t ldc);

    /* C [m][n] += A' B; A [k][m], B [k][n] */
    void (*transposed_product)(size_t m, size_t n, size_t k, const float *a, size_t lda,
                               const float *b, size_t ldb, float *c, size_t ldc);

    /* sums [n] += each row of A [m][n] in turn */
    void (*add_rows)(size_t m, size_t n, const float *a, size_t lda, float *sums);

    const struct cell *cells[CELL_GRU + 1]; /* by enum cell_kind */

    void (*adam)(size_t count, const struct adam_rates *rates, const float *g, float *m,
                 float *v, float *w);

    /* The sum of squares in double, in sixteen interleaved sums that are then added. */
    double (*squares)(size_t count, const float *x);
};

/* training_kernels_simd.c for each instruction set, where the processor has it. */
extern const struct training_kernels training_kernels_portable;
extern const struct training_kernels training_kernels_avx2, training_kernels_avx512;
extern const struct training_kernels training_kernels_neon;

/* The fastest that this machine can run; always the same one. */
const struct training_kernels *training_kernels_pick(void);

/* The index-th of those that this machine can run, the picked one first; NULL at the end. */
const struct training_kernels *training_kernels_at(size_t index);

/* Floats that a packed [k][n] takes. */
size_t training_packed(const struct training_kernels *kernels, size_t k, size_t n);

/*
 * Put B [k][n] into panels: columns panel by panel, in each k rows of panel floats, the last
 * one filled up with zeros.  Element (k, n) is at b[k * k_stride + n * n_stride].
 */
void training_pack(const struct training_kernels *kernels, size_t k, size_t n,
                   const float *b, size_t k_stride, size_t n_stride, float *packed);

#endif
