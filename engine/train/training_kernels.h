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

#include <stdbool.h>
#include <stddef.h>

/*
 * One step of a cell for some rows of H units; see net/cell_*.c for the equations and for
 * what stands in saved.  Rows of saved, h and dh are their strides apart, others H.
 */
struct gates {
    size_t rows, H;
    bool update_writes; /* GRU: z is the fraction written, not the fraction kept */
    float
        *saved; /* [rows][S*H]: inputs of the gates, then their values, then gradients */
    size_t saved_stride;
    const float *h_prev; /* [rows][H] */
    float *h;            /* [rows][H] out */
    float *memory;       /* [rows][H] LSTM: old in, new out */

    size_t stride;    /* of h, dh, dh_prev */
    const float *dh;  /* [rows][H]: gradient of the new state */
    float *dh_prev;   /* [rows_prev][H]: that of the old state, added to */
    size_t rows_prev; /* rows that had an old state: the others' was zero */
    float *dmemory;   /* [rows][H] LSTM: gradient of the new memory in, of the old out */
    const float *drh; /* [rows][H] GRU, reset before: gradient of r * h */
    float *scratch;   /* [H]: for what nobody asks */
};

/* Numbers of one step of Adam; see learn/adam.h. */
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

    /* Forward: from the gates' inputs.  A GRU that resets before needs r * h in between. */
    void (*rnn)(const struct gates *gates);
    void (*lstm)(const struct gates *gates);
    void (*gru_after)(const struct gates *gates);
    void (*gru_reset)(const struct gates *gates);
    void (*gru_before)(const struct gates *gates);

    /* Back: saved becomes the gradients of the gates' inputs; dh_prev gets what does not
       pass through a product. */
    void (*rnn_back)(const struct gates *gates);
    void (*lstm_back)(const struct gates *gates);
    void (*gru_after_back)(const struct gates *gates);
    void (*gru_before_back)(const struct gates *gates);
    void (*gru_reset_back)(const struct gates *gates);

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
