/*
 * The inner loops of training: products of a few rows with packed weights, products over many
 * events, a step of each cell forward and backward, sums over rows, and a step of the optimiser.
 *
 * They are written once and compiled once per instruction set (training_kernels_simd.c, cell_*.c).
 * Every output of a product is one chain of fused multiply-adds over k = 0, 1, 2 ..., which begins
 * with the old value of the output.  Everything else is computed element by element, with
 * base/elementary.h.  So vectors of any width give the same bits, and forward these are the bits
 * of infer/kernels.h: the logits in training are the logits of the served model.  The exception is
 * "portable", for processors without fused multiply-add: it rounds the product and the sum of each
 * multiply-add, and so its results differ in the last bits.
 */
#ifndef TRIAGE_TRAINING_KERNELS_H
#define TRIAGE_TRAINING_KERNELS_H

#include <stddef.h>

#include "infer/kernels.h"
#include "train/cell.h"

/* The constants of one step of Adam (train/adam.h). */
struct adam_rates {
    float beta1, rest1, beta2, rest2, epsilon; /* rest: 1 - beta */
    float step;                                /* rate / (1 - beta1^t) */
    float correction;                          /* 1 / sqrt(1 - beta2^t) */
    float keep;                                /* 1 - rate * decay; 1 for a vector */
};

/* One head of self-attention for one event, backward (train/self_attention.h). */
struct attend_backward {
    struct attend
        head; /* of forward, with its mean; no ring: capacity is that of all events */
    struct attended attended;   /* of forward */
    const float *value_columns; /* [capacity / KEY_BLOCK][d][KEY_BLOCK] */
    const float *key_rows;      /* [capacity][d] */
    const float *dmean;         /* [d] */
    float *dscores;             /* [capacity] overwritten */
    float *dquery;              /* [d] set */
    float *dkeys, *dvalues;     /* [capacity][d] added to */
    double dslope, dtime_slope; /* set */
};

/* Matrices are row-major; lda, ldb and ldc are the distances between rows in floats. */
struct training_kernels {
    const char *name;
    size_t panel; /* columns of a panel */

    /* C [m][n] += A B; A [m][k], B [k][n] packed by training_pack */
    void (*product)(size_t m, size_t n, size_t k, const float *a, size_t lda,
                    const float *packed, float *c, size_t ldc);

    /* C [m][n] += A^T B; A [k][m], B [k][n] */
    void (*transposed_product)(size_t m, size_t n, size_t k, const float *a, size_t lda,
                               const float *b, size_t ldb, float *c, size_t ldc);

    /* Add the rows of A [m][n] to sums [n], one after another. */
    void (*add_rows)(size_t m, size_t n, const float *a, size_t lda, float *sums);

    const struct cell *cells[CELL_GRU + 1]; /* by enum cell_kind */

    /* Backward of layer_norm (infer/kernels.h): add to dx, dweight and dbias; work is [2][count]. */
    void (*layer_norm_backward)(size_t count, const float *x, const float *weight,
                                const float *dy, float *dx, float *dweight, float *dbias,
                                float *work);
    void (*attend_backward)(struct attend_backward *back);

    /* One step of Adam on count weights w, with gradients g and moments m and v. */
    void (*adam)(size_t count, const struct adam_rates *rates, const float *g, float *m,
                 float *v, float *w);

    /* The sum of x^2 in double: sixteen sums of every sixteenth element, then their sum. */
    double (*squares)(size_t count, const float *x);
};

/* One per instruction set; a build has those of its processor architecture and portable. */
extern const struct training_kernels training_kernels_portable;
extern const struct training_kernels training_kernels_avx2, training_kernels_avx512;
extern const struct training_kernels training_kernels_neon;

/* The fastest that this machine can run; every call returns the same one. */
const struct training_kernels *training_kernels_pick(void);

/* Those that this machine can run, by index from 0, the picked one first; NULL after the last. */
const struct training_kernels *training_kernels_at(size_t index);

/* The number of floats that training_pack writes for a matrix [k][n]. */
size_t training_pack_floats(const struct training_kernels *kernels, size_t k, size_t n);

/*
 * Pack B [k][n], whose element (i, j) is b[i * k_stride + j * n_stride].  Its columns are split
 * into panels, and each panel is stored as an array [k][panel]; the last panel is filled up with
 * columns of zeros.
 */
void training_pack(const struct training_kernels *kernels, size_t k, size_t n,
                   const float *b, size_t k_stride, size_t n_stride, float *packed);

#endif
