/* The shape of NEON, on any machine. */
#define KERNELS_NAME lanes4
#define LANES 4
#define BLOCK_ROWS 8
#define STEP_ROWS 8

#include "infer/kernels_simd.h"
