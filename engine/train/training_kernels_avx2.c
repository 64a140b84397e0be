/* Training with AVX2 and FMA.  Empty where the Makefile does not ask for them. */
#if defined __AVX2__ && defined __FMA__
#define VECTORS_AVX2
#define TILE_ROWS 6

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_avx2;
const struct training_kernels training_kernels_avx2 = TRAINING_KERNELS("avx2");
#endif
