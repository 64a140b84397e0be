/*
 * The network in training: forward from the inputs to the head, layer by layer, and backward from
 * the head to the inputs.
 */
#include "train/network.h"

#include <assert.h>
#include <string.h>

#include "train/gemm.h"

/* D*H */
static size_t state_width(const struct network_run *run)
{
    return (size_t)run->model->spec.directions * run->model->spec.hidden;
}

static const float *params_of(const struct network_run *run, const struct tensor *tensor)
{
    return run->weights->params + tensor->offset;
}

/* ---- forward ------------------------------------------------------------------------- */

/* The sums of a layer above the first: bias + x W^T for all events at once. */
static void fill_from_layer_below(const struct network_run *run, const float *x,
                                  struct rnn_layer *layer)
{
    const struct layer_weights *weights = layer->weights;
    size_t N = run->batch->events, width = weights->x_width;
    size_t GH = triage_spec_gates(layer->spec) * layer->spec->hidden;

    for (size_t event = 0; event < N; event++)
        memcpy(layer->saved + event * layer->saved_width, weights->bias,
               GH * sizeof *weights->bias);
    run->kernels->product(N, GH, width, x, width, weights->x_forward, layer->saved,
                          layer->saved_width);
}

static enum status forward_layer(struct network_run *run, uint32_t l, uint32_t d,
                                 float *h, struct error *err)
{
    uint32_t D = run->model->spec.directions;
    struct rnn_layer *layer = &run->layers[l * D + d];

    *layer = (struct rnn_layer){.spec = &run->model->spec,
                                .batch = run->batch,
                                .kernels = run->kernels,
                                .weights = &run->weights->layers[l * D + d],
                                .is_reverse = d == 1,
                                .h = h + d * run->model->spec.hidden,
                                .stride = state_width(run)};
    if (run->begins) {
        layer->h_start = run->begins->h[l];
        layer->c_start = run->begins->c[l];
    }
    if (run->sets && run->sets->c[l]) {
        layer->c = arena_floats(run->arena, run->batch->events, layer->spec->hidden);
        if (!layer->c)
            return error_no_memory(err);
    }
    RETURN_IF_ERROR(rnn_layer_start(layer, run->arena, err));
    if (l == 0) {
        run->sums[d] = (struct input_sums){
            .d = d, .sums = layer->saved, .width = layer->saved_width};
        inputs_forward(&run->inputs, run->sums[d]);
    } else
        fill_from_layer_below(run, run->layer_inputs[l], layer);
    return rnn_layer_forward(layer, run->arena, err);
}

/* The states of a layer after the events where a decoder begins, before dropout. */
static void gather_start_states(const struct network_run *run, uint32_t l, const float *h)
{
    const struct start_states *sets = run->sets;
    size_t H = run->model->spec.hidden;

    for (size_t s = 0; sets && s < sets->count; s++) {
        size_t event = sets->events[s];
        memcpy(sets->h[l] + s * H, h + event * H, H * sizeof *h);
        if (sets->c[l])
            memcpy(sets->c[l] + s * H, run->layers[l].c + event * H, H * sizeof *h);
    }
}

static enum status forward_layers(struct network_run *run, struct dropout dropout,
                                  struct error *err)
{
    const struct spec *spec = &run->model->spec;
    size_t N = run->batch->events, width = state_width(run);

    for (uint32_t l = 0; l < spec->layers; l++) {
        float *h = arena_floats(run->arena, N, width);
        if (!h)
            return error_no_memory(err);
        run->layer_inputs[l] = run->states;
        for (uint32_t d = 0; d < spec->directions; d++)
            RETURN_IF_ERROR(forward_layer(run, l, d, h, err));
        gather_start_states(run, l, h);
        if (l + 1 < spec->layers)
            RETURN_IF_ERROR(dropout_apply(dropout, h, N * width, &run->layer_masks[l],
                                          run->arena, err));
        run->states = h;
    }
    assert(run->states); /* there is at least one layer */
    return STATUS_OK;
}

static enum status forward_self_attention(struct network_run *run, struct dropout dropout,
                                          struct error *err)
{
    size_t N = run->batch->events, H = run->model->spec.hidden;
    float *x = arena_floats(run->arena, N, H);

    run->states = arena_floats(run->arena, N, H);
    if (!x || !run->states)
        return error_no_memory(err);
    run->sums[0] = (struct input_sums){.sums = x, .width = H};
    inputs_forward(&run->inputs, run->sums[0]);
    return self_attention_forward(&run->self, run->weights, run->batch, dropout, x,
                                  run->states, run->arena, err);
}

static bool has_attention(const struct network_run *run)
{
    return run->model->spec.head == HEAD_ATTENTION;
}

/* The event after which row m of the head's inputs is read. */
static size_t head_event(const struct network_run *run, size_t m)
{
    return run->is_final ? packed_batch_last(run->batch, (uint32_t)m) : m;
}

/*
 * Copy what the head is applied to: all states, or only the final state of each row.  The forward
 * half of a final state is at the last event of the row, the backward half at the first.  With an
 * attention head, the context at the last event follows.
 */
static void gather_head_inputs(const struct network_run *run)
{
    size_t H = run->model->spec.hidden, width = state_width(run);

    for (size_t m = 0; m < run->logit_rows; m++) {
        size_t event = head_event(run, m), backward = run->is_final ? m : event;
        float *to = run->head_inputs + m * run->head_width;
        memcpy(to, run->states + event * width, H * sizeof *to);
        if (width > H)
            memcpy(to + H, run->states + backward * width + H, H * sizeof *to);
        if (has_attention(run))
            memcpy(to + width, run->attention.contexts + event * H, H * sizeof *to);
    }
}

static enum status forward_head(struct network_run *run, struct dropout dropout,
                                struct error *err)
{
    size_t M = run->is_final ? run->batch->rows : run->batch->events;
    size_t C = run->model->action_count, width = run->head_width;
    const float *bias = params_of(run, tensors_head_bias(&run->model->tensors));

    run->logit_rows = M;
    if (has_attention(run))
        RETURN_IF_ERROR(attention_forward(&run->attention, run->weights, run->batch,
                                          run->states, run->arena, err));
    run->head_inputs = arena_floats(run->arena, M, width);
    run->logits = arena_floats(run->arena, M, C);
    if (!run->head_inputs || !run->logits)
        return error_no_memory(err);
    gather_head_inputs(run);
    RETURN_IF_ERROR(dropout_apply(dropout, run->head_inputs, M * width, &run->head_mask,
                                  run->arena, err));
    for (size_t m = 0; m < M; m++)
        memcpy(run->logits + m * C, bias, C * sizeof *run->logits);
    run->kernels->product(M, C, width, run->head_inputs, width,
                          run->weights->head_forward, run->logits, C);
    return STATUS_OK;
}

enum status network_forward_packed(struct network_run *run,
                                   const struct training_weights *weights,
                                   const struct packed_batch *batch,
                                   struct network_options options, struct arena *arena,
                                   struct error *err)
{
    const struct trained_model *model = weights->model;
    /* The second direction has read the whole history, so its states belong to no prefix. */
    assert((!options.after_every_event && !options.begins && !options.sets) ||
           model->spec.directions == 1);
    *run = (struct network_run){.weights = weights,
                                .model = model,
                                .kernels = weights->kernels,
                                .batch = batch,
                                .is_final = model->task == TASK_LAST &&
                                            !options.after_every_event,
                                .head_width = triage_spec_head_width(&model->spec),
                                .arena = arena,
                                .begins = options.begins,
                                .sets = options.sets};
    RETURN_IF_ERROR(inputs_init(&run->inputs, weights, batch, arena, err));
    if (model->spec.cell == CELL_ATTENTION)
        RETURN_IF_ERROR(forward_self_attention(run, options.dropout, err));
    else
        RETURN_IF_ERROR(forward_layers(run, options.dropout, err));
    return weights->head_forward ? forward_head(run, options.dropout, err) : STATUS_OK;
}

enum status start_states_init(struct start_states *states, const struct spec *spec,
                              const size_t *events, size_t count, struct arena *arena,
                              struct error *err)
{
    const bool has_c = spec->cell == CELL_LSTM;
    const size_t bytes = spec->hidden * sizeof(float);

    *states = (struct start_states){.count = count, .events = events};
    for (uint32_t l = 0; l < spec->layers; l++) {
        states->h[l] = arena_array(arena, count, bytes);
        states->dh[l] = arena_array(arena, count, bytes);
        states->c[l] = has_c ? arena_array(arena, count, bytes) : NULL;
        states->dc[l] = has_c ? arena_array(arena, count, bytes) : NULL;
        if (!states->h[l] || !states->dh[l] ||
            (has_c && (!states->c[l] || !states->dc[l])))
            return error_no_memory(err);
    }
    return STATUS_OK;
}

enum status network_forward(struct network_run *run, const struct trained_model *model,
                            const float *params, const struct packed_batch *batch,
                            struct dropout dropout, struct arena *arena,
                            struct error *err)
{
    struct training_weights *weights = arena_alloc(arena, sizeof *weights);
    if (!weights)
        return error_no_memory(err);
    RETURN_IF_ERROR(training_weights_pack(weights, model, params, arena, err));
    const struct network_options options = {.dropout = dropout};
    return network_forward_packed(run, weights, batch, options, arena, err);
}

/* ---- backward ------------------------------------------------------------------------ */

/*
 * The inverse of gather_head_inputs: set the gradients of all states, dh [N][D*H], and of all
 * contexts, dcontexts [N][H] (NULL: there are none).
 */
static void scatter_head_inputs(const struct network_run *run, const float *dhead,
                                float *dh, float *dcontexts)
{
    size_t H = run->model->spec.hidden, N = run->batch->events, width = state_width(run);

    memset(dh, 0, N * width * sizeof *dh);
    for (size_t m = 0; m < run->logit_rows; m++) {
        size_t event = head_event(run, m), backward = run->is_final ? m : event;
        const float *from = dhead + m * run->head_width;
        memcpy(dh + event * width, from, H * sizeof *dh);
        if (width > H)
            memcpy(dh + backward * width + H, from + H, H * sizeof *dh);
        if (dcontexts)
            memcpy(dcontexts + event * H, from + width, H * sizeof *dcontexts);
    }
}

/* Add the gradients of the head, and set dh, the gradients of the states of the last layer. */
static enum status backward_head(struct network_run *run, const float *dlogits,
                                 float *gradients, float *dh, struct error *err)
{
    const struct tensor_list *tensors = &run->model->tensors;
    size_t M = run->logit_rows, C = run->model->action_count, width = run->head_width;
    size_t H = run->model->spec.hidden, N = run->batch->events;
    float *dcontexts = NULL;
    float *dw = gradients + tensors_head(tensors)->offset;
    float *db = gradients + tensors_head_bias(tensors)->offset;
    float *dhead = arena_array(run->arena, M, width * sizeof *dhead);

    if (has_attention(run))
        dcontexts = arena_array(run->arena, N, H * sizeof *dcontexts);
    if (!dhead || (has_attention(run) && !dcontexts))
        return error_no_memory(err);
    run->kernels->add_rows(M, C, dlogits, C, db);
    gemm_tn(run->kernels, C, width, M, dlogits, C, run->head_inputs, width, dw, width);
    run->kernels->product(M, width, C, dlogits, C, run->weights->head_back, dhead, width);
    dropout_mask(run->head_mask, dhead, M * width);
    scatter_head_inputs(run, dhead, dh, dcontexts);
    if (!dcontexts)
        return STATUS_OK;
    return attention_backward(&run->attention, dcontexts, dh, gradients, run->arena, err);
}

/*
 * The gradients beside dh of a layer.  Where a decoder begins, its gradients are added to dh, and to dc.
 */
static enum status join_start_states(const struct network_run *run, uint32_t l, float *dh,
                                     struct rnn_layer_states *states, struct error *err)
{
    const struct start_states *sets = run->sets;
    size_t H = run->model->spec.hidden;
    float *dc = NULL;

    *states = (struct rnn_layer_states){.dc = NULL};
    if (run->begins) {
        states->dh_start = run->begins->dh[l];
        states->dc_start = run->begins->dc[l];
    }
    if (!sets)
        return STATUS_OK;
    if (sets->dc[l]) {
        dc = arena_array(run->arena, run->batch->events, H * sizeof *dc);
        if (!dc)
            return error_no_memory(err);
    }
    for (size_t s = 0; s < sets->count; s++)
        for (size_t j = 0; j < H; j++) {
            size_t at = sets->events[s] * H + j;
            dh[at] += sets->dh[l][s * H + j];
            if (dc)
                dc[at] += sets->dc[l][s * H + j];
        }
    states->dc = dc;
    return STATUS_OK;
}

/* Add the gradients of the weights of one rnn layer.  dh is overwritten. */
static enum status backward_layer(struct network_run *run, uint32_t l, uint32_t d,
                                  float *dh, float *gradients, struct error *err)
{
    const struct tensor_list *tensors = &run->model->tensors;
    const struct rnn_layer *layer = &run->layers[l * run->model->spec.directions + d];
    const struct tensor *w = tensors_recurrent(tensors, l, d, WEIGHT_IH);
    size_t N = run->batch->events, GH = w->rows, in = w->columns;
    const struct rnn_layer_gradients to = {
        .du = gradients + tensors_recurrent(tensors, l, d, WEIGHT_HH)->offset,
        .db_ih = gradients + tensors_recurrent(tensors, l, d, BIAS_IH)->offset,
        .db_hh = gradients + tensors_recurrent(tensors, l, d, BIAS_HH)->offset};

    struct rnn_layer_states states;
    RETURN_IF_ERROR(join_start_states(run, l, dh, &states, err));
    RETURN_IF_ERROR(rnn_layer_backward(layer, dh + d * run->model->spec.hidden, states,
                                       to, run->arena, err));
    if (l == 0)
        return inputs_backward(&run->inputs, run->sums[d], gradients, err);
    gemm_tn(run->kernels, GH, in, N, layer->saved, layer->saved_width,
            run->layer_inputs[l], in, gradients + w->offset, in);
    return STATUS_OK;
}

/* After backward_layer: add the gradient of the inputs of layer l to dx [N][D*H]. */
static void add_input_gradient(const struct network_run *run, uint32_t l, uint32_t d,
                               float *dx)
{
    const struct rnn_layer *layer = &run->layers[l * run->model->spec.directions + d];
    size_t GH = triage_spec_gates(layer->spec) * layer->spec->hidden;
    size_t width = layer->weights->x_width;

    run->kernels->product(run->batch->events, width, GH, layer->saved, layer->saved_width,
                          layer->weights->x_back, dx, width);
}

static enum status backward_self_attention(struct network_run *run, const float *dh,
                                           float *gradients, struct error *err)
{
    size_t N = run->batch->events, H = run->model->spec.hidden;
    float *dx = arena_array(run->arena, N, H * sizeof *dx);

    if (!dx)
        return error_no_memory(err);
    RETURN_IF_ERROR(self_attention_backward(&run->self, dh, dx, gradients, err));
    run->sums[0].sums = dx;
    run->kernels->add_rows(
        N, H, dx, H,
        gradients + tensors_input(&run->model->tensors, 0, INPUT_BIAS)->offset);
    return inputs_backward(&run->inputs, run->sums[0], gradients, err);
}

enum status network_backward(struct network_run *run, const float *dlogits,
                             float *gradients, struct error *err)
{
    const struct spec *spec = &run->model->spec;
    size_t N = run->batch->events, width = state_width(run);
    float *dh = arena_floats(run->arena, N, width);

    if (!dh)
        return error_no_memory(err);
    if (dlogits)
        RETURN_IF_ERROR(backward_head(run, dlogits, gradients, dh, err));
    else
        memset(dh, 0, N * width * sizeof *dh);
    if (spec->cell == CELL_ATTENTION)
        return backward_self_attention(run, dh, gradients, err);
    for (uint32_t l = spec->layers; l-- > 0;) {
        for (uint32_t d = 0; d < spec->directions; d++)
            RETURN_IF_ERROR(backward_layer(run, l, d, dh, gradients, err));
        if (l == 0)
            break;
        float *dx = arena_array(run->arena, N, width * sizeof *dx);
        if (!dx)
            return error_no_memory(err);
        for (uint32_t d = 0; d < spec->directions; d++)
            add_input_gradient(run, l, d, dx);
        dropout_mask(run->layer_masks[l - 1], dx, N * width);
        dh = dx;
    }
    return STATUS_OK;
}

float *network_input_gradient(const struct network_run *run, struct error *err)
{
    size_t N = run->batch->events, in = run->model->tensors.input_width;
    float *dx = arena_array(run->arena, N, in * sizeof *dx);

    for (uint32_t d = 0; d < run->model->spec.directions; d++) {
        const struct tensor *w = tensors_input(&run->model->tensors, d, INPUT_WEIGHT);
        const struct matrix matrix = {
            .w = params_of(run, w), .rows = w->rows, .columns = in, .stride = in};
        const float *packed = matrix_pack(run->kernels, &matrix, run->arena);
        if (!dx || !packed) {
            error_no_memory(err);
            return NULL;
        }
        run->kernels->product(N, in, w->rows, run->sums[d].sums, run->sums[d].width,
                              packed, dx, in);
    }
    return dx;
}
