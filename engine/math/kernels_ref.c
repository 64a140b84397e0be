/*
 * The definition of an answer's bits: scalar, in a stated order, to be read beside the
 * equations in net/cell_*.c.  Named "portable", for it runs everywhere.
 */
#include "math/kernels.h"

#include <math.h>
#include <string.h>

#include "math/elementary.h"

/* y[j] += sum over k of x[k] w[k][j], k ascending; stride is the length of w's rows. */
static void chain(size_t in, size_t out, size_t stride, const float *w, const float *x,
                  float *y)
{
    for (size_t k = 0; k < in; k++)
        for (size_t j = 0; j < out; j++)
            y[j] = fmaf(x[k], w[k * stride + j], y[j]);
}

static void product(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y)
{
    for (size_t row = 0; row < rows; row++)
        chain(in, out, out, w, x[row], y[row]);
}

static void rnn_step(size_t rows, const struct recurrence *cell, const float *const *gx,
                     float *h, float *work)
{
    size_t H = cell->hidden;

    for (size_t row = 0; row < rows; row++, h += H) {
        memcpy(work, gx[row], H * sizeof *work);
        chain(H, H, H, cell->u, h, work);
        for (size_t j = 0; j < H; j++)
            h[j] = tanh_f(work[j]);
    }
}

/* keep: h' = n + z (h - n); write: h' = h + z (n - h). */
static float blend(bool update_writes, float z, float n, float h)
{
    return update_writes ? fmaf(z, n - h, h) : fmaf(z, h - n, n);
}

static void gru_after_step(size_t rows, const struct recurrence *cell,
                           const float *const *gx, float *h, float *work)
{
    size_t H = cell->hidden;

    for (size_t row = 0; row < rows; row++, h += H) {
        const float *x = gx[row];
        memcpy(work, x, 2 * H * sizeof *work);
        memcpy(work + 2 * H, cell->c_n, H * sizeof *work);
        chain(H, 3 * H, 3 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++) {
            float r = sigmoid_f(work[j]);
            float z = sigmoid_f(work[H + j]);
            float n = tanh_f(fmaf(r, work[2 * H + j], x[2 * H + j]));
            h[j] = blend(cell->update_writes, z, n, h[j]);
        }
    }
}

static void gru_before_step(size_t rows, const struct recurrence *cell,
                            const float *const *gx, float *h, float *work)
{
    size_t H = cell->hidden;
    float *z = work + H, *n = work + 2 * H;

    for (size_t row = 0; row < rows; row++, h += H) {
        memcpy(work, gx[row], 3 * H * sizeof *work);
        chain(H, 2 * H, 3 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++)
            work[j] = sigmoid_f(work[j]) * h[j];
        chain(H, H, 3 * H, cell->u + 2 * H, work, n);
        for (size_t j = 0; j < H; j++)
            h[j] = blend(cell->update_writes, sigmoid_f(z[j]), tanh_f(n[j]), h[j]);
    }
}

static void lstm_step(size_t rows, const struct recurrence *cell, const float *const *gx,
                      float *h, float *c, float *work)
{
    size_t H = cell->hidden;

    for (size_t row = 0; row < rows; row++, h += H, c += H) {
        memcpy(work, gx[row], 4 * H * sizeof *work);
        chain(H, 4 * H, 4 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++) {
            float i = sigmoid_f(work[j]);
            float f = sigmoid_f(work[H + j]);
            float g = tanh_f(work[2 * H + j]);
            float o = sigmoid_f(work[3 * H + j]);
            c[j] = fmaf(f, c[j], i * g);
            h[j] = o * tanh_f(c[j]);
        }
    }
}

const struct kernels kernels_portable = {
    .name = "portable",
    .product = product,
    .rnn_step = rnn_step,
    .gru_after_step = gru_after_step,
    .gru_before_step = gru_before_step,
    .lstm_step = lstm_step,
};
