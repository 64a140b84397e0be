/*
 * The fast text in NEON's 128-bit vectors, which every AArch64 has; 24 sums, 3 weights and a
 * state take 28 of 32 registers.  FMIN and FMAX give a NaN when either is one, and limit is not.
 */
#if defined __aarch64__ && !defined __clang_analyzer__

#include <arm_neon.h>

#define KERNELS_NAME neon
#define LANES 4
#define BLOCK_ROWS 8
#define STEP_ROWS 8
typedef float vec __attribute__((vector_size(16), aligned(4), may_alias));
#define vec_all(x) ((vec)vdupq_n_f32(x))
#define vec_fma(a, b, c) ((vec)vfmaq_f32(c, a, b))
#define vec_min(limit, x) ((vec)vminq_f32(limit, x))
#define vec_max(limit, x) ((vec)vmaxq_f32(limit, x))

#include "infer/kernels_simd.h"

#endif
