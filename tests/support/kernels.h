/*
 * The exact implementations of the kernels, for tests that run with each of them.
 */
#ifndef TRIAGE_SUPPORT_KERNELS_H
#define TRIAGE_SUPPORT_KERNELS_H

#include "engine.h"
#include "infer/kernels.h"

enum { KERNEL_NAMES = 4 };

static const char *const kernel_names[KERNEL_NAMES] = {"portable", "avx2", "avx512",
                                                       "neon"};

/* The shapes of AVX-512 and NEON, on any machine. */
extern const struct kernels kernels_lanes16, kernels_lanes4;

/* Use that implementation from now on; false if this machine cannot run it. */
static inline bool kernels_try(int i)
{
    return triage_kernels_force(kernel_names[i], NULL) == STATUS_OK;
}

#endif
