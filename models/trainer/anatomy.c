/*
 * See anatomy.h.  The equations are those that stand above the code in engine/net/cell_*.c,
 * where their sources are.
 */
#include "anatomy.h"

static const struct {
    const char *list, *names[4];
} gates[] = {
    [CELL_RNN] = {"h", {"h"}},
    [CELL_LSTM] = {"i, f, g, o", {"i", "f", "g", "o"}},
    [CELL_GRU] = {"r, z, n", {"r", "z", "n"}},
};

const char *anatomy_gate(const struct spec *spec, uint32_t gate)
{
    return gates[spec->cell].names[gate];
}

const char *anatomy_gates(const struct spec *spec)
{
    return gates[spec->cell].list;
}

const char *anatomy_convention(const struct spec *spec)
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
    return spec->cell == CELL_LSTM ? "lstm, forget gate, no peepholes" : "plain rnn";
}

static size_t gru_equations(const struct spec *spec, const char **lines)
{
    lines[0] = "r  = sigmoid(W_r x + b_r + U_r h + c_r)       reset";
    lines[1] = "z  = sigmoid(W_z x + b_z + U_z h + c_z)       update";
    lines[2] = spec->reset == RESET_AFTER
                   ? "n  = tanh(W_n x + b_n + r * (U_n h + c_n))    candidate"
                   : "n  = tanh(W_n x + b_n + U_n (r * h) + c_n)    candidate";
    lines[3] = spec->update == UPDATE_KEEP ? "h' = (1 - z) * n + z * h"
                                           : "h' = (1 - z) * h + z * n";
    return 4;
}

static size_t lstm_equations(const char **lines)
{
    lines[0] = "i  = sigmoid(W_i x + b_i + U_i h + c_i)       input";
    lines[1] = "f  = sigmoid(W_f x + b_f + U_f h + c_f)       forget";
    lines[2] = "g  = tanh   (W_g x + b_g + U_g h + c_g)       candidate";
    lines[3] = "o  = sigmoid(W_o x + b_o + U_o h + c_o)       output";
    lines[4] = "s' = f * s + i * g                            memory";
    lines[5] = "h' = o * tanh(s')";
    return 6;
}

size_t anatomy_equations(const struct spec *spec, const char *lines[ANATOMY_EQUATIONS])
{
    if (spec->cell == CELL_GRU)
        return gru_equations(spec, lines);
    if (spec->cell == CELL_LSTM)
        return lstm_equations(lines);
    lines[0] = "h' = tanh(W x + b + U h + c)";
    return 1;
}

/* Pairs of numbers that are only ever added. */
static size_t doubled_biases(const struct spec *spec)
{
    size_t count = triage_spec_gates(spec);

    if (spec->cell == CELL_GRU && spec->reset == RESET_AFTER)
        count = 2; /* the candidate's are not added to one another */
    return count * spec->hidden * spec->layers * spec->directions;
}

size_t anatomy_parameters(const struct model *model, size_t *stored)
{
    *stored = 0;
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        struct tensor_view tensor = triage_model_tensor(model, i);
        *stored += (size_t)tensor.rows * tensor.columns;
    }
    return *stored - doubled_biases(triage_model_spec(model));
}
