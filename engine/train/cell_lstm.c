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
 * saved, six numbers a unit: i, f, g, o (first their sums, in the end a), tanh(s'), s.
 */
#include "train/cell.h"

static void forward(struct cell_step *s)
{
    cell_product(s, &s->parts[0]);
    s->kernels->lstm(&s->gates);
}

static void backward(struct cell_step *s)
{
    s->kernels->lstm_back(&s->gates);
    cell_product_back(s, &s->parts[0]);
}

const struct cell cell_lstm = {CELL_LSTM, 6, forward, backward};
