/* Training with AVX2 and FMA.  Empty where the Makefile does not ask for them. */
#if defined __AVX2__ && defined __FMA__
#include <immintrin.h>

#define LANES 8
#define TILE_ROWS 6
#define vector_fma(a, b, c)                                                              \
    ((vector)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_avx2;
const struct training_kernels training_kernels_avx2 = TRAINING_KERNELS("avx2");
#endif
