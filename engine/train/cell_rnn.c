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
 * saved, one number a unit: W x + b + c + U h, then h', then a.
 */
#include "train/cell.h"

static void forward(struct cell_step *s)
{
    cell_product(s, &s->parts[0]);
    s->kernels->rnn(&s->gates);
}

static void backward(struct cell_step *s)
{
    s->kernels->rnn_back(&s->gates);
    cell_product_back(s, &s->parts[0]);
}

const struct cell cell_rnn = {CELL_RNN, 1, forward, backward};
