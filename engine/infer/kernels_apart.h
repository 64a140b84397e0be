/*
 * The words of kernels_simd.h for vectors that the machine need not have: the compiler takes them
 * apart, and the words it lacks are written lane by lane.  The includer defines LANES.
 */
#include <math.h>

typedef float vec
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

static inline vec vec_all(float x)
{
    vec y;
    for (int i = 0; i < LANES; i++)
        y[i] = x;
    return y;
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    for (int i = 0; i < LANES; i++)
        c[i] = fmaf(a[i], b[i], c[i]);
    return c;
}

static inline vec vec_min(vec limit, vec x)
{
    for (int i = 0; i < LANES; i++)
        x[i] = x[i] > limit[i] ? limit[i] : x[i];
    return x;
}

static inline vec vec_max(vec limit, vec x)
{
    for (int i = 0; i < LANES; i++)
        x[i] = x[i] < limit[i] ? limit[i] : x[i];
    return x;
}
