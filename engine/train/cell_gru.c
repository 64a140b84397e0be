/*
 * Gated recurrent unit with both conventions of reset and of update.  Compiled once per
 * instruction set (infer/vectors.h).
 *
 *     r  = sigmoid(W_r x + b_ih_r + U_r h + b_hh_r)       reset gate
 *     z  = sigmoid(W_z x + b_ih_z + U_z h + b_hh_z)       update gate
 *
 *     reset after:   q = U_n h + b_hh_n
 *                    n = tanh(W_n x + b_ih_n + r * q)     candidate
 *     reset before:  n = tanh(W_n x + b_ih_n + U_n (r * h) + b_hh_n)
 *
 *     update keep:   h' = (1 - z) * n + z * h
 *     update write:  h' = (1 - z) * h + z * n
 *
 * Reset before is Cho et al. 2014 (arXiv:1406.1078).  Reset after is cuDNN and PyTorch ("linear
 * before reset" in oneDNN); there the three recurrent products do not depend on each other.
 * Update keep is Cho, PyTorch, Keras and ONNX; update write is Chung et al. 2014
 * (arXiv:1412.3555).  The gates are in the order r, z, n.
 *
 *     W [3H][E]    U [3H][H]    b_ih, b_hh [3H]    x [B_t][E]    h [B_t][H]
 *
 * Backward, from dh' (a_* is the gradient of a gate's sum), for update keep.  For write, exchange
 * z and 1 - z, and change the sign of a_z:
 *
 *     a_n = dh' * (1 - z) * (1 - n*n)
 *     a_z = dh' * (h - n) * z * (1 - z)
 *
 *     after:   a_r = a_n * q * r * (1 - r)
 *              dh  = dh' * z + [a_r a_z a_n*r] U
 *              dU += [a_r a_z a_n*r]^T h        db_hh += column sums of the same
 *     before:  p   = a_n U_n                    (the gradient of r * h)
 *              a_r = p * h * r * (1 - r)
 *              dh  = dh' * z + p * r + [a_r a_z] U_rz
 *              dU_rz += [a_r a_z]^T h    dU_n += a_n^T (r * h)    db_hh += column sums
 *
 *     dx = [a_r a_z a_n] W    dW += [a_r a_z a_n]^T x    db_ih += column sums of a
 *
 * saved, four floats per unit: r, z and n (before forward the sums, after backward a_r, a_z and
 * a_n), and a fourth:
 *
 *     after:   q; after backward a_n*r
 *     before:  r * h
 */
#include "train/cell.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "infer/vectors.h"
#include "train/training_kernels.h"
#include "train/training_weights.h"

/* Keep: h' = n + z (h - n).  Write: h' = h + z (n - h). */
INLINE float gru_blend(const enum update update, float z, float n, float h)
{
    return update == UPDATE_WRITE ? fmaf(z, n - h, h) : fmaf(z, h - n, n);
}

/* The next three functions are inlined with a constant update: else gcc does not vectorise. */
INLINE void gru_after_row(const struct cell_step *step, size_t row,
                          const enum update update)
{
    size_t H = step->H;
    float *saved = step->saved + row * step->saved_stride;
    float *r = saved, *z = saved + H, *n = saved + 2 * H;
    const float *q = saved + 3 * H, *h_prev = step->h_prev + row * H;
    float *h = step->h + row * step->stride;

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        r[j] = sigmoid_f(r[j]);
        z[j] = sigmoid_f(z[j]);
        n[j] = tanh_f(fmaf(r[j], q[j], n[j]));
        h[j] = gru_blend(update, z[j], n[j], h_prev[j]);
    }
}

INLINE void gru_before_row(const struct cell_step *step, size_t row,
                           const enum update update)
{
    size_t H = step->H;
    float *saved = step->saved + row * step->saved_stride;
    float *z = saved + H, *n = saved + 2 * H;
    const float *h_prev = step->h_prev + row * H;
    float *h = step->h + row * step->stride;

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        z[j] = sigmoid_f(z[j]);
        n[j] = tanh_f(n[j]);
        h[j] = gru_blend(update, z[j], n[j], h_prev[j]);
    }
}

/* Set a_z and a_n, and add the first term of dh: dh' * z. */
INLINE void gru_blend_back_row(const struct cell_step *step, size_t row,
                               const enum update update)
{
    size_t H = step->H;
    float *saved = step->saved + row * step->saved_stride;
    float *z = saved + H, *n = saved + 2 * H;
    const float *h_prev = step->h_prev + row * H;
    const float *dh = step->dh + row * step->stride;
    float *dh_prev = cell_dh_prev(step, row);

    INDEPENDENT
    for (size_t j = 0; j < H; j++) {
        float kept = update == UPDATE_WRITE ? 1.0f - z[j] : z[j];
        float toward = update == UPDATE_WRITE ? n[j] - h_prev[j] : h_prev[j] - n[j];
        n[j] = dh[j] * (1.0f - kept) * (1.0f - n[j] * n[j]);
        z[j] = dh[j] * toward * z[j] * (1.0f - z[j]);
        dh_prev[j] += dh[j] * kept;
    }
}

static void gru_forward_after(const struct cell_step *step)
{
    size_t H = step->H;

    step->kernels->product(step->rows_prev, H, H, step->h_prev, H, step->parts[1].forward,
                           step->saved + 3 * H, step->saved_stride); /* q */
    for (size_t row = 0; row < step->rows; row++)
        if (step->update == UPDATE_WRITE)
            gru_after_row(step, row, UPDATE_WRITE);
        else
            gru_after_row(step, row, UPDATE_KEEP);
}

static void gru_forward_before(const struct cell_step *step)
{
    size_t H = step->H;

    for (size_t row = 0; row < step->rows; row++) {
        float *saved = step->saved + row * step->saved_stride;
        float *r = saved, *rh = saved + 3 * H;
        const float *h_prev = step->h_prev + row * H;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            r[j] = sigmoid_f(r[j]);
            rh[j] = r[j] * h_prev[j];
        }
    }
    step->kernels->product(step->rows_prev, H, H, step->saved + 3 * H, step->saved_stride,
                           step->parts[1].forward, step->saved + 2 * H,
                           step->saved_stride); /* n */
    for (size_t row = 0; row < step->rows; row++)
        if (step->update == UPDATE_WRITE)
            gru_before_row(step, row, UPDATE_WRITE);
        else
            gru_before_row(step, row, UPDATE_KEEP);
}

static void gru_forward(const struct cell_step *step)
{
    size_t H = step->H;

    step->kernels->product(step->rows_prev, 2 * H, H, step->h_prev, H,
                           step->parts[0].forward, step->saved,
                           step->saved_stride); /* r and z */
    if (step->reset == RESET_AFTER)
        gru_forward_after(step);
    else
        gru_forward_before(step);
}

static void gru_backward_after(const struct cell_step *step)
{
    size_t H = step->H;

    for (size_t row = 0; row < step->rows; row++) {
        float *saved = step->saved + row * step->saved_stride;
        float *r = saved, *q = saved + 3 * H;
        const float *a_n = saved + 2 * H;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            float a_r = a_n[j] * q[j] * r[j] * (1.0f - r[j]);
            q[j] = a_n[j] * r[j];
            r[j] = a_r;
        }
    }
    step->kernels->product(step->rows_prev, H, 2 * H, step->saved, step->saved_stride,
                           step->parts[0].back, step->dh_prev, step->stride);
    step->kernels->product(step->rows_prev, H, H, step->saved + 3 * H, step->saved_stride,
                           step->parts[1].back, step->dh_prev, step->stride);
}

static void gru_backward_before(const struct cell_step *step)
{
    size_t H = step->H;

    memset(step->drh, 0, step->rows * H * sizeof *step->drh);
    step->kernels->product(step->rows_prev, H, H, step->saved + 2 * H, step->saved_stride,
                           step->parts[1].back, step->drh, H);
    for (size_t row = 0; row < step->rows; row++) {
        float *r = step->saved + row * step->saved_stride;
        const float *p = step->drh + row * H, *h_prev = step->h_prev + row * H;
        float *dh_prev = cell_dh_prev(step, row);
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            dh_prev[j] += p[j] * r[j];
            r[j] = p[j] * h_prev[j] * r[j] * (1.0f - r[j]);
        }
    }
    step->kernels->product(step->rows_prev, H, 2 * H, step->saved, step->saved_stride,
                           step->parts[0].back, step->dh_prev, step->stride);
}

static void gru_backward(const struct cell_step *step)
{
    for (size_t row = 0; row < step->rows; row++)
        if (step->update == UPDATE_WRITE)
            gru_blend_back_row(step, row, UPDATE_WRITE);
        else
            gru_blend_back_row(step, row, UPDATE_KEEP);
    if (step->reset == RESET_AFTER)
        gru_backward_after(step);
    else
        gru_backward_before(step);
}

const struct cell OF_SET(cell_gru_) = {
    .saved = 4, .forward = gru_forward, .backward = gru_backward};
