#include "support/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "infer/model.h"

enum { MAX_UNITS = 4096 };

/* start + sum over k of w[k] x[k], k ascending, one chain of fused multiply-adds. */
static float chain(float start, const float *w, const float *x, size_t count)
{
    for (size_t k = 0; k < count; k++)
        start = fmaf(x[k], w[k], start);
    return start;
}

/* One layer in one direction. */
struct layer {
    const struct trained_model *model;
    const float *w, *u, *b_ih, *b_hh; /* [G*H][in], [G*H][H], [G*H], [G*H] */
    size_t in, H, GH;
    bool resets_after; /* GRU: b_hh of the candidate is added to the recurrent product */
};

static struct layer layer_of(const struct trained_model *model, uint32_t layer,
                             uint32_t direction)
{
    const float *tensors[4];
    for (int role = WEIGHT_IH; role <= BIAS_HH; role++)
        tensors[role] = trained_model_floats(
            model,
            tensors_recurrent(&model->tensors, layer, direction, (enum tensor_role)role));
    size_t H = model->spec.hidden;
    return (struct layer){
        .model = model,
        .w = tensors[WEIGHT_IH],
        .u = tensors[WEIGHT_HH],
        .b_ih = tensors[BIAS_IH],
        .b_hh = tensors[BIAS_HH],
        .in = layer == 0 ? model->tensors.input_width : model->spec.directions * H,
        .H = H,
        .GH = triage_spec_gates(&model->spec) * H,
        .resets_after = model->spec.cell == CELL_GRU && model->spec.reset == RESET_AFTER};
}

/* The bias of row j of the gates. */
static float bias(const struct layer *layer, size_t j)
{
    return layer->resets_after && j >= 2 * layer->H ? layer->b_ih[j]
                                                    : layer->b_ih[j] + layer->b_hh[j];
}

/* The bias and the input of row j from one event: fields in schema order, then numbers. */
static float event_input(const struct layer *layer, const uint32_t *ids,
                         const float *values, size_t j)
{
    const struct trained_model *model = layer->model;
    uint32_t K = model->schema->categories, F = schema_inputs(model->schema);
    size_t E = model->spec.embedding, column = 0;
    const float *w = layer->w + j * layer->in;
    float sum = 0.0f;
    for (uint32_t k = 0; k < K; k++) {
        float field = 0.0f;
        if (E > 0) {
            const float *embedding =
                trained_model_floats(model, tensors_embedding(&model->tensors, k));
            field = chain(0.0f, w, embedding + ids[k] * E, E);
        } else if (ids[k] >= SCHEMA_FIRST) {
            field = w[column + ids[k] - SCHEMA_FIRST];
        }
        sum = k == 0 ? bias(layer, j) + field : sum + field;
        column += schema_rows(model->schema, k) - SCHEMA_FIRST;
    }
    return chain(sum, w + layer->in - F, values, F);
}

static float update(const struct layer *layer, float z, float n, float h)
{
    return layer->model->spec.update == UPDATE_WRITE ? fmaf(z, n - h, h)
                                                     : fmaf(z, h - n, n);
}

/* One step with the inputs gx [G*H]; h and c [H] are old before and new after. */
static void step(const struct layer *layer, const float *gx, float *h, float *c)
{
    const size_t H = layer->H;
    float old[MAX_UNITS], reset[MAX_UNITS];
    memcpy(old, h, H * sizeof *h);
#define GATE(g, start, state) chain(start, layer->u + ((g)*H + j) * H, state, H)
    for (size_t j = 0; j < H; j++)
        reset[j] = sigmoid_f(GATE(0, gx[j], old)) * old[j];
    for (size_t j = 0; j < H; j++)
        if (layer->model->spec.cell == CELL_RNN) {
            h[j] = tanh_f(GATE(0, gx[j], old));
        } else if (layer->model->spec.cell == CELL_LSTM) {
            float i = sigmoid_f(GATE(0, gx[j], old));
            float f = sigmoid_f(GATE(1, gx[H + j], old));
            float g = tanh_f(GATE(2, gx[2 * H + j], old));
            c[j] = fmaf(f, c[j], i * g);
            h[j] = sigmoid_f(GATE(3, gx[3 * H + j], old)) * tanh_f(c[j]);
        } else {
            float r = sigmoid_f(GATE(0, gx[j], old));
            float z = sigmoid_f(GATE(1, gx[H + j], old));
            float n = layer->resets_after
                          ? fmaf(r, GATE(2, layer->b_hh[2 * H + j], old), gx[2 * H + j])
                          : GATE(2, gx[2 * H + j], reset);
            h[j] = update(layer, z, tanh_f(n), old[j]);
        }
#undef GATE
}

/*
 * Run a layer over a history.  below: its inputs, NULL for the first layer; above
 * [length][stride].
 */
static void run_layer(const struct layer *layer, const struct history *history,
                      bool is_reverse, const float *below, float *above, size_t stride)
{
    const struct schema *schema = layer->model->schema;
    float h[MAX_UNITS] = {0}, c[MAX_UNITS] = {0}, gx[MAX_UNITS];
    for (uint32_t i = 0; i < history->length; i++) {
        uint32_t t = is_reverse ? history->length - 1 - i : i;
        const uint32_t *ids = history->ids + (size_t)t * schema->categories;
        const float *values =
            history->values ? history->values + (size_t)t * schema_inputs(schema) : NULL;
        for (size_t j = 0; j < layer->GH; j++)
            gx[j] = below ? chain(bias(layer, j), layer->w + j * layer->in,
                                  below + t * layer->in, layer->in)
                          : event_input(layer, ids, values, j);
        step(layer, gx, h, c);
        memcpy(above + t * stride, h, layer->H * sizeof *h);
    }
}

static void softmax_head(const struct trained_model *model, const float *state,
                         size_t width, float *probabilities)
{
    const size_t C = model->action_count;
    const float *w = trained_model_floats(model, tensors_head(&model->tensors));
    const float *b = trained_model_floats(model, tensors_head_bias(&model->tensors));
    float inverse = 1.0f / model->temperature, largest = -INFINITY, sum = 0.0f;
    for (size_t c = 0; c < C; c++) {
        probabilities[c] = chain(b[c], w + c * width, state, width) * inverse;
        largest = fmaxf(largest, probabilities[c]);
    }
    for (size_t c = 0; c < C; c++) {
        probabilities[c] = exp_f(probabilities[c] - largest);
        sum += probabilities[c];
    }
    for (size_t c = 0; c < C; c++)
        probabilities[c] /= sum;
}

/* The context [H] of the attention head after all states [length][H]. */
static void run_attention(const struct trained_model *model, const float *states,
                          uint32_t length, float *context)
{
    const struct tensor_list *tensors = &model->tensors;
    const size_t H = model->spec.hidden;
    const float *parts[ATTENTION_ROLES];
    float largest = 0.0f, hidden[MAX_UNITS];
    double sum = 0.0;
    for (int role = 0; role < ATTENTION_ROLES; role++)
        parts[role] = trained_model_floats(
            model, tensors_attention(tensors, (enum attention_role)role));
    memset(context, 0, H * sizeof *context);
    for (uint32_t t = 0; t < length; t++, states += H) {
        for (size_t j = 0; j < H; j++)
            hidden[j] = tanh_f(chain(parts[ATTENTION_BIAS][j],
                                     parts[ATTENTION_WEIGHT] + j * H, states, H));
        float score = chain(0.0f, parts[ATTENTION_QUERY], hidden, H), weight = 1.0f;
        if (t == 0 || score > largest) {
            sum = t == 0 ? 1.0 : sum * (double)exp_f(largest - score) + 1.0;
            largest = score;
        } else {
            weight = exp_f(score - largest);
            sum += (double)weight;
        }
        float share = (float)((double)weight / sum);
        for (size_t j = 0; j < H; j++)
            context[j] = fmaf(share, states[j] - context[j], context[j]);
    }
}

void reference_run(const struct model *model, const struct history *history,
                   float *probabilities, float *state)
{
    const struct trained_model *trained = model->trained;
    size_t H = trained->spec.hidden, width = trained->spec.directions * H;
    float *below = NULL;
    for (uint32_t l = 0; l < trained->spec.layers; l++) {
        float *above = calloc(history->length, width * sizeof *above);
        for (uint32_t d = 0; d < trained->spec.directions; d++) {
            struct layer layer = layer_of(trained, l, d);
            run_layer(&layer, history, d == 1, below, above + d * H, width);
        }
        free(below);
        below = above;
    }
    float final[2 * MAX_UNITS];
    memcpy(final, below + (size_t)(history->length - 1) * width, H * sizeof *final);
    memcpy(final + H, below + H, (width - H) * sizeof *final);
    if (trained->spec.head == HEAD_ATTENTION) {
        run_attention(trained, below, history->length, final + H);
        width += H;
    }
    free(below);
    if (state)
        memcpy(state, final, width * sizeof *state);
    softmax_head(trained, final, width, probabilities);
}
