/* See training_kernels.h. */
#include "train/training_kernels.h"

#include <string.h>

extern const struct training_kernels training_kernels_plain;

static bool runs_everywhere(void)
{
    return true;
}

#ifdef __x86_64__
extern const struct training_kernels training_kernels_avx2, training_kernels_avx512;

static bool runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool runs_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}
#endif

/* In order of preference. */
static const struct {
    const struct training_kernels *kernels;
    bool (*can_run)(void);
} implementations[] = {
#ifdef __x86_64__
    {&training_kernels_avx512, runs_avx512},
    {&training_kernels_avx2, runs_avx2},
#endif
    {&training_kernels_plain, runs_everywhere},
};

const struct training_kernels *training_kernels_at(size_t index)
{
    size_t count = sizeof implementations / sizeof *implementations;

    for (size_t i = 0; i < count; i++)
        if (implementations[i].can_run() && index-- == 0)
            return implementations[i].kernels;
    return NULL;
}

const struct training_kernels *training_kernels_pick(void)
{
    return training_kernels_at(0);
}

size_t training_packed(const struct training_kernels *kernels, size_t k, size_t n)
{
    return (n + kernels->panel - 1) / kernels->panel * kernels->panel * k;
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
