/*
 * Long short-term memory (Hochreiter and Schmidhuber 1997) with the forget gate of Gers et al.
 * 2000; no peepholes.  Compiled once per instruction set (infer/vectors.h).
 *
 *     i  = sigmoid(W_i x + b_ih_i + U_i h + b_hh_i)       input gate
 *     f  = sigmoid(W_f x + b_ih_f + U_f h + b_hh_f)       forget gate
 *     g  = tanh   (W_g x + b_ih_g + U_g h + b_hh_g)       candidate
 *     o  = sigmoid(W_o x + b_ih_o + U_o h + b_hh_o)       output gate
 *     c' = f * c + i * g                                  cell state
 *     h' = o * tanh(c')
 *
 * The gates are in PyTorch's order i, f, g, o.
 *
 *     W [4H][E]    U [4H][H]    b_ih, b_hh [4H]    x [B_t][E]    h, c [B_t][H]
 *
 * Backward, from dh' and dc' (a_* is the gradient of a gate's sum):
 *
 *     dc' += dh' * o * (1 - tanh(c')^2)
 *     a_i  = dc' * g * i * (1 - i)        a_f = dc' * c * f * (1 - f)
 *     a_g  = dc' * i * (1 - g*g)          a_o = dh' * tanh(c') * o * (1 - o)
 *     dc   = dc' * f
 *     dx   = a W     dW += a^T x    db_ih += column sums of a
 *     dh   = a U     dU += a^T h    db_hh += column sums of a
 *
 * saved, six floats per unit: i, f, g, o (before forward the sums, after backward a), tanh(c'), c.
 */
#include "train/cell.h"

#include <math.h>

#include "base/elementary.h"
#include "infer/vectors.h"
#include "train/training_kernels.h"
#include "train/training_weights.h"

static void lstm_forward(const struct cell_step *step)
{
    size_t H = step->H;

    step->kernels->product(step->rows_prev, 4 * H, H, step->h_prev, H,
                           step->parts[0].forward, step->saved, step->saved_stride);
    for (size_t row = 0; row < step->rows; row++) {
        float *saved = step->saved + row * step->saved_stride;
        float *i = saved, *f = saved + H, *g = saved + 2 * H, *o = saved + 3 * H;
        float *tanh_c = saved + 4 * H, *c_prev = saved + 5 * H;
        float *c = step->c + row * H, *h = step->h + row * step->stride;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            i[j] = sigmoid_f(i[j]);
            f[j] = sigmoid_f(f[j]);
            g[j] = tanh_f(g[j]);
            o[j] = sigmoid_f(o[j]);
            c_prev[j] = c[j];
            c[j] = fmaf(f[j], c[j], i[j] * g[j]);
            tanh_c[j] = tanh_f(c[j]);
            h[j] = o[j] * tanh_c[j];
        }
    }
}

static void lstm_backward(const struct cell_step *step)
{
    size_t H = step->H;

    for (size_t row = 0; row < step->rows; row++) {
        float *saved = step->saved + row * step->saved_stride;
        float *i = saved, *f = saved + H, *g = saved + 2 * H, *o = saved + 3 * H;
        const float *tanh_c = saved + 4 * H, *c_prev = saved + 5 * H;
        const float *dh = step->dh + row * step->stride;
        float *dc = step->dc + row * H;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            float dc_next = dc[j] + dh[j] * o[j] * (1.0f - tanh_c[j] * tanh_c[j]);
            float a_i = dc_next * g[j] * i[j] * (1.0f - i[j]);
            float a_g = dc_next * i[j] * (1.0f - g[j] * g[j]);
            dc[j] = dc_next * f[j];
            f[j] = dc_next * c_prev[j] * f[j] * (1.0f - f[j]);
            o[j] = dh[j] * tanh_c[j] * o[j] * (1.0f - o[j]);
            i[j] = a_i;
            g[j] = a_g;
        }
    }
    step->kernels->product(step->rows_prev, H, 4 * H, step->saved, step->saved_stride,
                           step->parts[0].back, step->dh_prev, step->stride);
}

const struct cell OF_SET(cell_lstm_) = {
    .saved = 6, .forward = lstm_forward, .backward = lstm_backward};
