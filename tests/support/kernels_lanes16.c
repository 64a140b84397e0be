/* The shape of AVX-512, on any machine. */
#define KERNELS_NAME lanes16
#define LANES 16
#define BLOCK_ROWS 8
#define STEP_ROWS 8

#include "infer/kernels_simd.h"
