/* Choose an implementation of the training kernels, and pack matrices for it. */
#include "train/training_kernels.h"

#include <stdbool.h>
#include <string.h>

static bool runs_everywhere(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}
#endif

/* In order of preference. */
static const struct {
    const struct training_kernels *kernels;
    bool (*can_run)(void);
} implementations[] = {
#if defined __x86_64__
    {.kernels = &training_kernels_avx512, .can_run = has_avx512},
    {.kernels = &training_kernels_avx2, .can_run = has_avx2},
#elif defined __aarch64__
    {.kernels = &training_kernels_neon, .can_run = runs_everywhere},
#endif
    {.kernels = &training_kernels_portable, .can_run = runs_everywhere},
};

const struct training_kernels *training_kernels_at(size_t index)
{
    size_t count = sizeof implementations / sizeof *implementations, runnable = 0;

    for (size_t i = 0; i < count; i++) {
        if (!implementations[i].can_run())
            continue;
        if (runnable == index)
            return implementations[i].kernels;
        runnable++;
    }
    return NULL;
}

const struct training_kernels *training_kernels_pick(void)
{
    return training_kernels_at(0);
}

size_t training_pack_floats(const struct training_kernels *kernels, size_t k, size_t n)
{
    size_t panels = (n + kernels->panel - 1) / kernels->panel;

    return panels * kernels->panel * k;
}

void training_pack(const struct training_kernels *kernels, size_t k, size_t n,
                   const float *b, size_t k_stride, size_t n_stride, float *packed)
{
    size_t panel = kernels->panel;

    for (size_t first = 0; first < n; first += panel) {
        size_t columns = n - first < panel ? n - first : panel;
        for (size_t i = 0; i < k; i++, packed += panel) {
            const float *from = b + i * k_stride + first * n_stride;
            for (size_t j = 0; j < columns; j++)
                packed[j] = from[j * n_stride];
            memset(packed + columns, 0, (panel - columns) * sizeof *packed);
        }
    }
}
