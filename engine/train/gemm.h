/*
 * Products over all events at once, for the gradients of the weights: C is small, k is large.
 *
 * The matrices of a usual model stay in the cache, and training_kernels.h multiplies them: its bits
 * do not change with OpenBLAS's choice of kernel.  OpenBLAS multiplies larger ones, up to 1.6 times
 * as fast, because it packs its operands; only gemm.c calls it.  A whole epoch takes the same time
 * either way with 256 units, and a tenth less by OpenBLAS with 768, hence the limit between.
 * OpenBLAS is kept at one thread, because the trainer runs several products at a time.  On one
 * machine the bits of a product depend on its operands and shape only.
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

/* OpenBLAS computes products with at least so many elements of C. */
enum { GEMM_LARGE = 1 << 18 };

/*
 * C [m][n] += A' B; A [k][m], B [k][n].  Row-major; lda, ldb and ldc are the distances between
 * rows in floats.  All sizes are below 2^31.
 */
void gemm_tn(const struct training_kernels *kernels, size_t m, size_t n, size_t k,
             const float *a, size_t lda, const float *b, size_t ldb, float *c,
             size_t ldc);

#endif
