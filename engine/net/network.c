/* See network.h. */
#include "net/network.h"

#include <string.h>

#include "math/gemm.h"

static float *take(struct network_run *run, size_t rows, size_t columns)
{
    return arena_take(run->arena, rows * columns * sizeof(float));
}

static size_t width_of(const struct network_run *run)
{
    return (size_t)run->model->spec.directions * run->model->spec.hidden;
}

static const float *floats(const struct network_run *run, const struct tensor *tensor)
{
    return run->params + tensor->offset;
}

/* The sum of an event's embeddings, or its values one-hot, then its numbers. */
static void fill_input(const struct network_run *run, size_t place, float *x)
{
    const struct model *model = run->model;
    const struct layout *layout = &model->layout;
    uint32_t K = model->schema->categories, F = schema_inputs(model->schema);
    uint32_t E = model->spec.embedding, column = 0;
    const uint32_t *ids = run->packed->ids + place * K;

    memset(x, 0, layout->input * sizeof *x);
    for (uint32_t k = 0; k < K; k++) {
        if (E > 0) {
            const float *row =
                floats(run, params_embedding(layout, k)) + (size_t)ids[k] * E;
            for (uint32_t j = 0; j < E; j++)
                x[j] += row[j];
        } else {
            if (ids[k] >= SCHEMA_FIRST)
                x[column + ids[k] - SCHEMA_FIRST] = 1.0f;
            column += schema_rows(model->schema, k) - SCHEMA_FIRST;
        }
    }
    if (F > 0)
        memcpy(x + layout->input - F, run->packed->values + place * F, F * sizeof *x);
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

/* gx = x W' + b for all events at once, then the walk through time. */
static enum status forward_pass(struct network_run *run, uint32_t l, uint32_t d,
                                const float *x, size_t in, float *h, struct error *err)
{
    const struct layout *layout = &run->model->layout;
    struct pass *pass = &run->passes[l * run->model->spec.directions + d];
    const float *b = floats(run, params_recurrent(layout, l, d, BIAS_IH));
    size_t N = run->packed->places, H = run->model->spec.hidden;
    size_t GH = spec_gates(&run->model->spec) * H;
    float *gx = take(run, N, GH);

    if (gx == NULL)
        return error_no_memory(err);
    for (size_t place = 0; place < N; place++)
        memcpy(gx + place * GH, b, GH * sizeof *gx);
    gemm_nt(N, GH, in, x, in, floats(run, params_recurrent(layout, l, d, WEIGHT_IH)), in,
            1.0f, gx, GH);
    *pass = (struct pass){.spec = &run->model->spec,
                          .packed = run->packed,
                          .is_reverse = d == 1,
                          .u = floats(run, params_recurrent(layout, l, d, WEIGHT_HH)),
                          .c = floats(run, params_recurrent(layout, l, d, BIAS_HH)),
                          .gx = gx,
                          .h = h + d * H,
                          .stride = width_of(run)};
    return pass_forward(pass, run->arena, err);
}

/*
 * What the head hears: every state, or the final state of row b, the forward half at its last
 * event, the backward half at its first.
 */
static void gather_heard(const struct network_run *run, float *heard)
{
    size_t H = run->model->spec.hidden, width = width_of(run);

    if (run->model->target != TARGET_LAST) {
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
    const struct layout *layout = &run->model->layout;
    bool hears_all = run->model->target != TARGET_LAST;
    size_t M = hears_all ? run->packed->places : run->packed->rows;
    size_t C = run->model->action_count, width = width_of(run);
    const float *bias = floats(run, params_head_bias(layout));
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
    gemm_nt(M, C, width, run->heard, width, floats(run, params_head(layout)), width, 1.0f,
            run->scores, C);
    return STATUS_OK;
}

enum status network_forward(struct network_run *run, const struct model *model,
                            const float *params, const struct packed *packed,
                            struct dropout dropout, struct arena *arena,
                            struct error *err)
{
    const struct spec *spec = &model->spec;
    size_t N = packed->places, in = model->layout.input;
    enum status status = STATUS_OK;

    *run = (struct network_run){
        .model = model, .params = params, .packed = packed, .arena = arena};
    float *x = take(run, N, in);
    if (x == NULL)
        return error_no_memory(err);
    for (size_t place = 0; place < N; place++)
        fill_input(run, place, x + place * in);
    for (uint32_t l = 0; l < spec->layers; l++) {
        float *h = take(run, N, width_of(run));
        if (h == NULL)
            return error_no_memory(err);
        run->inputs[l] = x;
        for (uint32_t d = 0; d < spec->directions && status == STATUS_OK; d++)
            status = forward_pass(run, l, d, x, in, h, err);
        if (status == STATUS_OK && l + 1 < spec->layers)
            status = drop(run, dropout, h, N * width_of(run), &run->masks[l], err);
        if (status != STATUS_OK)
            return status;
        x = h;
        in = width_of(run);
    }
    run->outputs = x;
    return forward_head(run, dropout, err);
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

    if (run->model->target != TARGET_LAST) {
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
    const struct layout *layout = &run->model->layout;
    size_t M = run->heads, C = run->model->action_count, width = width_of(run);
    float *db = gradient_of(gradients, params_head_bias(layout));
    float *dheard = take(run, M, width);

    if (dheard == NULL)
        return error_no_memory(err);
    for (size_t m = 0; m < M; m++)
        for (size_t c = 0; c < C; c++)
            db[c] += dscores[m * C + c];
    gemm_tn(C, width, M, dscores, C, run->heard, width, 1.0f,
            gradient_of(gradients, params_head(layout)), width);
    gemm_nn(M, width, C, dscores, C, floats(run, params_head(layout)), width, 0.0f,
            dheard, width);
    apply_mask(run->heard_mask, dheard, M * width);
    scatter_heard(run, dheard, dh);
    return STATUS_OK;
}

/* One layer in one direction; dx [N][in] is added to. */
static enum status backward_pass(struct network_run *run, uint32_t l, uint32_t d,
                                 size_t in, const float *dh, float *dx, float *gradients,
                                 struct error *err)
{
    const struct layout *layout = &run->model->layout;
    const struct tensor *w = params_recurrent(layout, l, d, WEIGHT_IH);
    size_t N = run->packed->places, H = run->model->spec.hidden;
    size_t GH = spec_gates(&run->model->spec) * H;
    float *dgx = take(run, N, GH);
    float *dgh = pass_splits(&run->model->spec) ? take(run, N, GH) : dgx;
    float *db = gradient_of(gradients, params_recurrent(layout, l, d, BIAS_IH));
    enum status status;

    if (dgx == NULL || dgh == NULL)
        return error_no_memory(err);
    status = pass_backward(
        &run->passes[l * run->model->spec.directions + d], dh + d * H, dgx, dgh,
        gradient_of(gradients, params_recurrent(layout, l, d, WEIGHT_HH)),
        gradient_of(gradients, params_recurrent(layout, l, d, BIAS_HH)), run->arena, err);
    if (status != STATUS_OK)
        return status;
    for (size_t place = 0; place < N; place++)
        for (size_t j = 0; j < GH; j++)
            db[j] += dgx[place * GH + j];
    gemm_tn(GH, in, N, dgx, GH, run->inputs[l], in, 1.0f, gradient_of(gradients, w), in);
    gemm_nn(N, in, GH, dgx, GH, floats(run, w), in, 1.0f, dx, in);
    return STATUS_OK;
}

/* Each event's embeddings receive the gradient of their sum. */
static void backward_embeddings(const struct network_run *run, const float *dx,
                                float *gradients)
{
    const struct model *model = run->model;
    uint32_t K = model->schema->categories, E = model->spec.embedding;

    for (size_t place = 0; E > 0 && place < run->packed->places; place++)
        for (uint32_t k = 0; k < K; k++) {
            float *row = gradient_of(gradients, params_embedding(&model->layout, k)) +
                         (size_t)run->packed->ids[place * K + k] * E;
            for (uint32_t j = 0; j < E; j++)
                row[j] += dx[place * model->layout.input + j];
        }
}

enum status network_backward(struct network_run *run, const float *dscores,
                             float *gradients, struct error *err)
{
    const struct spec *spec = &run->model->spec;
    size_t N = run->packed->places, width = width_of(run);
    float *dh = take(run, N, width);
    enum status status;

    if (dh == NULL)
        return error_no_memory(err);
    status = backward_head(run, dscores, gradients, dh, err);
    for (uint32_t l = spec->layers; status == STATUS_OK && l-- > 0;) {
        size_t in = l == 0 ? run->model->layout.input : width;
        float *dx = arena_array(run->arena, N, in * sizeof(float));
        if (dx == NULL)
            return error_no_memory(err);
        for (uint32_t d = 0; d < spec->directions && status == STATUS_OK; d++)
            status = backward_pass(run, l, d, in, dh, dx, gradients, err);
        if (l > 0)
            apply_mask(run->masks[l - 1], dx, N * in);
        dh = dx;
    }
    run->dx = dh;
    if (status == STATUS_OK)
        backward_embeddings(run, dh, gradients);
    return status;
}
