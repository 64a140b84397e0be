/*
 * Picks one implementation of the kernels, once for the whole process.  The list below is
 * in order of preference, the definition last; an entry says whether this machine can run it.
 */
#include "math/kernels.h"

#include <stdatomic.h>
#include <string.h>

#include "engine.h"

static bool runs_everywhere(void)
{
    return true;
}

#if defined __x86_64__

static const char kernels_names[] = "portable, avx2 or avx512";

/* The compiler's own look at the processor, and at whether the system saves its registers. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

#elif defined __aarch64__
static const char kernels_names[] = "portable or neon";
#else
static const char kernels_names[] = "portable";
#endif

static const struct {
    const struct kernels *kernels;
    bool (*can_run)(void);
} implementations[] = {
#if defined __x86_64__
    {&kernels_avx512, has_avx512},
    {&kernels_avx2, has_avx2},
#elif defined __aarch64__
    {&kernels_neon, runs_everywhere},
#endif
    {&kernels_portable, runs_everywhere},
};

enum { IMPLEMENTATIONS = sizeof implementations / sizeof *implementations };

static _Atomic(const struct kernels *) picked;

const struct kernels *kernels_pick(void)
{
    const struct kernels *kernels = atomic_load(&picked);

    if (kernels != NULL)
        return kernels;
    for (size_t i = 0; kernels == NULL && i < IMPLEMENTATIONS; i++)
        if (implementations[i].can_run())
            kernels = implementations[i].kernels;
    atomic_store(&picked, kernels);
    return kernels;
}

const char *kernels_name(void)
{
    return kernels_pick()->name;
}

enum status kernels_force(const char *name, struct error *err)
{
    for (size_t i = 0; i < IMPLEMENTATIONS; i++)
        if (strcmp(implementations[i].kernels->name, name) == 0) {
            if (!implementations[i].can_run())
                return error_set(err, STATUS_BAD_OPTION, "--kernel",
                                 "kernel \"%s\" cannot run on this machine", name);
            atomic_store(&picked, implementations[i].kernels);
            return STATUS_OK;
        }
    return error_mismatch(err, STATUS_BAD_OPTION, "--kernel", kernels_names, name,
                          "this build has no kernel \"%s\"", name);
}
