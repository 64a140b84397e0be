/*
 * exp, tanh, sigmoid and log1p as fixed sequences of IEEE 754 additions, multiplications, divisions
 * and fused multiply-adds, rounded to nearest even.  Of libm only fmaf is used, which is exact, so
 * the results have the same bits on every machine.  infer/vectors.h has the same
 * operations on vectors, with the same constants.
 *
 *     x = n ln 2 + r, n an integer, |r| <= ln 2 / 2;  q = e^r - 1 by a polynomial
 *
 *   exp      2^n (1 + q), its argument clamped to [-87, 87]
 *   sigmoid  1 / (1 + exp(-x))
 *   tanh     m / (m + 2) with m = e^(2|x|) - 1 = 2^n q + (2^n - 1), and the sign of x: exact
 *            near 0, where n is 0
 *   log      double, fdlibm's
 *   log1p    double, x >= 0, log with a correction for the rounding of 1 + x
 *
 * The polynomial is r + r^2 (1/2 + ...), of degree 6; its coefficients minimise the largest error
 * on that interval, 2e-8 relative to r.  ln 2 is one float, which is off by 1.9e-9, so the error of
 * exp grows with |n|.  This does no harm: every user of exp adds 1 to it or normalises it (softmax).
 *
 * Largest errors against libm in double, over every float: exp 4.487 ulp (1.205 for |x| <= 10),
 * tanh 2.518 ulp, sigmoid 5.384 ulp; absolute errors of tanh and sigmoid 8.94e-8
 * (checked by tests/unit/test_elementary.c).
 *
 * A NaN gives a NaN of unspecified sign and payload.  Infinities are clamped like any large
 * number.  Subnormal numbers are kept: nothing here or in the kernels flushes them to zero.
 */
#ifndef TRIAGE_ELEMENTARY_H
#define TRIAGE_ELEMENTARY_H

#include <math.h>
#include <stddef.h>
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

#define EXP_LIMIT 87.0f
#define EXP_LOG2_E 0x1.715476p+0f
#define EXP_LN_2 0x1.62e430p-1f
/* Adding 1.5 * 2^23 leaves x / ln 2, rounded to the integer n, in the low bits of the sum. */
#define EXP_ROUND 0x1.8p+23f
#define EXP_C2 0.5f
#define EXP_C3 0x1.5554b0p-3f
#define EXP_C4 0x1.555486p-5f
#define EXP_C5 0x1.122838p-7f
#define EXP_C6 0x1.6d995ap-10f

/* Return q = e^r - 1, and 2^n in *scale; |x| <= 87. */
static inline float exp_parts(float x, float *scale)
{
    float shifted = fmaf(x, EXP_LOG2_E, EXP_ROUND);
    float n = shifted - EXP_ROUND;
    float r = fmaf(n, -EXP_LN_2, x);

    float p = fmaf(EXP_C6, r, EXP_C5);
    p = fmaf(p, r, EXP_C4);
    p = fmaf(p, r, EXP_C3);
    p = fmaf(p, r, EXP_C2);
    *scale = float_from_bits((float_bits(shifted) << 23) + (127u << 23));
    return fmaf(p, r * r, r);
}

static inline float exp_f(float x)
{
    x = x > EXP_LIMIT ? EXP_LIMIT : x;
    x = x < -EXP_LIMIT ? -EXP_LIMIT : x;
    float scale;
    float q = exp_parts(x, &scale);
    return fmaf(scale, q, scale);
}

static inline float sigmoid_f(float x)
{
    return 1.0f / (1.0f + exp_f(-x));
}

static inline float tanh_f(float x)
{
    uint32_t sign = float_bits(x) & 0x80000000u;
    float magnitude = float_from_bits(float_bits(x) ^ sign);
    float twice = magnitude + magnitude;
    twice = twice > EXP_LIMIT ? EXP_LIMIT : twice;
    float scale;
    float q = exp_parts(twice, &scale);
    float m = fmaf(scale, q, scale - 1.0f);
    m = m / (m + 2.0f);
    return float_from_bits(float_bits(m) | sign);
}

/* ln(u) + correction, which is small; u > 0, finite and not subnormal. */
static inline double log_d(double u, double correction)
{
    const double ln2_high = 6.93147180369123816490e-01;
    const double ln2_low = 1.90821492927058770002e-10;
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

/* ln(1 + x), x >= 0 and finite. */
static inline double log1p_d(double x)
{
    double u = 1.0 + x;
    double lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
    return log_d(u, lost / u);
}

/* The index of the largest of count values, the first one in a tie; count is at least 1. */
static inline size_t argmax(const float *values, size_t count)
{
    size_t largest = 0;
    for (size_t i = 1; i < count; i++)
        largest = values[i] > values[largest] ? i : largest;
    return largest;
}

#endif
