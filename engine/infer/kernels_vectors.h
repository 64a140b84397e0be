/*
 * The vectors of kernels_simd.h, whose words they are made of: what is left of the last one
 * where H is no whole number of them, and the functions of elementary.h.
 */
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"

#define INLINE static inline __attribute__((always_inline))

typedef uint32_t bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

INLINE vec load(const float *from)
{
    return *(const vec *)from;
}

INLINE void store(float *to, vec x)
{
    *(vec *)to = x;
}

/* The same where only count floats, at most LANES, may be touched; the other lanes are 0. */
INLINE vec load_some(const float *from, size_t count)
{
    float whole[LANES] = {0};

    if (count == LANES)
        return load(from);
    memcpy(whole, from, count * sizeof *whole);
    return load(whole);
}

INLINE void store_some(float *to, vec x, size_t count)
{
    float whole[LANES];

    if (count == LANES) {
        store(to, x);
    } else {
        store(whole, x);
        memcpy(to, whole, count * sizeof *whole);
    }
}

/* The body for each vector of H floats, from float j on; the last may have fewer than LANES. */
#define EACH_VECTOR(H, body)                                                             \
    do {                                                                                 \
        size_t j = 0;                                                                    \
        for (; j + LANES <= (H); j += LANES)                                             \
            body(j, LANES);                                                              \
        if (j < (H))                                                                     \
            body(j, (H)-j);                                                              \
    } while (0)

/* ---- elementary.h, on vectors -------------------------------------------------------------- */

INLINE vec vec_exp_parts(vec x, vec *scale)
{
    vec shifted = vec_fma(x, vec_all(EXP_LOG2_E), vec_all(EXP_ROUND));
    vec n = shifted - vec_all(EXP_ROUND);
    vec r = vec_fma(n, vec_all(-EXP_LN_2), x);

    vec p = vec_fma(vec_all(EXP_C6), r, vec_all(EXP_C5));
    p = vec_fma(p, r, vec_all(EXP_C4));
    p = vec_fma(p, r, vec_all(EXP_C3));
    p = vec_fma(p, r, vec_all(EXP_C2));
    *scale = (vec)(((bits)shifted << 23) + (127u << 23));
    return vec_fma(p, r * r, r);
}

INLINE vec vec_exp(vec x)
{
    vec scale, q;

    x = vec_min(vec_all(EXP_LIMIT), x);
    x = vec_max(vec_all(-EXP_LIMIT), x);
    q = vec_exp_parts(x, &scale);
    return vec_fma(scale, q, scale);
}

INLINE vec vec_sigmoid(vec x)
{
    return vec_all(1.0f) / (vec_all(1.0f) + vec_exp((vec)((bits)x ^ 0x80000000u)));
}

INLINE vec vec_tanh(vec x)
{
    bits sign = (bits)x & 0x80000000u;
    vec size = (vec)((bits)x ^ sign), scale, q, m;

    size = vec_min(vec_all(EXP_LIMIT), size + size);
    q = vec_exp_parts(size, &scale);
    m = vec_fma(scale, q, scale - vec_all(1.0f));
    m = m / (m + vec_all(2.0f));
    return (vec)((bits)m | sign);
}
