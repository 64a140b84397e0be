/*
 * Plain recurrent cell (Elman 1990), tanh.
 *
 *     h' = tanh(W x + b + U h + c)
 *
 *     W [H][E]    U [H][H]    b, c [H]    x [B_t][E]    h [B_t][H]
 *
 * Backward, from dh' (a is the gradient before tanh):
 *
 *     a  = dh' * (1 - h'*h')
 *     dx = a W     dW += a' x     db += column sums
 *     dh = a U     dU += a' h     dc += column sums
 *
 * saved: h'.
 */
#include <string.h>

#include "math/gemm.h"
#include "net/cell.h"

static void forward(struct cell_step *s)
{
    size_t count = s->rows * s->H;

    memcpy(s->work, s->gx, count * sizeof *s->work);
    for (size_t row = 0; row < s->rows; row++)
        for (size_t j = 0; j < s->H; j++)
            s->work[row * s->H + j] += s->c[j];
    gemm_nn(s->rows, s->H, s->H, s->h_prev, s->H, s->u_t, s->H, 1.0f, s->work, s->H);
    for (size_t i = 0; i < count; i++)
        s->saved[i] = s->h[i] = squash(s->work[i]);
}

static void backward(struct cell_step *s)
{
    for (size_t i = 0; i < s->rows * s->H; i++)
        s->dgx[i] = s->dh[i] * (1.0f - s->saved[i] * s->saved[i]);
    gemm_nn(s->rows, s->H, s->H, s->dgx, s->H, s->u, s->H, 0.0f, s->dh, s->H);
}

const struct cell cell_rnn = {CELL_RNN, 1, forward, backward};
