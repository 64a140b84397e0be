/* The fast text in 256-bit vectors; 12 sums, 3 weights and a state fill the 16 registers. */
#if defined __x86_64__ && !defined __clang_analyzer__

#if !defined __AVX2__ || !defined __FMA__
#error "compile this file with -mavx2 -mfma"
#endif

#define VECTORS_AVX2
#define KERNELS_NAME avx2
#define BLOCK_ROWS 4
#define STEP_ROWS 8

#include "infer/kernels_simd.h"

#endif
