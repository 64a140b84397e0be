/*
 * The definition of an answer's bits (numerics 1; tanhs and move_mean: numerics 3): scalar, in a
 * stated order.  It runs everywhere and is named "portable".
 *
 * x is an event's input, h the old state, W, U the weights and b_ih, b_hh the biases of a gate.
 * gx is W x + b_ih + b_hh of each gate; the candidate of a GRU that resets after the product has
 * W x + b_ih only.  engine/train/cell_*.c has the sources of the equations.
 *
 * Packed weights are the transpose, [in][out].
 */
#include "infer/kernels.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return gates * units * in;
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    size_t out = gates * units;

    for (size_t j = 0; j < out; j++)
        for (size_t k = 0; k < in; k++)
            packed[k * out + j] = w[j * stride + k];
}

/* y[j] <- y[j] + sum over k of x[k] w[k][j], k ascending */
static void chain(size_t in, size_t out, const float *w, const float *x, float *y)
{
    for (size_t k = 0; k < in; k++)
        for (size_t j = 0; j < out; j++)
            y[j] = fmaf(x[k], w[k * out + j], y[j]);
}

static void product(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y)
{
    for (size_t row = 0; row < rows; row++)
        chain(in, out, w, x[row], y[row]);
}

static void add(size_t count, size_t length, const float *const *terms, float *sum)
{
    for (size_t j = 0; j < length; j++) {
        float total = terms[0][j];
        for (size_t i = 1; i < count; i++)
            total += terms[i][j];
        sum[j] = total;
    }
}

static void exponentials(size_t count, float largest, float *x)
{
    for (size_t j = 0; j < count; j++)
        x[j] = exp_f(x[j] - largest);
}

static void tanhs(size_t count, float *x)
{
    for (size_t j = 0; j < count; j++)
        x[j] = tanh_f(x[j]);
}

static void move_mean(size_t count, float share, const float *x, float *mean)
{
    for (size_t j = 0; j < count; j++)
        mean[j] = fmaf(share, x[j] - mean[j], mean[j]);
}

/* h' = tanh(gx + U h) */
static void rnn_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        memcpy(work, rows->gx[row], H * sizeof *work);
        chain(H, H, cell->u, rows->h[row], work);
        for (size_t j = 0; j < H; j++)
            rows->next[row][j] = tanh_f(work[j]);
    }
}

/* keep: h' = n + z (h - n); write: h' = h + z (n - h) */
static float blend(bool update_writes, float z, float n, float h)
{
    return update_writes ? fmaf(z, n - h, h) : fmaf(z, h - n, n);
}

/*
 * r = sigmoid(gx_r + U_r h)    z = sigmoid(gx_z + U_z h)    q = b_hh_n + U_n h
 * n = tanh(gx_n + r q)         h' = blend(z, n, h)
 */
static void gru_after_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        const float *x = rows->gx[row], *h = rows->h[row];
        memcpy(work, x, 2 * H * sizeof *work);
        memcpy(work + 2 * H, cell->b_hh_n, H * sizeof *work);
        chain(H, 3 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++) {
            float r = sigmoid_f(work[j]);
            float z = sigmoid_f(work[H + j]);
            float n = tanh_f(fmaf(r, work[2 * H + j], x[2 * H + j]));
            rows->next[row][j] = blend(cell->update_writes, z, n, h[j]);
        }
    }
}

/*
 * r = sigmoid(gx_r + U_r h)    z = sigmoid(gx_z + U_z h)
 * n = tanh(gx_n + U_n (r h))   h' = blend(z, n, h)
 */
static void gru_before_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work, *z = work + H, *n = work + 2 * H;

    for (size_t row = 0; row < rows->count; row++) {
        const float *h = rows->h[row];
        memcpy(work, rows->gx[row], 3 * H * sizeof *work);
        chain(H, 2 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++)
            work[j] = sigmoid_f(work[j]) * h[j];
        chain(H, H, cell->u_n, work, n);
        for (size_t j = 0; j < H; j++)
            rows->next[row][j] =
                blend(cell->update_writes, sigmoid_f(z[j]), tanh_f(n[j]), h[j]);
    }
}

/*
 * i = sigmoid(gx_i + U_i h)    f = sigmoid(gx_f + U_f h)    g = tanh(gx_g + U_g h)
 * o = sigmoid(gx_o + U_o h)    c' = f c + i g               h' = o tanh(c')
 */
static void lstm_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        float *c = rows->c[row];
        memcpy(work, rows->gx[row], 4 * H * sizeof *work);
        chain(H, 4 * H, cell->u, rows->h[row], work);
        for (size_t j = 0; j < H; j++) {
            float i = sigmoid_f(work[j]);
            float f = sigmoid_f(work[H + j]);
            float g = tanh_f(work[2 * H + j]);
            float o = sigmoid_f(work[3 * H + j]);
            c[j] = fmaf(f, c[j], i * g);
            rows->next[row][j] = o * tanh_f(c[j]);
        }
    }
}

const struct kernels kernels_portable = {
    .name = "portable",
    .is_exact = true,
    .rows = 8,
    .packed_floats = packed_floats,
    .pack = pack,
    .product = product,
    .add = add,
    .exponentials = exponentials,
    .tanhs = tanhs,
    .move_mean = move_mean,
    .rnn_step = rnn_step,
    .gru_after_step = gru_after_step,
    .gru_before_step = gru_before_step,
    .lstm_step = lstm_step,
};
