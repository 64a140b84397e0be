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

/* Of a layer; an LSTM has c. */
struct layer_state {
    float h[MAX_UNITS], c[MAX_UNITS];
};

/*
 * Run a layer over a history.  below: its inputs, NULL for the first layer; above
 * [length][stride].  state is that before the history, then that after it.
 */
static void run_layer(const struct layer *layer, const struct history *history,
                      bool is_reverse, const float *below, float *above, size_t stride,
                      struct layer_state *state)
{
    const struct schema *schema = layer->model->schema;
    float *h = state->h, *c = state->c, gx[MAX_UNITS];
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

/* ---- self-attention ---------------------------------------------------------------------------- */

/* Sixteen sums of every sixteenth number, then their sum. */
static double add_sixteen(const float *x, size_t count, bool squares)
{
    float sums[16] = {0.0f};
    double sum = 0.0;
    for (size_t j = 0; j < count; j++)
        sums[j % 16] = squares ? fmaf(x[j], x[j], sums[j % 16]) : sums[j % 16] + x[j];
    for (size_t lane = 0; lane < 16; lane++)
        sum += (double)sums[lane];
    return sum;
}

static void normalise(const float *x, const float *weight, const float *bias, size_t H,
                      float *y)
{
    float mean = (float)(add_sixteen(x, H, false) / (double)H);
    for (size_t j = 0; j < H; j++)
        y[j] = x[j] - mean;
    double variance = add_sixteen(y, H, true) / (double)H;
    float inverse = (float)(1.0 / sqrt(variance + 1e-5));
    for (size_t j = 0; j < H; j++)
        y[j] = fmaf(y[j] * inverse, weight[j], bias[j]);
}

/* The clock of each event, in 1024ths of log1p(seconds). */
static uint32_t *run_clock(const struct schema *schema, const struct history *history)
{
    uint32_t *clocks = calloc(history->length, sizeof *clocks);
    uint32_t place = 0, F = schema_inputs(schema);
    while (place < schema->time_count && schema->times[place].kind != TIME_SINCE_PREVIOUS)
        place++;
    for (uint32_t t = 1; t < history->length && place < schema->time_count; t++) {
        const struct scale *scale = &schema->times[place].scale;
        float x = history->values[(size_t)t * F + 2 * schema->numbers + place];
        float pause = fmaf(x, scale->scale, scale->mean);
        pause = pause > 0.0f ? pause < 64.0f ? pause : 64.0f : 0.0f;
        clocks[t] = clocks[t - 1] + (uint32_t)fmaf(pause, 1024.0f, 0.5f);
    }
    return clocks;
}

/* One head for the event t: qkv is [T][3H] and starts at the head's queries; out [d]. */
static void run_head(const struct spec *spec, const float *qkv, const uint32_t *clocks,
                     uint32_t t, float slope, float time_slope, float *out)
{
    const size_t H = spec->hidden, d = H / spec->heads;
    const float scale = (float)(1.0 / sqrt((double)d));
    const uint32_t first = t < spec->window ? 0 : t - spec->window + 1;
    float *weights = calloc(t + 1, sizeof *weights), largest = -INFINITY;
    float sums[16] = {0.0f};
    for (uint32_t i = first; i <= t; i++) {
        const float *q = qkv + t * 3 * H, *k = qkv + i * 3 * H + H;
        float ticks = (float)(int32_t)(clocks[t] - clocks[i]);
        float score = fmaf(-(time_slope / 1024.0f), ticks, -slope * (float)(t - i));
        for (size_t j = 0; j < d; j++)
            score = fmaf(q[j] * scale, k[j], score);
        weights[i] = score;
        largest = fmaxf(largest, score);
    }
    for (uint32_t i = first; i <= t; i++) {
        weights[i] = exp_f(weights[i] - largest);
        sums[i % 16] += weights[i];
    }
    float inverse = (float)(1.0 / add_sixteen(sums, 16, false));
    for (size_t j = 0; j < d; j++) {
        float parts[4] = {0.0f};
        for (uint32_t i = first; i <= t; i++)
            parts[i % 4] = fmaf(weights[i], qkv[i * 3 * H + 2 * H + j], parts[i % 4]);
        out[j] = ((parts[0] + parts[1]) + (parts[2] + parts[3])) * inverse;
    }
    free(weights);
}

/* One layer of self-attention, on x [length][H]. */
static void run_block(const struct trained_model *model, uint32_t l,
                      const uint32_t *clocks, uint32_t length, float *x)
{
    const struct spec *spec = &model->spec;
    const size_t H = spec->hidden, P = triage_spec_feed_forward(spec),
                 d = H / spec->heads;
    float *qkv = calloc(length, 3 * H * sizeof *qkv),
          *part = calloc(2 * H + P, sizeof *part);
    float *norm = part + H, *hidden = norm + H;
    const float *of[BLOCK_ROLES];
    for (int role = 0; role < BLOCK_ROLES; role++)
        of[role] = trained_model_floats(
            model, tensors_block(&model->tensors, l, (enum block_role)role));
    for (uint32_t t = 0; t < length; t++) {
        normalise(x + t * H, of[NORM1_WEIGHT], of[NORM1_BIAS], H, norm);
        for (size_t j = 0; j < 3 * H; j++)
            qkv[t * 3 * H + j] = chain(of[IN_BIAS][j], of[IN_WEIGHT] + j * H, norm, H);
    }
    for (uint32_t t = 0; t < length; t++, x += H) {
        for (size_t a = 0; a < spec->heads; a++)
            run_head(spec, qkv + a * d, clocks, t, of[INDEX_SLOPE][a], of[TIME_SLOPE][a],
                     norm + a * d);
        for (size_t j = 0; j < H; j++)
            part[j] = chain(of[OUT_BIAS][j], of[OUT_WEIGHT] + j * H, norm, H);
        for (size_t j = 0; j < H; j++)
            x[j] = x[j] + part[j];
        normalise(x, of[NORM2_WEIGHT], of[NORM2_BIAS], H, norm);
        for (size_t j = 0; j < P; j++)
            hidden[j] = fmaxf(
                0.0f, chain(of[LINEAR1_BIAS][j], of[LINEAR1_WEIGHT] + j * H, norm, H));
        for (size_t j = 0; j < H; j++)
            part[j] = chain(of[LINEAR2_BIAS][j], of[LINEAR2_WEIGHT] + j * P, hidden, P);
        for (size_t j = 0; j < H; j++)
            x[j] = x[j] + part[j];
    }
    free(part);
    free(qkv);
}

/* The states [length][H] after every event; free() them. */
static float *run_self_attention(const struct trained_model *model,
                                 const struct history *history)
{
    const struct tensor_list *tensors = &model->tensors;
    const struct schema *schema = model->schema;
    const size_t H = model->spec.hidden;
    const struct layer input = {
        .model = model,
        .w = trained_model_floats(model, tensors_input(tensors, 0, INPUT_WEIGHT)),
        .b_ih = trained_model_floats(model, tensors_input(tensors, 0, INPUT_BIAS)),
        .in = tensors->input_width,
        .resets_after = true}; /* one bias */
    float *states = calloc(history->length, H * sizeof *states);
    uint32_t *clocks = run_clock(schema, history);
    for (uint32_t t = 0; t < history->length; t++)
        for (size_t j = 0; j < H; j++)
            states[t * H + j] = event_input(
                &input, history->ids + (size_t)t * schema->categories,
                history->values ? history->values + (size_t)t * schema_inputs(schema)
                                : NULL,
                j);
    for (uint32_t l = 0; l < model->spec.layers; l++)
        run_block(model, l, clocks, history->length, states);
    for (uint32_t t = 0; t < history->length; t++)
        normalise(states + t * H, trained_model_floats(model, tensors_norm(tensors)),
                  trained_model_floats(model, tensors_norm_bias(tensors)), H,
                  states + t * H);
    free(clocks);
    return states;
}

/* ---- the head ---------------------------------------------------------------------------------- */

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
    const bool is_recurrent = trained->spec.cell != CELL_ATTENTION;
    float *below = is_recurrent ? NULL : run_self_attention(trained, history);
    for (uint32_t l = 0; l < trained->spec.layers && is_recurrent; l++) {
        float *above = calloc(history->length, width * sizeof *above);
        for (uint32_t d = 0; d < trained->spec.directions; d++) {
            struct layer layer = layer_of(trained, l, d);
            struct layer_state zero = {.h = {0}};
            run_layer(&layer, history, d == 1, below, above + d * H, width, &zero);
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

/* Run all layers of a network of one direction; the states [L] are those before and after it. */
static void run_layers(const struct trained_model *network, const struct history *history,
                       struct layer_state *states)
{
    const size_t H = network->spec.hidden;
    float *below = NULL;
    for (uint32_t l = 0; l < network->spec.layers; l++) {
        float *above = calloc(history->length, H * sizeof *above);
        struct layer layer = layer_of(network, l, 0);
        run_layer(&layer, history, false, below, above, H, &states[l]);
        free(below);
        below = above;
    }
    free(below);
}

void reference_continue(const struct model *model, const struct history *history,
                        const uint32_t *names, uint32_t count, float *probabilities)
{
    const struct trained_model encoder = trained_model_encoder(model->trained);
    const struct trained_model decoder = trained_model_decoder(model->trained);
    struct layer_state *states = calloc(encoder.spec.layers, sizeof *states);
    uint32_t *ids = calloc((size_t)count + 1, sizeof *ids);
    ids[0] = SCHEMA_MISSING; /* the start */
    for (uint32_t i = 0; i < count; i++)
        ids[i + 1] = names[i];
    const struct history read = {.ids = ids, .length = count + 1};
    run_layers(&encoder, history, states);
    run_layers(&decoder, &read, states);
    softmax_head(&decoder, states[decoder.spec.layers - 1].h, decoder.spec.hidden,
                 probabilities);
    free(states);
    free(ids);
}
