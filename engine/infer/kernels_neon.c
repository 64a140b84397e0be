/*
 * The fast text in NEON's 128-bit vectors, which every AArch64 has; 24 sums, 3 weights and a
 * state take 28 of 32 registers.
 */
#if defined __aarch64__ && !defined __clang_analyzer__

#define VECTORS_NEON
#define KERNELS_NAME neon
#define BLOCK_ROWS 8
#define STEP_ROWS 8

#include "infer/kernels_simd.h"

#endif
