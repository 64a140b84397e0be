/* Layers of self-attention: the memory of a row, and one step of some rows. */
#include "infer/self_attention.h"

#include <math.h>
#include <string.h>

/* ---- the clock --------------------------------------------------------------------------------- */

struct event_clock event_clock_of(const struct schema *schema)
{
    for (uint32_t i = 0; i < schema->time_count; i++)
        if (schema->times[i].kind == TIME_SINCE_PREVIOUS)
            return (struct event_clock){.exists = true,
                                        .column = 2 * schema->numbers + i,
                                        .scale = schema->times[i].scale};
    return (struct event_clock){.exists = false};
}

uint32_t event_clock_ticks(const struct event_clock *clock, const float *values)
{
    const float most = 64.0f; /* log1p of more seconds than a time can have */
    if (!clock->exists)
        return 0;
    float pause = fmaf(values[clock->column], clock->scale.scale, clock->scale.mean);
    pause = pause > 0.0f ? pause : 0.0f; /* also a NaN */
    pause = pause < most ? pause : most;
    return (uint32_t)fmaf(pause, 1024.0f, 0.5f);
}

float query_scale(size_t width)
{
    return (float)(1.0 / sqrt((double)width));
}

/* ---- the memory of a row ----------------------------------------------------------------------- */

/* At its beginning, in as many floats as a cache line has. */
struct memory_head {
    uint32_t events; /* so far */
    uint32_t clock;
};

enum { HEAD_FLOATS = KERNELS_LANES };

struct memory_shape memory_shape_of(const struct packed_blocks *blocks,
                                    uint32_t max_events)
{
    const size_t kept = (size_t)blocks->W + KERNELS_ROWS;
    const size_t capacity = kernels_padded(kept < max_events ? kept : max_events);
    const size_t layer = 2 * capacity * blocks->H;
    const size_t floats = HEAD_FLOATS + capacity + blocks->L * layer;
    return (struct memory_shape){.capacity = capacity, .floats = kernels_padded(floats)};
}

void memory_clear(float *memory)
{
    memset(memory, 0, HEAD_FLOATS * sizeof *memory);
}

void memory_copy(const struct packed_blocks *blocks, struct memory_shape shape, float *to,
                 const float *from)
{
    const size_t capacity = shape.capacity, d = blocks->H / blocks->A;
    const size_t parts =
        2 * (size_t)blocks->L * blocks->A; /* keys and values of a head */
    struct memory_head head;

    memcpy(&head, from, sizeof head);
    const size_t events = head.events < capacity ? kernels_padded(head.events) : capacity;
    memcpy(to, from, (HEAD_FLOATS + events) * sizeof *to);
    for (size_t i = 0; i < parts; i++) {
        const size_t first = HEAD_FLOATS + capacity + i * capacity * d;
        memcpy(to + first, from + first, events * d * sizeof *to);
    }
}

static uint32_t *clocks_of(float *memory)
{
    return (uint32_t *)(memory + HEAD_FLOATS);
}

static float *keys_of(const struct self_attention_step *step, float *memory, uint32_t l)
{
    const size_t capacity = step->shape.capacity;
    return memory + HEAD_FLOATS + capacity + 2 * l * capacity * step->blocks->H;
}

/* Count the events in, and set the index of each in its row. */
static void begin_events(const struct self_attention_step *step, uint32_t *index)
{
    for (size_t i = 0; i < step->count; i++) {
        struct memory_head head;
        float *memory = step->memory[i];
        memcpy(&head, memory, sizeof head);
        index[i] = head.events++;
        if (index[i] > 0 && step->blocks->clock.exists)
            head.clock += event_clock_ticks(&step->blocks->clock, step->values[i]);
        clocks_of(memory)[index[i] % step->shape.capacity] = head.clock;
        memcpy(memory, &head, sizeof head);
    }
}

/* ---- one step ---------------------------------------------------------------------------------- */

/* Buffers for some rows, each of whole cache lines. */
struct buffers {
    float *qkv[KERNELS_ROWS], *norm[KERNELS_ROWS], *part[KERNELS_ROWS];
    float *hidden[KERNELS_ROWS];
    float *weights;
};

size_t self_attention_work(const struct kernels *kernels,
                           const struct packed_blocks *blocks, struct memory_shape shape)
{
    const size_t row = kernels_padded(3 * (size_t)blocks->H) +
                       2 * kernels_padded(blocks->H) + kernels_padded(blocks->P);
    return kernels->rows * row + shape.capacity;
}

static void buffers_init(struct buffers *buffers, const struct self_attention_step *step)
{
    const size_t H = step->blocks->H;
    float *next = step->work;

    for (size_t i = 0; i < step->count; i++) {
        buffers->qkv[i] = next;
        buffers->norm[i] = buffers->qkv[i] + kernels_padded(3 * H);
        buffers->part[i] = buffers->norm[i] + kernels_padded(H);
        buffers->hidden[i] = buffers->part[i] + kernels_padded(H);
        next = buffers->hidden[i] + kernels_padded(step->blocks->P);
    }
    buffers->weights = next;
}

/* y <- w x + bias, for all rows */
static void affine(const struct self_attention_step *step, size_t in, size_t out,
                   const float *w, const float *bias, float *const *x, float *const *y)
{
    for (size_t i = 0; i < step->count; i++)
        memcpy(y[i], bias, out * sizeof *bias);
    step->kernels->product(step->count, in, out, w, (const float *const *)x, y);
}

static void norm_all(const struct self_attention_step *step, const float *weight,
                     const float *bias, float *const *y)
{
    for (size_t i = 0; i < step->count; i++)
        step->kernels->layer_norm(step->blocks->H, step->x[i], weight, bias, y[i]);
}

static void add_all(const struct self_attention_step *step, float *const *part)
{
    for (size_t i = 0; i < step->count; i++) {
        const float *const terms[] = {step->x[i], part[i]};
        step->kernels->add(2, step->blocks->H, terms, step->x[i]);
    }
}

/* The key and the value of an event go to the memory of its row. */
static void remember(const struct self_attention_step *step, const float *qkv,
                     size_t place, float *keys)
{
    const size_t H = step->blocks->H, d = H / step->blocks->A;
    const size_t capacity = step->shape.capacity;
    float *values = keys + capacity * H;

    for (size_t first = 0; first < H; first += d) {
        const float *k = qkv + H + first, *v = qkv + 2 * H + first;
        float *key = keys + capacity * first + place / KEY_BLOCK * KEY_BLOCK * d +
                     place % KEY_BLOCK;
        for (size_t j = 0; j < d; j++)
            key[j * KEY_BLOCK] = k[j];
        memcpy(values + capacity * first + place * d, v, d * sizeof *v);
    }
}

/* All heads of one event: to [H] */
static void attend_heads(const struct self_attention_step *step,
                         const struct packed_block *layer, const float *query,
                         uint32_t index, float *memory, uint32_t l, float *weights,
                         float *to)
{
    const struct packed_blocks *blocks = step->blocks;
    const size_t H = blocks->H, d = H / blocks->A, capacity = step->shape.capacity;
    const float *keys = keys_of(step, memory, l), *values = keys + capacity * H;

    for (uint32_t a = 0; a < blocks->A; a++) {
        const size_t first = a * d;
        const struct attend head = {
            .width = d,
            .capacity = capacity,
            .first = index < blocks->W ? 0 : index - blocks->W + 1,
            .last = index,
            .query = query + first,
            .keys = keys + capacity * first,
            .values = values + capacity * first,
            .clocks = clocks_of(memory),
            .slope = layer->slope[a],
            .time_slope = slope_of_ticks(layer->time_slope[a]),
            .weights = weights,
            .mean = to + first,
        };
        (void)step->kernels->attend(&head);
    }
}

static void run_layer(const struct self_attention_step *step,
                      const struct buffers *buffers, const uint32_t *index, uint32_t l)
{
    const struct packed_blocks *blocks = step->blocks;
    const struct packed_block *layer = &blocks->layers[l];
    const size_t H = blocks->H, P = blocks->P;
    const float scale = query_scale(H / blocks->A);

    norm_all(step, layer->norm1, layer->norm1_bias, buffers->norm);
    affine(step, H, 3 * H, layer->in, layer->in_bias, buffers->norm, buffers->qkv);
    for (size_t i = 0; i < step->count; i++)
        remember(step, buffers->qkv[i], index[i] % step->shape.capacity,
                 keys_of(step, step->memory[i], l));
    for (size_t i = 0; i < step->count; i++) {
        float *query = buffers->qkv[i];
        for (size_t j = 0; j < H; j++)
            query[j] *= scale;
        attend_heads(step, layer, query, index[i], step->memory[i], l, buffers->weights,
                     buffers->norm[i]);
    }
    affine(step, H, H, layer->out, layer->out_bias, buffers->norm, buffers->part);
    add_all(step, buffers->part);
    norm_all(step, layer->norm2, layer->norm2_bias, buffers->norm);
    affine(step, H, P, layer->linear1, layer->linear1_bias, buffers->norm,
           buffers->hidden);
    for (size_t i = 0; i < step->count; i++)
        step->kernels->relu(P, buffers->hidden[i]);
    affine(step, P, H, layer->linear2, layer->linear2_bias, buffers->hidden,
           buffers->part);
    add_all(step, buffers->part);
}

void self_attention_run(const struct self_attention_step *step)
{
    uint32_t index[KERNELS_ROWS];
    struct buffers buffers;

    buffers_init(&buffers, step);
    begin_events(step, index);
    for (uint32_t l = 0; l < step->blocks->L; l++)
        run_layer(step, &buffers, index, l);
    norm_all(step, step->blocks->norm, step->blocks->norm_bias, step->x);
}
