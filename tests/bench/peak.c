#include "bench/peak.h"

#include <string.h>

/* Twelve independent chains hide the latency of two multipliers. */
enum { CHAINS = 12, LOOPS = 4000 };

/* The empty assembly uses the sums, so that the compiler does not remove the loop. */
#define RUN(vector, all, fma)                                                            \
    vector sum[CHAINS], x = all(0.5f), y = all(1.0f);                                    \
    for (int i = 0; i < CHAINS; i++)                                                     \
        sum[i] = all((float)i);                                                          \
    for (int loop = 0; loop < LOOPS; loop++) {                                           \
        _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++)                        \
        {                                                                                \
            sum[i] = fma(sum[i], x, y);                                                  \
        }                                                                                \
    }                                                                                    \
    for (int i = 0; i < CHAINS; i++)                                                     \
        __asm__ volatile("" : : "m"(sum[i]));                                            \
    return 2 * sizeof(vector) / sizeof(float) * CHAINS * LOOPS

#if defined __x86_64__

#include <immintrin.h>

__attribute__((target("avx2,fma"))) static size_t run_avx2(void)
{
    RUN(__m256, _mm256_set1_ps, _mm256_fmadd_ps);
}

__attribute__((target("avx512f"))) static size_t run_avx512(void)
{
    RUN(__m512, _mm512_set1_ps, _mm512_fmadd_ps);
}

size_t peak_run(const char *kernel)
{
    if (strcmp(kernel, "avx2") == 0)
        return run_avx2();
    return strcmp(kernel, "avx512") == 0 ? run_avx512() : 0;
}

#elif defined __aarch64__

#include <arm_neon.h>

/* sum * x + y; vfmaq_f32 takes the addend first. */
static float32x4_t multiply_add(float32x4_t sum, float32x4_t x, float32x4_t y)
{
    return vfmaq_f32(y, sum, x);
}

static size_t run_neon(void)
{
    RUN(float32x4_t, vdupq_n_f32, multiply_add);
}

size_t peak_run(const char *kernel)
{
    return strcmp(kernel, "neon") == 0 ? run_neon() : 0;
}

#else

size_t peak_run(const char *kernel)
{
    (void)kernel;
    return 0;
}

#endif
