/*
 * The text of training's gates and of its loops over weights, compiled once per instruction
 * set.  Plain loops that the compiler turns into vectors of whatever width there is; each
 * number is computed by itself, so the width changes no bit.  The equations are above the
 * code in net/cell_*.c, beside which this is to be read.
 *
 * What is written once for both conventions is INLINE: gcc makes vectors of a loop only
 * where it knows which of the two it is.
 */
#include <math.h>

#include "base/elementary.h"
#include "infer/vectors.h"
#include "train/training_kernels.h"

/* Where a row's gradient of the old state goes. */
static float *prev_of(const struct gates *g, size_t row)
{
    return row < g->rows_prev ? g->dh_prev + row * g->stride : g->scratch;
}

static void rnn(const struct gates *g)
{
    for (size_t row = 0; row < g->rows; row++) {
        float *a = g->saved + row * g->saved_stride;
        float *h = g->h + row * g->stride;
        INDEPENDENT
        for (size_t j = 0; j < g->H; j++)
            h[j] = a[j] = tanh_f(a[j]);
    }
}

static void rnn_back(const struct gates *g)
{
    for (size_t row = 0; row < g->rows; row++) {
        float *a = g->saved + row * g->saved_stride;
        const float *dh = g->dh + row * g->stride;
        INDEPENDENT
        for (size_t j = 0; j < g->H; j++)
            a[j] = dh[j] * (1.0f - a[j] * a[j]);
    }
}

static void lstm(const struct gates *gates)
{
    size_t H = gates->H;

    for (size_t row = 0; row < gates->rows; row++) {
        float *saved = gates->saved + row * gates->saved_stride;
        float *i = saved, *f = saved + H, *g = saved + 2 * H;
        float *o = saved + 3 * H, *tanh_s = saved + 4 * H;
        float *s_prev = saved + 5 * H;
        float *s = gates->memory + row * H;
        float *h = gates->h + row * gates->stride;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            i[j] = sigmoid_f(i[j]);
            f[j] = sigmoid_f(f[j]);
            g[j] = tanh_f(g[j]);
            o[j] = sigmoid_f(o[j]);
            s_prev[j] = s[j];
            s[j] = fmaf(f[j], s[j], i[j] * g[j]);
            tanh_s[j] = tanh_f(s[j]);
            h[j] = o[j] * tanh_s[j];
        }
    }
}

static void lstm_back(const struct gates *gates)
{
    size_t H = gates->H;

    for (size_t row = 0; row < gates->rows; row++) {
        float *saved = gates->saved + row * gates->saved_stride;
        float *i = saved, *f = saved + H, *g = saved + 2 * H;
        float *o = saved + 3 * H;
        const float *tanh_s = saved + 4 * H, *s_prev = saved + 5 * H;
        const float *dh = gates->dh + row * gates->stride;
        float *ds = gates->dmemory + row * H;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            float d = ds[j] + dh[j] * o[j] * (1.0f - tanh_s[j] * tanh_s[j]);
            float a_i = d * g[j] * i[j] * (1.0f - i[j]);
            float a_g = d * i[j] * (1.0f - g[j] * g[j]);
            ds[j] = d * f[j];
            f[j] = d * s_prev[j] * f[j] * (1.0f - f[j]);
            o[j] = dh[j] * tanh_s[j] * o[j] * (1.0f - o[j]);
            i[j] = a_i;
            g[j] = a_g;
        }
    }
}

/* keep: h' = n + z (h - n); write: h' = h + z (n - h). */
static float blend(bool update_writes, float z, float n, float h)
{
    return update_writes ? fmaf(z, n - h, h) : fmaf(z, h - n, n);
}

INLINE void gru_after_row(const struct gates *g, size_t row, const bool writes)
{
    size_t H = g->H;
    float *saved = g->saved + row * g->saved_stride;
    float *r = saved, *z = saved + H, *n = saved + 2 * H;
    const float *q = saved + 3 * H, *h_prev = g->h_prev + row * H;
    float *h = g->h + row * g->stride;

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        r[j] = sigmoid_f(r[j]);
        z[j] = sigmoid_f(z[j]);
        n[j] = tanh_f(fmaf(r[j], q[j], n[j]));
        h[j] = blend(writes, z[j], n[j], h_prev[j]);
    }
}

static void gru_after(const struct gates *g)
{
    for (size_t row = 0; row < g->rows; row++)
        if (g->update_writes)
            gru_after_row(g, row, true);
        else
            gru_after_row(g, row, false);
}

static void gru_reset(const struct gates *g)
{
    size_t H = g->H;

    for (size_t row = 0; row < g->rows; row++) {
        float *saved = g->saved + row * g->saved_stride;
        float *r = saved, *rh = saved + 3 * H;
        const float *h_prev = g->h_prev + row * H;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            r[j] = sigmoid_f(r[j]);
            rh[j] = r[j] * h_prev[j];
        }
    }
}

INLINE void gru_before_row(const struct gates *g, size_t row, const bool writes)
{
    size_t H = g->H;
    float *saved = g->saved + row * g->saved_stride;
    float *z = saved + H, *n = saved + 2 * H;
    const float *h_prev = g->h_prev + row * H;
    float *h = g->h + row * g->stride;

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        z[j] = sigmoid_f(z[j]);
        n[j] = tanh_f(n[j]);
        h[j] = blend(writes, z[j], n[j], h_prev[j]);
    }
}

static void gru_before(const struct gates *g)
{
    for (size_t row = 0; row < g->rows; row++)
        if (g->update_writes)
            gru_before_row(g, row, true);
        else
            gru_before_row(g, row, false);
}

/* a_z and a_n in place of z and n, and the part of dh that skips the candidate. */
INLINE void blend_back(const struct gates *g, size_t row, const bool writes)
{
    size_t H = g->H;
    float *saved = g->saved + row * g->saved_stride;
    float *z = saved + H, *n = saved + 2 * H;
    const float *h_prev = g->h_prev + row * H;
    const float *dh = g->dh + row * g->stride;
    float *dh_prev = prev_of(g, row);

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        float kept = writes ? 1.0f - z[j] : z[j];
        float toward = writes ? n[j] - h_prev[j] : h_prev[j] - n[j];
        n[j] = dh[j] * (1.0f - kept) * (1.0f - n[j] * n[j]);
        z[j] = dh[j] * toward * z[j] * (1.0f - z[j]);
        dh_prev[j] += dh[j] * kept;
    }
}

static void blends_back(const struct gates *g, size_t row)
{
    if (g->update_writes)
        blend_back(g, row, true);
    else
        blend_back(g, row, false);
}

static void gru_after_back(const struct gates *g)
{
    size_t H = g->H;

    for (size_t row = 0; row < g->rows; row++) {
        float *saved = g->saved + row * g->saved_stride;
        float *r = saved, *q = saved + 3 * H;
        const float *a_n = saved + 2 * H;
        blends_back(g, row);
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            float a_r = a_n[j] * q[j] * r[j] * (1.0f - r[j]);
            q[j] = a_n[j] * r[j];
            r[j] = a_r;
        }
    }
}

static void gru_before_back(const struct gates *g)
{
    for (size_t row = 0; row < g->rows; row++)
        blends_back(g, row);
}

static void gru_reset_back(const struct gates *g)
{
    size_t H = g->H;

    for (size_t row = 0; row < g->rows; row++) {
        float *r = g->saved + row * g->saved_stride;
        const float *p = g->drh + row * H, *h_prev = g->h_prev + row * H;
        float *dh_prev = prev_of(g, row);
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            dh_prev[j] += p[j] * r[j];
            r[j] = p[j] * h_prev[j] * r[j] * (1.0f - r[j]);
        }
    }
}
