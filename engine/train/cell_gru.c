/*
 * Gated recurrent unit, both conventions of reset and both of update.
 *
 *     r  = sigmoid(W_r x + b_r + U_r h + c_r)              reset
 *     z  = sigmoid(W_z x + b_z + U_z h + c_z)              update
 *
 *     reset after:   q = U_n h + c_n
 *                    n = tanh(W_n x + b_n + r * q)         candidate
 *     reset before:  n = tanh(W_n x + b_n + U_n (r * h) + c_n)
 *
 *     update keep:   h' = (1 - z) * n + z * h
 *     update write:  h' = (1 - z) * h + z * n
 *
 * Reset before is Cho et al. 2014 (arXiv:1406.1078); after is cuDNN's and PyTorch's ("linear
 * before reset" in oneDNN), which makes one of the three recurrent products.  Keep is Cho's,
 * PyTorch's, Keras' and ONNX's; write is Chung et al. 2014 (arXiv:1412.3555).  Gates are
 * stored in the order r, z, n.
 *
 *     W [3H][E]    U [3H][H]    b, c [3H]    x [B_t][E]    h [B_t][H]
 *
 * Backward, from dh' (a_* is the gradient before the gate's nonlinearity), for keep; for
 * write z and 1 - z change places and dz its sign:
 *
 *     a_n = dh' * (1 - z) * (1 - n*n)
 *     a_z = dh' * (h - n) * z * (1 - z)
 *
 *     after:   a_r = a_n * q * r * (1 - r)
 *              dh  = dh' * z + [a_r a_z a_n*r] U
 *              dU += [a_r a_z a_n*r]' h           dc += column sums of the same
 *     before:  p   = a_n U_n                      (gradient of r * h)
 *              a_r = p * h * r * (1 - r)
 *              dh  = dh' * z + p * r + [a_r a_z] U_rz
 *              dU_rz += [a_r a_z]' h    dU_n += a_n' (r * h)    dc += column sums
 *
 *     dx = [a_r a_z a_n] W    dW += [a_r a_z a_n]' x    db += column sums
 *
 * saved, four numbers a unit: r, z, n (first their sums, in the end a), and in the fourth
 *     after:   q, in the end a_n*r
 *     before:  r * h
 */
#include <string.h>

#include "train/cell.h"

static void forward_after(struct cell_step *s)
{
    cell_product(s, &s->parts[0]);
    cell_product(s, &s->parts[1]);
    s->kernels->gru_after(&s->gates);
}

static void forward_before(struct cell_step *s)
{
    const struct gates *g = &s->gates;
    const struct weights_part *candidate = &s->parts[1];

    cell_product(s, &s->parts[0]);
    s->kernels->gru_reset(g);
    s->kernels->product(g->rows_prev, g->H, g->H, g->saved + 3 * g->H, g->saved_stride,
                        candidate->forward, g->saved + candidate->column,
                        g->saved_stride);
    s->kernels->gru_before(g);
}

static void forward(struct cell_step *s)
{
    if (s->resets_before)
        forward_before(s);
    else
        forward_after(s);
}

static void backward_after(struct cell_step *s)
{
    s->kernels->gru_after_back(&s->gates);
    cell_product_back(s, &s->parts[0]);
    cell_product_back(s, &s->parts[1]);
}

static void backward_before(struct cell_step *s)
{
    struct gates *g = &s->gates;
    const struct weights_part *candidate = &s->parts[1];

    s->kernels->gru_before_back(g);
    memset(s->work, 0, g->rows * g->H * sizeof *s->work);
    s->kernels->product(g->rows_prev, g->H, g->H, g->saved + candidate->column,
                        g->saved_stride, candidate->back, s->work, g->H);
    g->drh = s->work;
    s->kernels->gru_reset_back(g);
    cell_product_back(s, &s->parts[0]);
}

static void backward(struct cell_step *s)
{
    if (s->resets_before)
        backward_before(s);
    else
        backward_after(s);
}

const struct cell cell_gru = {CELL_GRU, 4, forward, backward};
