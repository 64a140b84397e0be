/*
 * The choice of one implementation of the kernels, once for the whole process.
 */
#include "infer/kernels.h"

#if defined __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include <stdatomic.h>
#include <string.h>

#include "base/suggest.h"
#include "engine.h"

static bool runs_everywhere(void)
{
    return true;
}

#if defined __x86_64__

static const char kernels_names[] = "portable, avx2, avx512, amx or amx-portable";

/* The compiler's test also asks whether the operating system saves the registers. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

/*
 * Tiles of bf16 (CPUID 7.0: EDX bits 22 and 24).  Linux must give permission first, because they
 * make the saved registers of each thread 8 KiB larger (ARCH_REQ_XCOMP_PERM of XTILEDATA).
 * Debian 12's compilers and headers do not have these names.
 */
static bool has_amx(void)
{
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, REQUEST = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d;

    return has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
           (d & AMX_BF16) != 0 && (d & AMX_TILE) != 0 &&
           syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

#elif defined __aarch64__
static const char kernels_names[] = "portable, neon or amx-portable";
#else
static const char kernels_names[] = "portable or amx-portable";
#endif

/*
 * In order of preference up to the definition, which runs everywhere; those after it are not
 * exact, and only forced.
 */
static const struct {
    const struct kernels *kernels;
    bool (*can_run)(void);
} implementations[] = {
#if defined __x86_64__
    {.kernels = &kernels_avx512, .can_run = has_avx512},
    {.kernels = &kernels_avx2, .can_run = has_avx2},
#elif defined __aarch64__
    {.kernels = &kernels_neon, .can_run = runs_everywhere},
#endif
    {.kernels = &kernels_portable, .can_run = runs_everywhere},
#if defined __x86_64__
    {.kernels = &kernels_amx, .can_run = has_amx},
#endif
    {.kernels = &kernels_amx_portable, .can_run = runs_everywhere},
};

enum { IMPLEMENTATIONS = sizeof implementations / sizeof *implementations };

static _Atomic(const struct kernels *) picked;

static const struct kernels *best_exact(void)
{
    size_t i = 0;

    while (!implementations[i].can_run())
        i++;
    return implementations[i].kernels;
}

const struct kernels *kernels_pick(void)
{
    const struct kernels *kernels = atomic_load(&picked);

    if (!kernels) {
        kernels = best_exact();
        atomic_store(&picked, kernels);
    }
    return kernels;
}

const struct kernels *kernels_pick_exact(void)
{
    const struct kernels *kernels = kernels_pick();

    return kernels->is_exact ? kernels : best_exact();
}

const char *triage_kernels_name(void)
{
    return kernels_pick()->name;
}

bool triage_kernels_are_exact(void)
{
    return kernels_pick()->is_exact;
}

enum status triage_kernels_force(const char *name, struct error *err)
{
    for (size_t i = 0; i < IMPLEMENTATIONS; i++)
        if (strcmp(implementations[i].kernels->name, name) == 0) {
            if (!implementations[i].can_run())
                return error_set(err, STATUS_BAD_OPTION, "--kernel",
                                 "kernel \"%s\" cannot run on this machine", name);
            atomic_store(&picked, implementations[i].kernels);
            return STATUS_OK;
        }
    struct suggestion suggestion;
    char phrase[SUGGEST_PHRASE];
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < IMPLEMENTATIONS; i++)
        suggestion_offer(&suggestion, implementations[i].kernels->name,
                         strlen(implementations[i].kernels->name));
    return error_mismatch(err, STATUS_BAD_OPTION, "--kernel", kernels_names, name,
                          "this build has no kernel \"%s\"%s", name,
                          suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
}
