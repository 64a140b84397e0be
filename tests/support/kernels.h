/*
 * Every exact implementation of the kernels that some machine can run, for tests that go through
 * them; kernels_try says whether this one can, and puts it to use.
 */
#ifndef TRIAGE_SUPPORT_KERNELS_H
#define TRIAGE_SUPPORT_KERNELS_H

#include "engine.h"
#include "infer/kernels.h"

enum { KERNEL_NAMES = 4 };

static const char *const kernel_names[KERNEL_NAMES] = {"portable", "avx2", "avx512",
                                                       "neon"};

/* The shapes of AVX-512 and NEON, for any machine: infer/vectors.h. */
extern const struct kernels kernels_lanes16, kernels_lanes4;

static inline bool kernels_try(int i)
{
    return triage_kernels_force(kernel_names[i], NULL) == STATUS_OK;
}

#endif
