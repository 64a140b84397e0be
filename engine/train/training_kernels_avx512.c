/* Training with AVX-512.  Empty where the Makefile does not ask for it. */
#if defined __AVX512F__
#include <immintrin.h>

#define LANES 16
#define TILE_ROWS 12
#define vector_fma(a, b, c)                                                              \
    ((vector)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_avx512;
const struct training_kernels training_kernels_avx512 = TRAINING_KERNELS("avx512");
#endif
