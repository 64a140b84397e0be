/*
 * exp, tanh, sigmoid and log1p from stated operations: IEEE 754 additions, multiplications,
 * divisions and fused multiply-adds, round to nearest even, nothing of libm but fmaf.  So
 * they give the same bits on every machine and in every width of vector.
 *
 *   exp      argument clamped to [-87, 87]; x = n ln 2 + r, |r| <= ln 2 / 2, n rounded to
 *            even; polynomial of degree 7 in r (Cephes expf, Moshier 1992), times 2^n
 *   tanh     |x| < 0.625: odd polynomial (Cephes tanhf); else 1 - 2 / (exp(2|x|) + 1)
 *   sigmoid  1 / (1 + exp(-x))
 *   log1p    double, x >= 0, after fdlibm's log with a correction for the rounding of 1 + x
 *
 * Largest errors against libm in double, over every float: exp 1.011 ulp, tanh 1.331 ulp,
 * sigmoid 2.481 ulp (tests/unit/test_elementary.c holds them to that).
 */
#ifndef TRIAGE_ELEMENTARY_H
#define TRIAGE_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float exp_f(float x)
{
    /* Adding 1.5 * 2^23 leaves n, rounded to even, in the low bits of the sum. */
    const float magic = 12582912.0f;

    x = x > 87.0f ? 87.0f : x;
    x = x < -87.0f ? -87.0f : x;
    float shifted = fmaf(x, 1.44269504088896341f, magic);
    float n = shifted - magic;
    float r = fmaf(n, -0.693359375f, x);
    r = fmaf(n, 2.12194440e-4f, r);

    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    p = fmaf(p, r * r, r) + 1.0f;
    uint32_t two_to_n = (float_bits(shifted) - float_bits(magic) + 127u) << 23;
    return p * float_from_bits(two_to_n);
}

static inline float sigmoid_f(float x)
{
    return 1.0f / (1.0f + exp_f(-x));
}

static inline float tanh_f(float x)
{
    float size = x < 0.0f ? -x : x;
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = fmaf(p, z, 2.06390887954e-2f);
    p = fmaf(p, z, -5.37397155531e-2f);
    p = fmaf(p, z, 1.33314422036e-1f);
    p = fmaf(p, z, -3.33332819422e-1f);
    float near = fmaf(p * z, x, x);
    float far = 1.0f - 2.0f / (exp_f(2.0f * size) + 1.0f);
    far = x < 0.0f ? -far : far;
    return size < 0.625f ? near : far;
}

/* ln(1 + x), x >= 0 and finite. */
static inline double log1p_d(double x)
{
    const double ln2_high = 6.93147180369123816490e-01;
    const double ln2_low = 1.90821492927058770002e-10;
    double u = 1.0 + x;
    double lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
    uint64_t bits;
    memcpy(&bits, &u, sizeof bits);
    /* u = 2^k (1 + f), 1 + f between sqrt(1/2) and sqrt(2) */
    uint64_t adjusted =
        bits + (UINT64_C(0x3ff0000000000000) - UINT64_C(0x3fe6a09e667f3bcd));
    double k = (double)(int64_t)(adjusted >> 52) - 1023.0;
    bits = (adjusted & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
    double m;
    memcpy(&m, &bits, sizeof m);
    double f = m - 1.0;
    double correction = lost / u;

    double s = f / (2.0 + f);
    double z = s * s;
    double p = 1.479819860511658591e-01;
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    p = p * z;
    double half_square = 0.5 * f * f;
    return k * ln2_high -
           ((half_square - (s * (half_square + p) + (k * ln2_low + correction))) - f);
}

#endif
