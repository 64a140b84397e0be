/* Training with AVX-512.  Empty where the Makefile does not ask for it. */
#if defined __AVX512F__
#define VECTORS_AVX512
#define TILE_ROWS 12

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_avx512;
const struct training_kernels training_kernels_avx512 = TRAINING_KERNELS("avx512");
#endif
