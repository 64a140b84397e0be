#include "support/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "infer/model.h"

enum { FLOATS_MOST = 4096 };

/* start + sum over k of w[k] x[k], k ascending, one chain of fused multiply-adds. */
static float chain(float start, const float *w, const float *x, size_t count)
{
    for (size_t k = 0; k < count; k++)
        start = fmaf(x[k], w[k], start);
    return start;
}

/* One layer in one direction. */
struct layer {
    const struct model *model;
    const float *w, *u, *b_ih, *b_hh; /* [G*H][in], [G*H][H], [G*H], [G*H] */
    size_t in, H, GH;
    bool resets_after; /* GRU: b_hh of the candidate is added to the recurrent product */
};

static struct layer layer_of(const struct model *model, uint32_t l, uint32_t d)
{
    const float *tensors[4];

    for (int role = WEIGHT_IH; role <= BIAS_HH; role++)
        tensors[role] = trained_model_floats(
            model->trained,
            tensors_recurrent(&model->trained->tensors, l, d, (enum tensor_role)role));
    size_t H = model->trained->spec.hidden;
    return (struct layer){.model = model,
                          .w = tensors[WEIGHT_IH],
                          .u = tensors[WEIGHT_HH],
                          .b_ih = tensors[BIAS_IH],
                          .b_hh = tensors[BIAS_HH],
                          .in = l == 0 ? model->trained->tensors.input_width
                                       : model->trained->spec.directions * H,
                          .H = H,
                          .GH = triage_spec_gates(&model->trained->spec) * H,
                          .resets_after = model->trained->spec.cell == CELL_GRU &&
                                          model->trained->spec.reset == RESET_AFTER};
}

static float bias(const struct layer *layer, size_t j)
{
    return layer->resets_after && j >= 2 * layer->H ? layer->b_ih[j]
                                                    : layer->b_ih[j] + layer->b_hh[j];
}

/* The input of gate j from one event: fields in schema order, then numbers. */
static float event_input(const struct layer *layer, const uint32_t *ids,
                         const float *values, size_t j)
{
    const struct model *model = layer->model;
    uint32_t K = model->trained->schema->categories,
             F = schema_inputs(model->trained->schema);
    size_t E = model->trained->spec.embedding, column = 0;
    const float *w = layer->w + j * layer->in;
    float sum = 0.0f;

    for (uint32_t k = 0; k < K; k++) {
        uint32_t rows = schema_rows(model->trained->schema, k);
        float field = 0.0f;
        if (E > 0)
            field = chain(
                0.0f, w,
                trained_model_floats(model->trained,
                                     tensors_embedding(&model->trained->tensors, k)) +
                    ids[k] * E,
                E);
        else if (ids[k] >= SCHEMA_FIRST)
            field = w[column + ids[k] - SCHEMA_FIRST];
        sum = k == 0 ? bias(layer, j) + field : sum + field;
        column += rows - SCHEMA_FIRST;
    }
    return chain(sum, w + layer->in - F, values, F);
}

static float blend(const struct model *model, float z, float n, float h)
{
    return model->trained->spec.update == UPDATE_WRITE ? fmaf(z, n - h, h)
                                                       : fmaf(z, h - n, n);
}

/* One step: gx [G*H] in, h and c [H] from old to new. */
static void step(const struct layer *layer, const float *gx, float *h, float *c)
{
    size_t H = layer->H;
    float old[FLOATS_MOST], reset[FLOATS_MOST], q;

    memcpy(old, h, H * sizeof *h);
#define GATE(g, from, state) chain(from, layer->u + ((g)*H + j) * H, state, H)
    for (size_t j = 0; j < H; j++)
        reset[j] = sigmoid_f(GATE(0, gx[j], old)) * old[j];
    for (size_t j = 0; j < H; j++)
        if (layer->model->trained->spec.cell == CELL_RNN) {
            h[j] = tanh_f(GATE(0, gx[j], old));
        } else if (layer->model->trained->spec.cell == CELL_LSTM) {
            float i = sigmoid_f(GATE(0, gx[j], old)),
                  f = sigmoid_f(GATE(1, gx[H + j], old));
            float g = tanh_f(GATE(2, gx[2 * H + j], old));
            c[j] = fmaf(f, c[j], i * g);
            h[j] = sigmoid_f(GATE(3, gx[3 * H + j], old)) * tanh_f(c[j]);
        } else {
            float r = sigmoid_f(GATE(0, gx[j], old)),
                  z = sigmoid_f(GATE(1, gx[H + j], old));
            if (layer->resets_after)
                q = fmaf(r, GATE(2, layer->b_hh[2 * H + j], old), gx[2 * H + j]);
            else
                q = GATE(2, gx[2 * H + j], reset);
            h[j] = blend(layer->model, z, tanh_f(q), old[j]);
        }
#undef GATE
}

/* Run a layer: below [length][in], NULL for the first layer, to above [length], stride apart. */
static void run_layer(const struct layer *layer, const struct history *history,
                      bool is_reverse, const float *below, float *above, size_t stride)
{
    const struct schema *schema = layer->model->trained->schema;
    float h[FLOATS_MOST] = {0}, c[FLOATS_MOST] = {0}, gx[FLOATS_MOST];

    for (uint32_t i = 0; i < history->length; i++) {
        uint32_t t = is_reverse ? history->length - 1 - i : i;
        const uint32_t *ids = history->ids + (size_t)t * schema->categories;
        const float *values = history->values == NULL
                                  ? NULL
                                  : history->values + (size_t)t * schema_inputs(schema);
        for (size_t j = 0; j < layer->GH; j++)
            gx[j] = !below ? event_input(layer, ids, values, j)
                           : chain(bias(layer, j), layer->w + j * layer->in,
                                   below + t * layer->in, layer->in);
        step(layer, gx, h, c);
        memcpy(above + t * stride, h, layer->H * sizeof *h);
    }
}

static void answer(const struct model *model, const float *final, float *probabilities)
{
    size_t C = model->trained->action_count, width = triage_model_state_size(model);
    const float *w =
        trained_model_floats(model->trained, tensors_head(&model->trained->tensors));
    const float *b =
        trained_model_floats(model->trained, tensors_head_bias(&model->trained->tensors));
    float inverse = 1.0f / model->trained->temperature, largest = -INFINITY, sum = 0.0f;

    for (size_t c = 0; c < C; c++) {
        probabilities[c] = chain(b[c], w + c * width, final, width) * inverse;
        largest = fmaxf(largest, probabilities[c]);
    }
    for (size_t c = 0; c < C; c++)
        sum += probabilities[c] = exp_f(probabilities[c] - largest);
    for (size_t c = 0; c < C; c++)
        probabilities[c] /= sum;
}

void reference_run(const struct model *model, const struct history *history,
                   float *probabilities, float *state)
{
    size_t H = model->trained->spec.hidden, width = triage_model_state_size(model);
    float *below = NULL, *above, final[2 * FLOATS_MOST];

    for (uint32_t l = 0; l < model->trained->spec.layers; l++) {
        above = calloc(history->length, width * sizeof *above);
        for (uint32_t d = 0; d < model->trained->spec.directions; d++) {
            struct layer layer = layer_of(model, l, d);
            run_layer(&layer, history, d == 1, below, above + d * H, width);
        }
        free(below);
        below = above;
    }
    memcpy(final, below + (size_t)(history->length - 1) * width, H * sizeof *final);
    memcpy(final + H, below + H, (width - H) * sizeof *final);
    free(below);
    if (state != NULL)
        memcpy(state, final, width * sizeof *state);
    answer(model, final, probabilities);
}
