/*
 * Layers of causal self-attention: the encoder of a transformer (Vaswani et al. 2017,
 * arXiv:1706.03762) with the layer norm before each part (Xiong et al. 2020, arXiv:2002.04745), and
 * distances in place of positions.  An event attends to itself and to the W - 1 events before it.
 *
 *     x = W_in [embeddings ; numbers] + b_in                    as layer 0 of a recurrent network
 *     each layer:
 *         [q ; k ; v] = W_qkv norm1(x) + b_qkv                  A heads of d = H / A components
 *         s_i = q . k_i / sqrt(d) - a (t - i) - b (c_t - c_i)   t: this event; i = t - W + 1 .. t
 *         p_i = exp(s_i) / sum of exp(s_i)
 *         x = x + (W_o [sum of p_i v_i, head by head] + b_o)
 *         x = x + (W_2 relu(W_1 norm2(x) + b_1) + b_2)
 *     h = norm(x)                                               the state that the head reads
 *
 *     norm(x) = (x - mean) / sqrt(variance + 1e-5) * weight + bias
 *
 *     W_in [H][E+F]    W_qkv [3H][H]    W_o [H][H]    W_1 [P][H]    W_2 [H][P]    a, b [A]
 *
 * a, the slope of a head on the distance, begins as in ALiBi (Press et al. 2022, arXiv:2108.12409) and
 * is trained.  b is the same for time: c_t is the sum of log1p(seconds since the event before) up to
 * t, in 1024ths, from the input "since_previous"; where a model has no such input, every c is 0.  It
 * is a sum of logarithms and not the logarithm of a sum: each long pause then separates what is before
 * it from what is after.
 *
 * Keys, values and clocks of the last events are the memory of a row.  So one more event costs one
 * step, and no event is computed twice.  Events of a row that are known are computed together: their
 * products read each matrix once.
 */
#ifndef TRIAGE_SELF_ATTENTION_H
#define TRIAGE_SELF_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/kernels.h"
#include "model/schema.h"

/* One layer.  Matrices are packed; vectors are those of the model. */
struct packed_block {
    const float *norm1, *norm1_bias;
    const float *in, *in_bias;       /* W_qkv, b_qkv */
    const float *slope, *time_slope; /* a, b */
    const float *out, *out_bias;     /* W_o, b_o */
    const float *norm2, *norm2_bias;
    const float *linear1, *linear1_bias;
    const float *linear2, *linear2_bias;
};

/* The column of "since_previous" among the numbers of an event. */
struct event_clock {
    bool exists;
    uint32_t column;
    struct scale scale;
};

struct packed_blocks {
    struct packed_block *layers; /* [L]; NULL: the network is recurrent */
    const float *norm, *norm_bias;
    uint32_t L, H, A, P, W;
    struct event_clock clock;
};

struct event_clock event_clock_of(const struct schema *schema);

/* By how many 1024ths the clock runs on before an event with these numbers [F]. */
uint32_t event_clock_ticks(const struct event_clock *clock, const float *values);

/* b for 1024ths. */
static inline float slope_of_ticks(float time_slope)
{
    return time_slope * (1.0f / 1024.0f);
}

/* 1 / sqrt(d), by which a query is multiplied. */
float query_scale(size_t width);

/*
 * The memory of a row: its number of events and its clock, the clocks of the last events [capacity], and
 * for each layer the keys [A][capacity / KEY_BLOCK][d][KEY_BLOCK] and values [A][capacity][d].
 */
struct memory_shape {
    size_t capacity; /* in events; a multiple of KEY_BLOCK */
    size_t floats;
};

/* For rows of at most max_events, so that the events of a step displace none that it attends to. */
struct memory_shape memory_shape_of(const struct packed_blocks *blocks,
                                    uint32_t max_events);

/* Before the first event. */
void memory_clear(float *memory);

/* Copy what has been written of a memory. */
void memory_copy(const struct packed_blocks *blocks, struct memory_shape shape, float *to,
                 const float *from);

/* One more event in count memories, at most the kernels' rows.  A row may occur more than once. */
struct self_attention_step {
    const struct kernels *kernels;
    const struct packed_blocks *blocks;
    struct memory_shape shape;
    size_t count;
    float *const *x;            /* [count] -> [H] the event; replaced by h */
    float *const *memory;       /* [count] */
    const float *const *values; /* [count] -> [F] its numbers; not read without a clock */
    float *work;                /* self_attention_work floats, overwritten */
};

size_t self_attention_work(const struct kernels *kernels,
                           const struct packed_blocks *blocks, struct memory_shape shape);

void self_attention_run(const struct self_attention_step *step);

#endif
