/*
 * Long short-term memory (Hochreiter and Schmidhuber 1997) with the forget gate of Gers et
 * al. 2000; no peepholes.
 *
 *     i  = sigmoid(W_i x + b_i + U_i h + c_i)       input
 *     f  = sigmoid(W_f x + b_f + U_f h + c_f)       forget
 *     g  = tanh   (W_g x + b_g + U_g h + c_g)       candidate
 *     o  = sigmoid(W_o x + b_o + U_o h + c_o)       output
 *     s' = f * s + i * g                            memory
 *     h' = o * tanh(s')
 *
 * Gates are stored in PyTorch's order i, f, g, o.
 *
 *     W [4H][E]    U [4H][H]    b, c [4H]    x [B_t][E]    h, s [B_t][H]
 *
 * Backward, from dh' and ds' (a_* is the gradient before the gate's nonlinearity):
 *
 *     ds' += dh' * o * (1 - tanh(s')^2)
 *     a_i  = ds' * g * i * (1 - i)        a_f = ds' * s * f * (1 - f)
 *     a_g  = ds' * i * (1 - g*g)          a_o = dh' * tanh(s') * o * (1 - o)
 *     ds   = ds' * f
 *     dx   = a W     dW += a' x     db += column sums
 *     dh   = a U     dU += a' h     dc += column sums
 *
 * saved: i, f, g, o, tanh(s'), s.
 */
#include <string.h>

#include "math/gemm.h"
#include "net/cell.h"

static void forward(struct cell_step *s)
{
    size_t H = s->H, GH = 4 * H;

    memcpy(s->work, s->gx, s->rows * GH * sizeof *s->work);
    for (size_t row = 0; row < s->rows; row++)
        for (size_t j = 0; j < GH; j++)
            s->work[row * GH + j] += s->c[j];
    gemm_nn(s->rows, GH, H, s->h_prev, H, s->u_t, GH, 1.0f, s->work, GH);
    for (size_t row = 0; row < s->rows; row++) {
        const float *work = s->work + row * GH;
        float *i = s->saved + row * 6 * H, *f = i + H, *g = f + H, *o = g + H;
        float *tanh_s = o + H, *s_prev = tanh_s + H, *memory = s->c_state + row * H;
        for (size_t j = 0; j < H; j++) {
            i[j] = logistic(work[j]);
            f[j] = logistic(work[H + j]);
            g[j] = squash(work[2 * H + j]);
            o[j] = logistic(work[3 * H + j]);
            s_prev[j] = memory[j];
            memory[j] = f[j] * memory[j] + i[j] * g[j];
            tanh_s[j] = squash(memory[j]);
            s->h[row * H + j] = o[j] * tanh_s[j];
        }
    }
}

static void backward(struct cell_step *s)
{
    size_t H = s->H, GH = 4 * H;

    for (size_t row = 0; row < s->rows; row++) {
        const float *i = s->saved + row * 6 * H, *f = i + H, *g = f + H, *o = g + H;
        const float *tanh_s = o + H, *s_prev = tanh_s + H, *dh = s->dh + row * H;
        float *a = s->dgx + row * GH, *ds = s->dc + row * H;
        for (size_t j = 0; j < H; j++) {
            float d = ds[j] + dh[j] * o[j] * (1.0f - tanh_s[j] * tanh_s[j]);
            a[j] = d * g[j] * i[j] * (1.0f - i[j]);
            a[H + j] = d * s_prev[j] * f[j] * (1.0f - f[j]);
            a[2 * H + j] = d * i[j] * (1.0f - g[j] * g[j]);
            a[3 * H + j] = dh[j] * tanh_s[j] * o[j] * (1.0f - o[j]);
            ds[j] = d * f[j];
        }
    }
    gemm_nn(s->rows, H, GH, s->dgx, GH, s->u, H, 0.0f, s->dh, H);
}

const struct cell cell_lstm = {CELL_LSTM, 6, forward, backward};
