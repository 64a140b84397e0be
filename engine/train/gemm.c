/* The only file that calls OpenBLAS. */
#include "train/gemm.h"

#include <cblas.h>

/*
 * OpenBLAS starts a thread for each processor when it is loaded, and each of them spins for 0.1 s
 * while it waits for work.  We parallelise by examples, so end them.  OpenBLAS itself calls this
 * before a fork; builds without threads lack it.
 */
extern int blas_thread_shutdown_(void) __attribute__((weak));

__attribute__((constructor)) static void use_one_thread(void)
{
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_)
        (void)blas_thread_shutdown_();
}

void gemm_tn(const struct training_kernels *kernels, size_t m, size_t n, size_t k,
             const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc)
{
    if (m * n < GEMM_LARGE) {
        kernels->transposed_product(m, n, k, a, lda, b, ldb, c, ldc);
        return;
    }
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)m, (blasint)n,
                (blasint)k, 1.0f, a, (blasint)lda, b, (blasint)ldb, 1.0f, c,
                (blasint)ldc);
}

const char *gemm_processor(void)
{
    return openblas_get_corename();
}
