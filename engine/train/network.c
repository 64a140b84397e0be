/* See network.h. */
#include "train/network.h"
#include "base/error.h"

#include <assert.h>
#include <string.h>

#include "train/gemm.h"

static float *take(const struct network_run *run, size_t rows, size_t columns)
{
    return arena_floats(run->arena, rows, columns);
}

static size_t width_of(const struct network_run *run)
{
    return (size_t)run->model->spec.directions * run->model->spec.hidden;
}

static const float *floats(const struct network_run *run, const struct tensor *tensor)
{
    return run->weights->params + tensor->offset;
}

/* A mask of 0 and 1 / (1 - rate), applied to x; NULL mask means no dropout. */
static enum status drop(struct network_run *run, struct dropout dropout, float *x,
                        size_t count, float **mask, struct error *err)
{
    *mask = NULL;
    if (dropout.random == NULL || dropout.rate <= 0.0)
        return STATUS_OK;
    *mask = take(run, count, 1);
    if (*mask == NULL)
        return error_no_memory(err);
    float kept = (float)(1.0 / (1.0 - dropout.rate));
    for (size_t i = 0; i < count; i++) {
        (*mask)[i] = random_unit(dropout.random) < dropout.rate ? 0.0f : kept;
        x[i] *= (*mask)[i];
    }
    return STATUS_OK;
}

/* Inputs of a layer above the first: bias + x W' for all events at once. */
static void fill_from_below(const struct network_run *run, const float *below,
                            struct rnn_layer *pass)
{
    const struct weights_layer *weights = pass->weights;
    size_t N = run->packed->places,
           GH = triage_spec_gates(pass->spec) * pass->spec->hidden;

    for (size_t place = 0; place < N; place++)
        memcpy(pass->saved + place * pass->saved_width, weights->bias,
               GH * sizeof *weights->bias);
    run->kernels->product(N, GH, weights->x, below, weights->x, weights->x_forward,
                          pass->saved, pass->saved_width);
}

/* What the gates receive from all events' inputs, then the walk through time. */
static enum status forward_pass(struct network_run *run, uint32_t l, uint32_t d, float *h,
                                struct error *err)
{
    uint32_t D = run->model->spec.directions;
    struct rnn_layer *pass = &run->passes[l * D + d];
    enum status status;

    *pass = (struct rnn_layer){.spec = &run->model->spec,
                               .packed = run->packed,
                               .kernels = run->kernels,
                               .weights = &run->weights->passes[l * D + d],
                               .is_reverse = d == 1,
                               .h = h + d * run->model->spec.hidden,
                               .stride = width_of(run)};
    status = rnn_layer_start(pass, run->arena, err);
    if (status != STATUS_OK)
        return status;
    if (l == 0)
        inputs_forward(&run->inputs, d, pass);
    else
        fill_from_below(run, run->below[l], pass);
    return rnn_layer_forward(pass, run->arena, err);
}

/*
 * What the head hears: every state, or the final state of row b, the forward half at its last
 * event, the backward half at its first.
 */
static void gather_heard(const struct network_run *run, float *heard)
{
    size_t H = run->model->spec.hidden, width = width_of(run);

    if (run->model->task != TASK_LAST) {
        memcpy(heard, run->outputs, run->heads * width * sizeof *heard);
        return;
    }
    for (uint32_t b = 0; b < run->packed->rows; b++) {
        size_t last = packed_last(run->packed, b);
        memcpy(heard + b * width, run->outputs + last * width, H * sizeof *heard);
        if (width > H)
            memcpy(heard + b * width + H, run->outputs + b * width + H,
                   H * sizeof *heard);
    }
}

static enum status forward_head(struct network_run *run, struct dropout dropout,
                                struct error *err)
{
    const struct tensor_list *tensors = &run->model->tensors;
    bool hears_all = run->model->task != TASK_LAST;
    size_t M = hears_all ? run->packed->places : run->packed->rows;
    size_t C = run->model->action_count, width = width_of(run);
    const float *bias = floats(run, tensors_head_bias(tensors));
    enum status status;

    run->heads = M;
    run->heard = take(run, M, width);
    run->scores = take(run, M, C);
    if (run->heard == NULL || run->scores == NULL)
        return error_no_memory(err);
    gather_heard(run, run->heard);
    status = drop(run, dropout, run->heard, M * width, &run->heard_mask, err);
    if (status != STATUS_OK)
        return status;
    for (size_t m = 0; m < M; m++)
        memcpy(run->scores + m * C, bias, C * sizeof *run->scores);
    run->kernels->product(M, C, width, run->heard, width, run->weights->head_forward,
                          run->scores, C);
    return STATUS_OK;
}

enum status network_run(struct network_run *run, const struct weights *weights,
                        const struct packed *packed, struct dropout dropout,
                        struct arena *arena, struct error *err)
{
    const struct spec *spec = &weights->model->spec;
    float *x = NULL;
    enum status status;

    *run = (struct network_run){.weights = weights,
                                .model = weights->model,
                                .kernels = weights->kernels,
                                .packed = packed,
                                .arena = arena};
    status = inputs_init(&run->inputs, weights, packed, arena, err);
    for (uint32_t l = 0; l < spec->layers && status == STATUS_OK; l++) {
        float *h = take(run, packed->places, width_of(run));
        if (h == NULL)
            return error_no_memory(err);
        run->below[l] = x;
        for (uint32_t d = 0; d < spec->directions && status == STATUS_OK; d++)
            status = forward_pass(run, l, d, h, err);
        if (status == STATUS_OK && l + 1 < spec->layers)
            status = drop(run, dropout, h, packed->places * width_of(run), &run->masks[l],
                          err);
        x = h;
    }
    if (status != STATUS_OK)
        return status;
    assert(x != NULL); /* a network has a layer */
    run->outputs = x;
    return forward_head(run, dropout, err);
}

enum status network_forward(struct network_run *run, const struct trained_model *model,
                            const float *params, const struct packed *packed,
                            struct dropout dropout, struct arena *arena,
                            struct error *err)
{
    struct weights *weights = arena_alloc(arena, sizeof *weights);
    enum status status = weights == NULL
                             ? error_no_memory(err)
                             : weights_pack(weights, model, params, arena, err);

    return status == STATUS_OK ? network_run(run, weights, packed, dropout, arena, err)
                               : status;
}

static void apply_mask(const float *mask, float *dx, size_t count)
{
    for (size_t i = 0; mask != NULL && i < count; i++)
        dx[i] *= mask[i];
}

static float *gradient_of(float *gradients, const struct tensor *tensor)
{
    return gradients + tensor->offset;
}

/* The gradient of what the head heard, put where that came from. */
static void scatter_heard(const struct network_run *run, const float *dheard, float *dh)
{
    size_t H = run->model->spec.hidden, width = width_of(run);

    if (run->model->task != TASK_LAST) {
        memcpy(dh, dheard, run->heads * width * sizeof *dh);
        return;
    }
    memset(dh, 0, run->packed->places * width * sizeof *dh);
    for (uint32_t b = 0; b < run->packed->rows; b++) {
        size_t last = packed_last(run->packed, b);
        memcpy(dh + last * width, dheard + b * width, H * sizeof *dh);
        if (width > H)
            memcpy(dh + b * width + H, dheard + b * width + H, H * sizeof *dh);
    }
}

static enum status backward_head(struct network_run *run, const float *dscores,
                                 float *gradients, float *dh, struct error *err)
{
    const struct tensor_list *tensors = &run->model->tensors;
    size_t M = run->heads, C = run->model->action_count, width = width_of(run);
    float *db = gradient_of(gradients, tensors_head_bias(tensors));
    float *dheard = take(run, M, width);

    if (dheard == NULL)
        return error_no_memory(err);
    memset(dheard, 0, M * width * sizeof *dheard);
    run->kernels->add_rows(M, C, dscores, C, db);
    gemm_tn(run->kernels, C, width, M, dscores, C, run->heard, width,
            gradient_of(gradients, tensors_head(tensors)), width);
    run->kernels->product(M, width, C, dscores, C, run->weights->head_back, dheard,
                          width);
    apply_mask(run->heard_mask, dheard, M * width);
    scatter_heard(run, dheard, dh);
    return STATUS_OK;
}

/* One layer in one direction, but for its inputs. */
static enum status backward_pass(struct network_run *run, uint32_t l, uint32_t d,
                                 float *dh, float *gradients, struct error *err)
{
    const struct tensor_list *tensors = &run->model->tensors;

    return rnn_layer_backward(
        &run->passes[l * run->model->spec.directions + d],
        dh + d * run->model->spec.hidden,
        gradient_of(gradients, tensors_recurrent(tensors, l, d, WEIGHT_HH)),
        gradient_of(gradients, tensors_recurrent(tensors, l, d, BIAS_IH)),
        gradient_of(gradients, tensors_recurrent(tensors, l, d, BIAS_HH)), run->arena,
        err);
}

/* Weights of the inputs of one direction, and what the layer below receives. */
static enum status backward_inputs(struct network_run *run, uint32_t l, uint32_t d,
                                   float *dx, float *gradients, struct error *err)
{
    const struct tensor *w = tensors_recurrent(&run->model->tensors, l, d, WEIGHT_IH);
    const struct rnn_layer *pass = &run->passes[l * run->model->spec.directions + d];
    size_t N = run->packed->places, GH = w->rows, in = w->columns;

    if (l == 0)
        return inputs_backward(&run->inputs, d, pass, gradients, run->arena, err);
    gemm_tn(run->kernels, GH, in, N, pass->saved, pass->saved_width, run->below[l], in,
            gradient_of(gradients, w), in);
    run->kernels->product(N, in, GH, pass->saved, pass->saved_width,
                          pass->weights->x_back, dx, in);
    return STATUS_OK;
}

enum status network_backward(struct network_run *run, const float *dscores,
                             float *gradients, struct error *err)
{
    size_t N = run->packed->places, width = width_of(run);
    uint32_t D = run->model->spec.directions;
    float *dh = take(run, N, width);
    enum status status;

    if (dh == NULL)
        return error_no_memory(err);
    status = backward_head(run, dscores, gradients, dh, err);
    for (uint32_t l = run->model->spec.layers; status == STATUS_OK && l-- > 0;) {
        float *dx = l == 0 ? NULL : arena_array(run->arena, N, width * sizeof *dx);
        if (l > 0 && dx == NULL)
            return error_no_memory(err);
        for (uint32_t d = 0; d < D && status == STATUS_OK; d++) {
            status = backward_pass(run, l, d, dh, gradients, err);
            if (status == STATUS_OK)
                status = backward_inputs(run, l, d, dx, gradients, err);
        }
        if (l > 0)
            apply_mask(run->masks[l - 1], dx, N * width);
        dh = dx;
    }
    return status;
}

float *network_input_gradient(const struct network_run *run, struct error *err)
{
    size_t N = run->packed->places, in = run->model->tensors.input_width;
    float *dx = arena_array(run->arena, N, in * sizeof *dx);

    for (uint32_t d = 0; d < run->model->spec.directions; d++) {
        const struct tensor *w = tensors_recurrent(&run->model->tensors, 0, d, WEIGHT_IH);
        const struct rnn_layer *pass = &run->passes[d];
        const float *packed = weights_panels(run->kernels, floats(run, w), w->rows, in,
                                             in, false, run->arena);
        if (dx == NULL || packed == NULL) {
            error_no_memory(err);
            return NULL;
        }
        run->kernels->product(N, in, w->rows, pass->saved, pass->saved_width, packed, dx,
                              in);
    }
    return dx;
}
