/* The fast text in 256-bit vectors; 12 sums, 3 weights and a state fill the 16 registers. */
#if defined __x86_64__ && !defined __clang_analyzer__

#if !defined __AVX2__ || !defined __FMA__
#error "compile this file with -mavx2 -mfma"
#endif
#include <immintrin.h>

#define KERNELS_NAME avx2
#define LANES 8
#define BLOCK_ROWS 4
#define STEP_ROWS 8
typedef float vec __attribute__((vector_size(32), aligned(4), may_alias));
#define vec_all(x) ((vec)_mm256_set1_ps(x))
#define vec_fma(a, b, c) ((vec)_mm256_fmadd_ps(a, b, c))
#define vec_min(limit, x) ((vec)_mm256_min_ps(limit, x))
#define vec_max(limit, x) ((vec)_mm256_max_ps(limit, x))

#include "infer/kernels_simd.h"

#endif
