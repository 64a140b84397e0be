/* The only file that calls OpenBLAS. */
#include "train/gemm.h"

#include <cblas.h>
#include <pthread.h>

static void use_one_thread(void)
{
    openblas_set_num_threads(1);
}

void gemm_tn(const struct training_kernels *kernels, size_t m, size_t n, size_t k,
             const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (m * n < GEMM_LARGE) {
        kernels->transposed_product(m, n, k, a, lda, b, ldb, c, ldc);
        return;
    }
    pthread_once(&once, use_one_thread);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)m, (blasint)n,
                (blasint)k, 1.0f, a, (blasint)lda, b, (blasint)ldb, 1.0f, c,
                (blasint)ldc);
}
