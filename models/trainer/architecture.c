/*
 * The texts that describe each cell.  The equations are those of engine/train/cell_rnn.c,
 * cell_lstm.c, cell_gru.c, engine/infer/self_attention.h and attention.h, which state their sources
 * and shapes.
 */
#include "architecture.h"

static const struct {
    const char *list, *names[4];
} gates[] = {
    [CELL_RNN] = {.list = "h", .names = {"h"}},
    [CELL_LSTM] = {.list = "i, f, g, o", .names = {"i", "f", "g", "o"}},
    [CELL_GRU] = {.list = "r, z, n", .names = {"r", "z", "n"}},
};

const char *architecture_gate(const struct spec *spec, uint32_t gate)
{
    return gates[spec->cell].names[gate];
}

const char *architecture_gates(const struct spec *spec)
{
    return gates[spec->cell].list;
}

const char *architecture_cell(const struct spec *spec)
{
    static const char *const gru[2][2] = {
        [RESET_BEFORE] = {[UPDATE_KEEP] = "gru, reset before the recurrent product, z is "
                                          "the fraction kept",
                          [UPDATE_WRITE] = "gru, reset before the recurrent product, z "
                                           "is the fraction written"},
        [RESET_AFTER] = {[UPDATE_KEEP] = "gru, reset after the recurrent product, z is "
                                         "the fraction kept",
                         [UPDATE_WRITE] = "gru, reset after the recurrent product, z is "
                                          "the fraction written"},
    };
    if (spec->cell == CELL_GRU)
        return gru[spec->reset][spec->update];
    if (spec->cell == CELL_ATTENTION)
        return "self-attention, causal, with the layer norm first";
    return spec->cell == CELL_LSTM ? "lstm, forget gate, no peepholes" : "plain rnn";
}

size_t architecture_equations(const struct spec *spec,
                              const char *lines[ARCHITECTURE_EQUATIONS])
{
    size_t count = 0;
    switch (spec->cell) {
    case CELL_RNN:
        lines[count++] = "h' = tanh(W x + b_ih + U h + b_hh)";
        break;
    case CELL_LSTM:
        lines[count++] = "i  = sigmoid(W_i x + b_ih_i + U_i h + b_hh_i)       input gate";
        lines[count++] =
            "f  = sigmoid(W_f x + b_ih_f + U_f h + b_hh_f)       forget gate";
        lines[count++] = "g  = tanh   (W_g x + b_ih_g + U_g h + b_hh_g)       candidate";
        lines[count++] =
            "o  = sigmoid(W_o x + b_ih_o + U_o h + b_hh_o)       output gate";
        lines[count++] = "c' = f * c + i * g                                  cell state";
        lines[count++] = "h' = o * tanh(c')";
        break;
    case CELL_GRU:
        lines[count++] = "r  = sigmoid(W_r x + b_ih_r + U_r h + b_hh_r)       reset gate";
        lines[count++] =
            "z  = sigmoid(W_z x + b_ih_z + U_z h + b_hh_z)       update gate";
        lines[count++] =
            spec->reset == RESET_AFTER
                ? "n  = tanh(W_n x + b_ih_n + r * (U_n h + b_hh_n))    candidate"
                : "n  = tanh(W_n x + b_ih_n + U_n (r * h) + b_hh_n)    candidate";
        lines[count++] = spec->update == UPDATE_KEEP ? "h' = (1 - z) * n + z * h"
                                                     : "h' = (1 - z) * h + z * n";
        break;
    case CELL_ATTENTION:
        lines[count++] = "x  = W input + b                                  first, then "
                         "in each layer:";
        lines[count++] =
            "[q ; k ; v] = W_qkv norm1(x) + b_qkv              of each event";
        lines[count++] = "s_i = q . k_i / sqrt(d) - a (t - i) - b (c_t - c_i)  a head's "
                         "score of event i";
        lines[count++] = "o  = sum of v_i exp(s_i) / sum of exp(s_i)        all heads "
                         "together: [H]";
        lines[count++] = "x  = x + W_o o + b_o";
        lines[count++] = "x  = x + W_2 relu(W_1 norm2(x) + b_1) + b_2";
        lines[count++] = "h' = norm(x)                                      after the "
                         "last layer";
        break;
    }
    if (spec->head == HEAD_ATTENTION) {
        lines[count++] = "s  = q . tanh(W_a h + b_a)                          score";
        lines[count++] = "a  = exp(s) / sum of exp(s) over the events so far  weight";
        lines[count++] = "c  = sum of a h over them; logits = V [h ; c] + v   context";
    }
    return count;
}

/* How many biases only occur in a sum with another bias. */
static size_t count_redundant_biases(const struct spec *spec)
{
    size_t gate_count = triage_spec_gates(spec);
    if (spec->cell == CELL_GRU && spec->reset == RESET_AFTER)
        gate_count--; /* n: r multiplies b_hh_n, but not b_ih_n */
    return gate_count * spec->hidden * spec->layers * spec->directions;
}

size_t architecture_parameters(const struct model *model, size_t *stored)
{
    *stored = 0;
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        struct tensor_view tensor = triage_model_tensor(model, i);
        *stored += (size_t)tensor.rows * tensor.columns;
    }
    size_t redundant = count_redundant_biases(triage_model_spec(model));
    if (triage_model_task(model) == TASK_CONTINUE) /* an encoder and a decoder */
        redundant *= 2;
    return *stored - triage_model_members(model) * redundant;
}
