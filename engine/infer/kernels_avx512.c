/* The fast text in 512-bit vectors; 24 sums, 3 weights and a state take 28 of 32 registers. */
#if defined __x86_64__ && !defined __clang_analyzer__

#if !defined __AVX512F__
#error "compile this file with -mavx512f"
#endif

#define VECTORS_AVX512
#define KERNELS_NAME avx512
#define BLOCK_ROWS 8
#define STEP_ROWS 8

#include "infer/kernels_simd.h"

#endif
