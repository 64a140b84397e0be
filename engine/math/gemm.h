/*
 * The only door to OpenBLAS: the products that training needs.
 *
 * Matrices are row-major and ld* is the distance between rows.  beta is 0 (C is overwritten)
 * or 1 (added to).  OpenBLAS is kept at one thread; the trainer runs several products beside
 * one another instead.  On one machine a product's bits depend on its operands and shape only.
 */
#ifndef TRIAGE_GEMM_H
#define TRIAGE_GEMM_H

#include <stddef.h>

/* One thread, from now on; call before the first product. */
void gemm_setup(void);

/* C [m][n] = A [m][k] B [k][n] + beta C */
void gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
             size_t ldb, float beta, float *c, size_t ldc);

/* C [m][n] = A [m][k] B' + beta C, B [n][k] */
void gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
             size_t ldb, float beta, float *c, size_t ldc);

/* C [m][n] = A' B [k][n] + beta C, A [k][m] */
void gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
             size_t ldb, float beta, float *c, size_t ldc);

#endif
