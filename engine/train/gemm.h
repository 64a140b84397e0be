/*
 * Matrix products over all events of a batch, for the gradients of the weights: k, the number of
 * events, is large; m and n are the shape of a weight matrix.
 *
 * Small products, which stay in the cache, are computed by training_kernels.h: their bits do not
 * depend on which kernel OpenBLAS chooses.  Large products are computed by OpenBLAS, which is up to
 * 1.6 times as fast there, because it packs both operands.  With 256 units an epoch takes the same
 * time either way; with 768 units it takes a tenth less with OpenBLAS; GEMM_LARGE is between the
 * two.
 *
 * OpenBLAS uses one thread, because several threads of data_parallel.c call it at the same time.
 * On one machine the bits of a product depend on its operands and shape only.
 *
 * GFLOP/s on an AMD EPYC with AVX2, 2026-11-25, k = 2400, m = 3H, n = H (one run, interleaved):
 *
 *     H                    32    64   128   256   512  1024
 *     training_kernels     82    79    77    31    28    22
 *     OpenBLAS             70    77    74    43    37    36
 */
#ifndef TRIAGE_GEMM_H
#define TRIAGE_GEMM_H

#include <stddef.h>

#include "train/training_kernels.h"

/* A product is large if C has at least this many elements. */
enum { GEMM_LARGE = 1 << 18 };

/*
 * C [m][n] += A' B; A [k][m], B [k][n].  Row-major; lda, ldb and ldc are the distances between
 * rows in floats.  All sizes are below 2^31.
 */
void gemm_tn(const struct training_kernels *kernels, size_t m, size_t n, size_t k,
             const float *a, size_t lda, const float *b, size_t ldb, float *c,
             size_t ldc);

/* OpenBLAS's name of the kind of processor whose kernels it uses; valid forever. */
const char *gemm_processor(void);

#endif
