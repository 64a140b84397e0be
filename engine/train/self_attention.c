/* Layers of self-attention over a packed batch: all events at once, but the heads row by row. */
#include "train/self_attention.h"

#include <string.h>

#include "train/gemm.h"

/* H, A, d and P of the model. */
struct sizes {
    size_t N, H, A, d, P;
};

static struct sizes sizes_of(const struct self_attention_run *run)
{
    const struct spec *spec = &run->weights->model->spec;
    return (struct sizes){.N = run->batch->events,
                          .H = spec->hidden,
                          .A = spec->heads,
                          .d = spec->hidden / spec->heads,
                          .P = triage_spec_feed_forward(spec)};
}

static size_t offset_of(const struct self_attention_run *run, uint32_t l,
                        enum block_role role)
{
    return tensors_block(&run->weights->model->tensors, l, role)->offset;
}

static const float *params_of(const struct self_attention_run *run, uint32_t l,
                              enum block_role role)
{
    return run->weights->params + offset_of(run, l, role);
}

/* ---- one history of the batch, and one layer --------------------------------------------------- */

/* Keys and values of all its events, by head: as columns of blocks of events, and as rows. */
struct history_memory {
    size_t events, capacity;      /* capacity: whole blocks */
    float *keys, *values;         /* columns [A][capacity / KEY_BLOCK][d][KEY_BLOCK] */
    float *key_rows, *value_rows; /* [A][capacity][d] */
    float *dkeys, *dvalues;       /* the same, their gradients; in backward only */
    uint32_t *clocks;             /* [capacity] */
    float *weights, *dscores;     /* [capacity] */
};

/* For the longest history.  STATUS_NO_MEMORY. */
static enum status memory_init(struct history_memory *memory,
                               const struct self_attention_run *run, bool is_backward,
                               struct error *err)
{
    const size_t H = sizes_of(run).H, steps = run->batch->steps;
    const size_t capacity = (steps + KEY_BLOCK - 1) / KEY_BLOCK * KEY_BLOCK;
    float **const arrays[] = {&memory->keys,       &memory->values, &memory->key_rows,
                              &memory->value_rows, &memory->dkeys,  &memory->dvalues};

    *memory = (struct history_memory){.capacity = capacity};
    for (size_t i = 0; i < (is_backward ? 6 : 4); i++) {
        *arrays[i] = arena_array(run->arena, capacity, H * sizeof **arrays[i]);
        if (!*arrays[i])
            return error_no_memory(err);
    }
    memory->clocks = arena_array(run->arena, capacity, sizeof *memory->clocks);
    memory->weights = arena_array(run->arena, 2 * capacity, sizeof *memory->weights);
    if (!memory->clocks || !memory->weights)
        return error_no_memory(err);
    memory->dscores = memory->weights + capacity;
    return STATUS_OK;
}

/* Copy the keys and values of row b. */
static void memory_fill(struct history_memory *memory,
                        const struct self_attention_run *run, const float *qkv,
                        uint32_t b)
{
    const struct sizes s = sizes_of(run);

    memory->events = run->batch->lengths[b];
    for (size_t t = 0; t < memory->events; t++) {
        const size_t event = run->batch->offset[t] + b;
        const float *k = qkv + event * 3 * s.H + s.H, *v = k + s.H;
        memory->clocks[t] = run->clocks[event];
        for (size_t j = 0; j < s.H; j++) {
            const size_t head = memory->capacity * (j / s.d * s.d), i = j % s.d;
            const size_t column =
                head + t / KEY_BLOCK * KEY_BLOCK * s.d + i * KEY_BLOCK + t % KEY_BLOCK;
            memory->keys[column] = k[j];
            memory->values[column] = v[j];
            memory->key_rows[head + t * s.d + i] = k[j];
            memory->value_rows[head + t * s.d + i] = v[j];
        }
    }
}

/* Head a of the event t, whose query is [H], and mean [H]. */
static struct attend head_of(const struct self_attention_run *run,
                             const struct history_memory *memory, uint32_t l, size_t a,
                             size_t t, const float *query, float *mean)
{
    const struct sizes s = sizes_of(run);
    const size_t window = run->weights->model->spec.window, first = a * s.d;

    return (struct attend){
        .width = s.d,
        .capacity = memory->capacity,
        .first = t < window ? 0 : t - window + 1,
        .last = t,
        .query = query + first,
        .keys = memory->keys + memory->capacity * first,
        .values = memory->value_rows + memory->capacity * first,
        .clocks = memory->clocks,
        .slope = params_of(run, l, INDEX_SLOPE)[a],
        .time_slope = slope_of_ticks(params_of(run, l, TIME_SLOPE)[a]),
        .weights = memory->weights,
        .mean = mean + first,
    };
}

/* ---- forward ----------------------------------------------------------------------------------- */

/* The clock of every event. */
static enum status run_clocks(struct self_attention_run *run, struct error *err)
{
    const struct packed_batch *batch = run->batch;
    const struct event_clock clock = event_clock_of(run->weights->model->schema);
    const size_t F = schema_inputs(run->weights->model->schema);

    run->clocks = arena_array(run->arena, batch->events, sizeof *run->clocks);
    if (!run->clocks)
        return error_no_memory(err);
    for (uint32_t t = 1; t < batch->steps && clock.exists; t++)
        for (uint32_t b = 0; b < batch->batch_sizes[t]; b++) {
            const size_t event = batch->offset[t] + b;
            run->clocks[event] = run->clocks[batch->offset[t - 1] + b] +
                                 event_clock_ticks(&clock, batch->values + event * F);
        }
    return STATUS_OK;
}

/* y [N][out] <- x W^T + bias */
static void affine(const struct self_attention_run *run, size_t in, size_t out,
                   const float *forward, const float *bias, const float *x, float *y)
{
    const size_t N = run->batch->events;

    for (size_t event = 0; event < N; event++)
        memcpy(y + event * out, bias, out * sizeof *bias);
    run->weights->kernels->product(N, out, in, x, in, forward, y, out);
}

static void norm_rows(const struct self_attention_run *run, const float *weight,
                      const float *bias, const float *x, float *y)
{
    const struct kernels *exact = kernels_pick_exact();
    const size_t N = run->batch->events, H = sizes_of(run).H;

    for (size_t event = 0; event < N; event++)
        exact->layer_norm(H, x + event * H, weight, bias, y + event * H);
}

/* From qkv, whose queries are multiplied by their scale, to mean. */
static enum status attend_rows(const struct self_attention_run *run, uint32_t l,
                               struct error *err)
{
    const struct block_run *layer = &run->layers[l];
    const struct kernels *exact = kernels_pick_exact();
    const struct sizes s = sizes_of(run);
    const float scale = query_scale(s.d);
    struct history_memory memory;

    RETURN_IF_ERROR(memory_init(&memory, run, false, err));
    for (uint32_t b = 0; b < run->batch->rows; b++) {
        memory_fill(&memory, run, layer->qkv, b);
        for (size_t t = 0; t < memory.events; t++) {
            const size_t event = run->batch->offset[t] + b;
            float *query = layer->qkv + event * 3 * s.H;
            for (size_t j = 0; j < s.H; j++)
                query[j] *= scale;
            for (size_t a = 0; a < s.A; a++) {
                const struct attend head =
                    head_of(run, &memory, l, a, t, query, layer->mean + event * s.H);
                layer->attended[event * s.A + a] = exact->attend(&head);
            }
        }
    }
    return STATUS_OK;
}

static enum status layer_init(struct block_run *layer,
                              const struct self_attention_run *run, struct error *err)
{
    const struct sizes s = sizes_of(run);

    layer->norm1 = arena_floats(run->arena, s.N, s.H);
    layer->qkv = arena_floats(run->arena, s.N, 3 * s.H);
    layer->attended = arena_array(run->arena, s.N, s.A * sizeof *layer->attended);
    layer->mean = arena_floats(run->arena, s.N, s.H);
    layer->middle = arena_floats(run->arena, s.N, s.H);
    layer->norm2 = arena_floats(run->arena, s.N, s.H);
    layer->hidden = arena_floats(run->arena, s.N, s.P);
    if (!layer->norm1 || !layer->qkv || !layer->attended || !layer->mean ||
        !layer->middle || !layer->norm2 || !layer->hidden)
        return error_no_memory(err);
    return STATUS_OK;
}

/* y <- x + part, after dropout of part */
static enum status add_part(const struct self_attention_run *run, struct dropout dropout,
                            const float *x, float *part, float *y, float **mask,
                            struct error *err)
{
    const size_t count = run->batch->events * sizes_of(run).H;

    RETURN_IF_ERROR(dropout_apply(dropout, part, count, mask, run->arena, err));
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] + part[i];
    return STATUS_OK;
}

/* From layer->x to y [N][H]. */
static enum status forward_layer(const struct self_attention_run *run, uint32_t l,
                                 struct block_run *layer, struct dropout dropout,
                                 float *y, struct error *err)
{
    const struct block_weights *weights = &run->weights->blocks[l];
    const struct sizes s = sizes_of(run);
    float *part = arena_floats(run->arena, s.N, s.H);

    RETURN_IF_ERROR(layer_init(layer, run, err));
    if (!part)
        return error_no_memory(err);
    norm_rows(run, params_of(run, l, NORM1_WEIGHT), params_of(run, l, NORM1_BIAS),
              layer->x, layer->norm1);
    affine(run, s.H, 3 * s.H, weights->in.forward, params_of(run, l, IN_BIAS),
           layer->norm1, layer->qkv);
    RETURN_IF_ERROR(attend_rows(run, l, err));
    affine(run, s.H, s.H, weights->out.forward, params_of(run, l, OUT_BIAS), layer->mean,
           part);
    RETURN_IF_ERROR(
        add_part(run, dropout, layer->x, part, layer->middle, &layer->masks[0], err));
    norm_rows(run, params_of(run, l, NORM2_WEIGHT), params_of(run, l, NORM2_BIAS),
              layer->middle, layer->norm2);
    affine(run, s.H, s.P, weights->linear1.forward, params_of(run, l, LINEAR1_BIAS),
           layer->norm2, layer->hidden);
    kernels_pick_exact()->relu(s.N * s.P, layer->hidden);
    affine(run, s.P, s.H, weights->linear2.forward, params_of(run, l, LINEAR2_BIAS),
           layer->hidden, part);
    return add_part(run, dropout, layer->middle, part, y, &layer->masks[1], err);
}

enum status self_attention_forward(struct self_attention_run *run,
                                   const struct training_weights *weights,
                                   const struct packed_batch *batch,
                                   struct dropout dropout, float *x, float *states,
                                   struct arena *arena, struct error *err)
{
    const struct tensor_list *tensors = &weights->model->tensors;
    const float *params = weights->params;

    *run = (struct self_attention_run){
        .weights = weights, .batch = batch, .arena = arena, .last = x};
    RETURN_IF_ERROR(run_clocks(run, err));
    for (uint32_t l = 0; l < weights->model->spec.layers; l++) {
        run->layers[l].x = run->last;
        run->last = arena_floats(arena, batch->events, weights->model->spec.hidden);
        if (!run->last)
            return error_no_memory(err);
        RETURN_IF_ERROR(forward_layer(run, l, &run->layers[l], dropout, run->last, err));
    }
    norm_rows(run, params + tensors_norm(tensors)->offset,
              params + tensors_norm_bias(tensors)->offset, run->last, states);
    return STATUS_OK;
}

/* ---- backward ---------------------------------------------------------------------------------- */

/* Gradients of a layer norm of x [N][H]: add to dx, and to those of weight and bias. */
static enum status norm_backward(const struct self_attention_run *run, const float *x,
                                 const float *weight, const float *dy, float *dx,
                                 float *dweight, float *dbias, struct error *err)
{
    const struct sizes s = sizes_of(run);
    float *work = arena_floats(run->arena, 2, s.H);

    if (!work)
        return error_no_memory(err);
    for (size_t event = 0; event < s.N; event++)
        run->weights->kernels->layer_norm_backward(s.H, x + event * s.H, weight,
                                                   dy + event * s.H, dx + event * s.H,
                                                   dweight, dbias, work);
    return STATUS_OK;
}

/* y = W x + bias: add the gradients of W and bias, and set dx [N][in]. */
static void affine_backward(const struct self_attention_run *run, size_t in, size_t out,
                            const float *back, const float *x, const float *dy, float *dw,
                            float *dbias, float *dx)
{
    const struct training_kernels *kernels = run->weights->kernels;
    const size_t N = run->batch->events;

    kernels->add_rows(N, out, dy, out, dbias);
    gemm_tn(kernels, out, in, N, dy, out, x, in, dw, in);
    memset(dx, 0, N * in * sizeof *dx);
    kernels->product(N, in, out, dy, out, back, dx, in);
}

/* The gradients of a layer's slopes [A], in double until the last event. */
struct slope_gradients {
    double slope[64], time_slope[64];
};

/* Add the gradients of keys and values of row b to dqkv. */
static void scatter_memory(const struct self_attention_run *run,
                           const struct history_memory *memory, uint32_t b, float *dqkv)
{
    const struct sizes s = sizes_of(run);

    for (size_t t = 0; t < memory->events; t++) {
        float *dk = dqkv + (run->batch->offset[t] + b) * 3 * s.H + s.H, *dv = dk + s.H;
        for (size_t first = 0; first < s.H; first += s.d) {
            const size_t from = memory->capacity * first + t * s.d;
            memcpy(dk + first, memory->dkeys + from, s.d * sizeof *dk);
            memcpy(dv + first, memory->dvalues + from, s.d * sizeof *dv);
        }
    }
}

/* All heads of one event: set the gradient of its query, and add to those of keys and values. */
static void event_backward(const struct self_attention_run *run,
                           const struct history_memory *memory, uint32_t l, size_t t,
                           size_t event, const float *dmean, float *dquery,
                           struct slope_gradients *slopes)
{
    const struct block_run *layer = &run->layers[l];
    const struct sizes s = sizes_of(run);
    const float scale = query_scale(s.d);
    const float *query = layer->qkv + event * 3 * s.H;

    for (size_t a = 0; a < s.A; a++) {
        const size_t rows = memory->capacity * a * s.d;
        struct attend_backward back = {
            .head = head_of(run, memory, l, a, t, query, layer->mean + event * s.H),
            .attended = layer->attended[event * s.A + a],
            .value_columns = memory->values + rows,
            .key_rows = memory->key_rows + rows,
            .dmean = dmean + a * s.d,
            .dscores = memory->dscores,
            .dquery = dquery + a * s.d,
            .dkeys = memory->dkeys + rows,
            .dvalues = memory->dvalues + rows,
        };
        run->weights->kernels->attend_backward(&back);
        slopes->slope[a] += back.dslope;
        slopes->time_slope[a] += back.dtime_slope / 1024.0;
    }
    for (size_t j = 0; j < s.H; j++)
        dquery[j] *= scale;
}

/* From dmean [N][H]: set dqkv [N][3H], and add to the gradients of the slopes. */
static enum status heads_backward(const struct self_attention_run *run, uint32_t l,
                                  const float *dmean, float *dqkv, float *gradients,
                                  struct error *err)
{
    const struct sizes s = sizes_of(run);
    struct slope_gradients slopes = {.slope = {0.0}};
    struct history_memory memory;

    RETURN_IF_ERROR(memory_init(&memory, run, true, err));
    for (uint32_t b = 0; b < run->batch->rows; b++) {
        memory_fill(&memory, run, run->layers[l].qkv, b);
        memset(memory.dkeys, 0, memory.capacity * s.H * sizeof *memory.dkeys);
        memset(memory.dvalues, 0, memory.capacity * s.H * sizeof *memory.dvalues);
        for (size_t t = 0; t < memory.events; t++) {
            const size_t event = run->batch->offset[t] + b;
            event_backward(run, &memory, l, t, event, dmean + event * s.H,
                           dqkv + event * 3 * s.H, &slopes);
        }
        scatter_memory(run, &memory, b, dqkv);
    }
    for (size_t a = 0; a < s.A; a++) {
        gradients[offset_of(run, l, INDEX_SLOPE) + a] += (float)slopes.slope[a];
        gradients[offset_of(run, l, TIME_SLOPE) + a] += (float)slopes.time_slope[a];
    }
    return STATUS_OK;
}

/* Buffers for the gradients within a layer. */
struct block_gradients {
    float *part, *norm; /* [N][H] */
    float *qkv;         /* [N][3H] */
    float *hidden;      /* [N][P] */
};

static enum status block_gradients_init(struct block_gradients *d,
                                        const struct self_attention_run *run,
                                        struct error *err)
{
    const struct sizes s = sizes_of(run);

    d->part = arena_floats(run->arena, s.N, s.H);
    d->norm = arena_floats(run->arena, s.N, s.H);
    d->qkv = arena_floats(run->arena, s.N, 3 * s.H);
    d->hidden = arena_floats(run->arena, s.N, s.P);
    return d->part && d->norm && d->qkv && d->hidden ? STATUS_OK : error_no_memory(err);
}

/* The feed-forward part of layer l: dx is the gradient of its output, then of its input. */
static enum status feed_forward_backward(const struct self_attention_run *run, uint32_t l,
                                         struct block_gradients *d, float *dx,
                                         float *gradients, struct error *err)
{
    const struct block_run *layer = &run->layers[l];
    const struct block_weights *weights = &run->weights->blocks[l];
    const struct sizes s = sizes_of(run);

    memcpy(d->part, dx, s.N * s.H * sizeof *dx);
    dropout_mask(layer->masks[1], d->part, s.N * s.H);
    affine_backward(run, s.P, s.H, weights->linear2.back, layer->hidden, d->part,
                    gradients + offset_of(run, l, LINEAR2_WEIGHT),
                    gradients + offset_of(run, l, LINEAR2_BIAS), d->hidden);
    for (size_t i = 0; i < s.N * s.P; i++)
        d->hidden[i] = layer->hidden[i] > 0.0f ? d->hidden[i] : 0.0f;
    affine_backward(run, s.H, s.P, weights->linear1.back, layer->norm2, d->hidden,
                    gradients + offset_of(run, l, LINEAR1_WEIGHT),
                    gradients + offset_of(run, l, LINEAR1_BIAS), d->norm);
    return norm_backward(run, layer->middle, params_of(run, l, NORM2_WEIGHT), d->norm, dx,
                         gradients + offset_of(run, l, NORM2_WEIGHT),
                         gradients + offset_of(run, l, NORM2_BIAS), err);
}

/* The attention part of layer l, likewise. */
static enum status attention_part_backward(const struct self_attention_run *run,
                                           uint32_t l, struct block_gradients *d,
                                           float *dx, float *gradients, struct error *err)
{
    const struct block_run *layer = &run->layers[l];
    const struct block_weights *weights = &run->weights->blocks[l];
    const struct sizes s = sizes_of(run);

    memcpy(d->part, dx, s.N * s.H * sizeof *dx);
    dropout_mask(layer->masks[0], d->part, s.N * s.H);
    affine_backward(run, s.H, s.H, weights->out.back, layer->mean, d->part,
                    gradients + offset_of(run, l, OUT_WEIGHT),
                    gradients + offset_of(run, l, OUT_BIAS), d->norm);
    RETURN_IF_ERROR(heads_backward(run, l, d->norm, d->qkv, gradients, err));
    affine_backward(run, s.H, 3 * s.H, weights->in.back, layer->norm1, d->qkv,
                    gradients + offset_of(run, l, IN_WEIGHT),
                    gradients + offset_of(run, l, IN_BIAS), d->norm);
    return norm_backward(run, layer->x, params_of(run, l, NORM1_WEIGHT), d->norm, dx,
                         gradients + offset_of(run, l, NORM1_WEIGHT),
                         gradients + offset_of(run, l, NORM1_BIAS), err);
}

enum status self_attention_backward(struct self_attention_run *run, const float *dstates,
                                    float *dx, float *gradients, struct error *err)
{
    const struct tensor_list *tensors = &run->weights->model->tensors;
    const struct tensor *norm = tensors_norm(tensors);
    struct block_gradients d;

    RETURN_IF_ERROR(block_gradients_init(&d, run, err));
    RETURN_IF_ERROR(norm_backward(run, run->last, run->weights->params + norm->offset,
                                  dstates, dx, gradients + norm->offset,
                                  gradients + tensors_norm_bias(tensors)->offset, err));
    for (uint32_t l = run->weights->model->spec.layers; l-- > 0;) {
        RETURN_IF_ERROR(feed_forward_backward(run, l, &d, dx, gradients, err));
        RETURN_IF_ERROR(attention_part_backward(run, l, &d, dx, gradients, err));
    }
    return STATUS_OK;
}
