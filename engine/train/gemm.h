/*
 * Products over all events at once, as the gradients of the weights are: C is small, k is large.
 *
 * A matrix of a usual model stays in the cache beside its operands and the product is ours,
 * whose bits do not change with OpenBLAS's choice of kernel.  A larger one is OpenBLAS's, which
 * packs its operands: up to 1.6 times as fast; this is the only door to it.  A whole epoch of 256
 * units takes the same either way, one of 768 units a tenth less, hence the limit between.
 * It is kept at one thread: the trainer runs several products beside one another instead.  On
 * one machine a product's bits depend on its operands and shape only.
 *
 * GFLOP/s on an AMD EPYC with AVX2, 2026-11-25, k = 2400, m = 3H, n = H (one run, interleaved):
 *
 *     H              32    64   128   256   512  1024
 *     ours           82    79    77    31    28    22
 *     OpenBLAS       70    77    74    43    37    36
 */
#ifndef TRIAGE_GEMM_H
#define TRIAGE_GEMM_H

#include <stddef.h>

#include "train/training_kernels.h"

/* So many elements of C, and it is OpenBLAS's. */
enum { GEMM_LARGE = 1 << 18 };

/*
 * C [m][n] += A' B; A [k][m], B [k][n].  Row-major; ld* is the distance between rows, below 2^31
 * as m, n and k are.
 */
void gemm_tn(const struct training_kernels *kernels, size_t m, size_t n, size_t k,
             const float *a, size_t lda, const float *b, size_t ldb, float *c,
             size_t ldc);

#endif
