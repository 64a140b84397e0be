/* The fast text in 512-bit vectors; 24 sums, 3 weights and a state take 28 of 32 registers. */
#if defined __x86_64__ && !defined __clang_analyzer__

#if !defined __AVX512F__
#error "compile this file with -mavx512f"
#endif
#include <immintrin.h>

#define KERNELS_NAME avx512
#define LANES 16
#define BLOCK_ROWS 8
#define STEP_ROWS 8
typedef float vec __attribute__((vector_size(64), aligned(4), may_alias));
#define vec_all(x) ((vec)_mm512_set1_ps(x))
#define vec_fma(a, b, c) ((vec)_mm512_fmadd_ps(a, b, c))
#define vec_min(limit, x) ((vec)_mm512_min_ps(limit, x))
#define vec_max(limit, x) ((vec)_mm512_max_ps(limit, x))

#include "infer/kernels_simd.h"

#endif
