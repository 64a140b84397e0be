/*
 * Vectors of LANES floats, for code that is written once and compiled once per instruction set.
 * The Makefile compiles such a file NAME.c to NAME.SET.o, with INSTRUCTION_SET defined as SET, and
 * with one of these names where the set has vectors:
 *
 *     VECTORS_AVX512   16 lanes, -mavx512f
 *     VECTORS_AVX2      8 lanes, -mavx2 -mfma
 *     VECTORS_NEON      4 lanes, every AArch64
 *     otherwise         4 lanes, or as many as LANES says, in standard C operations
 *
 * A vector is the compiler's own (vector_size), so + - * / are written as such.  Every operation
 * here rounds as IEEE 754 says, and none depends on another lane: code that gives different
 * outputs to different lanes has the same bits in every set.
 *
 * Everything is static: code for one instruction set must not be linked into the rest of the
 * program.  OF_SET(name_) is name_avx2 and so on, for the one symbol that a file exports.
 */
#ifndef TRIAGE_VECTORS_H
#define TRIAGE_VECTORS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"

#if defined VECTORS_AVX512 || defined VECTORS_AVX2
#include <immintrin.h>
#elif defined VECTORS_NEON
#include <arm_neon.h>
#endif

#if defined VECTORS_AVX512
#define LANES 16
#elif defined VECTORS_AVX2
#define LANES 8
#elif defined VECTORS_NEON || !defined LANES
#define LANES 4
#endif

#if !defined INSTRUCTION_SET
#define INSTRUCTION_SET portable
#endif
#define VECTORS_PASTE(a, b) a##b
#define VECTORS_EXPAND(name, set) VECTORS_PASTE(name, set)
#define VECTORS_QUOTE(set) #set
#define VECTORS_STRING(set) VECTORS_QUOTE(set)
#define OF_SET(name) VECTORS_EXPAND(name, INSTRUCTION_SET)
#define SET_NAME VECTORS_STRING(INSTRUCTION_SET)

#define INLINE static inline __attribute__((always_inline))

/* UNROLL: unroll the next loop completely.  INDEPENDENT: the arrays of the next loop do not
 * overlap, so its iterations may run side by side. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define UNROLL _Pragma("GCC unroll 24")
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define UNROLL_FOR(i, count) UNROLL for (size_t i = 0; i < (count); i++)

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t vec_bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* ---- operations that the compiler's vectors lack -------------------------------------------
 *
 *     vec_all(x)                 x in every lane
 *     vec_fma(a, b, c)           a * b + c, rounded once
 *     vec_multiply_add(a, b, c)  the same where the set has it; portable: rounded twice, but fast
 *     vec_min(limit, x)          x > limit ? limit : x, and so x where x is a NaN
 *     vec_max(limit, x)          x < limit ? limit : x, and so x where x is a NaN
 */

#if defined VECTORS_AVX512

#define vec_all(x) ((vec)_mm512_set1_ps(x))
#define vec_fma(a, b, c) ((vec)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define vec_min(limit, x) ((vec)_mm512_min_ps((__m512)(limit), (__m512)(x)))
#define vec_max(limit, x) ((vec)_mm512_max_ps((__m512)(limit), (__m512)(x)))
#define vec_multiply_add vec_fma

#elif defined VECTORS_AVX2

#define vec_all(x) ((vec)_mm256_set1_ps(x))
#define vec_fma(a, b, c) ((vec)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define vec_min(limit, x) ((vec)_mm256_min_ps((__m256)(limit), (__m256)(x)))
#define vec_max(limit, x) ((vec)_mm256_max_ps((__m256)(limit), (__m256)(x)))
#define vec_multiply_add vec_fma

#elif defined VECTORS_NEON

/* FMIN and FMAX return a NaN when either operand is one, and limit never is. */
#define vec_all(x) ((vec)vdupq_n_f32(x))
#define vec_fma(a, b, c)                                                                 \
    ((vec)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define vec_min(limit, x) ((vec)vminq_f32((float32x4_t)(limit), (float32x4_t)(x)))
#define vec_max(limit, x) ((vec)vmaxq_f32((float32x4_t)(limit), (float32x4_t)(x)))
#define vec_multiply_add vec_fma

#else

/* x - 0 is x, whatever its sign. */
INLINE vec vec_all(float x)
{
    return x - (vec){0};
}

INLINE vec vec_fma(vec a, vec b, vec c)
{
    for (int i = 0; i < LANES; i++)
        c[i] = fmaf(a[i], b[i], c[i]);
    return c;
}

INLINE vec vec_min(vec limit, vec x)
{
    for (int i = 0; i < LANES; i++)
        x[i] = x[i] > limit[i] ? limit[i] : x[i];
    return x;
}

INLINE vec vec_max(vec limit, vec x)
{
    for (int i = 0; i < LANES; i++)
        x[i] = x[i] < limit[i] ? limit[i] : x[i];
    return x;
}

INLINE vec vec_multiply_add(vec a, vec b, vec c)
{
    return a * b + c;
}

#endif

/* ---- memory: any address of a float ---------------------------------------------------------- */

typedef float vec_unaligned
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

INLINE vec vec_load(const float *from)
{
    return *(const vec_unaligned *)from;
}

INLINE void vec_store(float *to, vec x)
{
    *(vec_unaligned *)to = x;
}

/* The first count lanes, at most LANES; the others are 0, and no other memory is touched. */
INLINE vec vec_load_some(const float *from, size_t count)
{
    float lanes[LANES] = {0};

    if (count == LANES)
        return vec_load(from);
    memcpy(lanes, from, count * sizeof *lanes);
    return vec_load(lanes);
}

INLINE void vec_store_some(float *to, vec x, size_t count)
{
    float lanes[LANES];

    if (count == LANES) {
        vec_store(to, x);
    } else {
        vec_store(lanes, x);
        memcpy(to, lanes, count * sizeof *lanes);
    }
}

/* ---- differences of whole numbers below 2^31, as floats ------------------------------------------ */

typedef int32_t vec_ints __attribute__((vector_size(LANES * sizeof(int32_t))));

/* now - from[i] */
INLINE vec vec_differences(uint32_t now, const uint32_t *from)
{
    vec_bits differences;

    memcpy(&differences, from, sizeof differences);
    return __builtin_convertvector((vec_ints)(now - differences), vec);
}

/* now - i */
INLINE vec vec_countdown(uint32_t now)
{
    uint32_t lanes[LANES];

    UNROLL_FOR (i, LANES)
        lanes[i] = (uint32_t)i;
    return vec_differences(now, lanes);
}

/* ---- base/elementary.h, on vectors ----------------------------------------------------------- */

INLINE vec vec_exp_parts(vec x, vec *scale)
{
    vec shifted = vec_fma(x, vec_all(EXP_LOG2_E), vec_all(EXP_ROUND));
    vec n = shifted - vec_all(EXP_ROUND);
    vec r = vec_fma(n, vec_all(-EXP_LN_2), x);

    vec p = vec_fma(vec_all(EXP_C6), r, vec_all(EXP_C5));
    p = vec_fma(p, r, vec_all(EXP_C4));
    p = vec_fma(p, r, vec_all(EXP_C3));
    p = vec_fma(p, r, vec_all(EXP_C2));
    *scale = (vec)(((vec_bits)shifted << 23) + (127u << 23));
    return vec_fma(p, r * r, r);
}

INLINE vec vec_exp(vec x)
{
    vec scale;

    x = vec_min(vec_all(EXP_LIMIT), x);
    x = vec_max(vec_all(-EXP_LIMIT), x);
    vec q = vec_exp_parts(x, &scale);
    return vec_fma(scale, q, scale);
}

INLINE vec vec_sigmoid(vec x)
{
    return vec_all(1.0f) / (vec_all(1.0f) + vec_exp((vec)((vec_bits)x ^ 0x80000000u)));
}

INLINE vec vec_tanh(vec x)
{
    vec_bits sign = (vec_bits)x & 0x80000000u;
    vec size = (vec)((vec_bits)x ^ sign), scale;

    size = vec_min(vec_all(EXP_LIMIT), size + size);
    vec q = vec_exp_parts(size, &scale);
    vec m = vec_fma(scale, q, scale - vec_all(1.0f));
    m = m / (m + vec_all(2.0f));
    return (vec)((vec_bits)m | sign);
}

#endif
