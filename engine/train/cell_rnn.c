/*
 * Plain recurrent cell (Elman 1990) with tanh.  Compiled once per instruction set
 * (infer/vectors.h).
 *
 *     h' = tanh(W x + b_ih + U h + b_hh)
 *
 *     W [H][E]    U [H][H]    b_ih, b_hh [H]    x [B_t][E]    h [B_t][H]
 *
 * Backward, from dh' (a is the gradient of the sum):
 *
 *     a  = dh' * (1 - h'*h')
 *     dx = a W     dW += a^T x    db_ih += column sums of a
 *     dh = a U     dU += a^T h    db_hh += column sums of a
 *
 * saved, one float per unit: before forward the sum, after forward h', after backward a.
 */
#include "train/cell.h"

#include <math.h>

#include "base/elementary.h"
#include "infer/vectors.h"
#include "train/training_kernels.h"
#include "train/training_weights.h"

static void rnn_forward(const struct cell_step *step)
{
    size_t H = step->H;

    step->kernels->product(step->rows_prev, H, H, step->h_prev, H, step->parts[0].forward,
                           step->saved, step->saved_stride);
    for (size_t row = 0; row < step->rows; row++) {
        float *a = step->saved + row * step->saved_stride;
        float *h = step->h + row * step->stride;
        INDEPENDENT
        for (size_t j = 0; j < H; j++) {
            a[j] = tanh_f(a[j]);
            h[j] = a[j];
        }
    }
}

static void rnn_backward(const struct cell_step *step)
{
    size_t H = step->H;

    for (size_t row = 0; row < step->rows; row++) {
        float *a = step->saved + row * step->saved_stride;
        const float *dh = step->dh + row * step->stride;
        INDEPENDENT
        for (size_t j = 0; j < H; j++)
            a[j] = dh[j] * (1.0f - a[j] * a[j]);
    }
    step->kernels->product(step->rows_prev, H, H, step->saved, step->saved_stride,
                           step->parts[0].back, step->dh_prev, step->stride);
}

const struct cell OF_SET(cell_rnn_) = {
    .saved = 1, .forward = rnn_forward, .backward = rnn_backward};
