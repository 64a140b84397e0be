/*
 * Layers of self-attention in training, over a packed batch, forward and backward;
 * infer/self_attention.h has the equations.  Forward does the operations of the service in their order,
 * so that its states have the same bits.
 *
 * Backward (da is the gradient of a).  A layer norm with z = (x - mean) / deviation and
 * g = dy * weight:
 *
 *     dx += (g - mean(g) - z mean(g z)) / deviation    dweight += dy z    dbias += dy
 *
 * A head, for one event, with o = sum of p_i v_i:
 *
 *     dv_i += p_i do    ds_i = p_i (do . v_i - do . o)    dq += ds_i k_i    dk_i += ds_i q
 *     da -= ds_i (t - i)    db -= ds_i (c_t - c_i)
 *
 * p is computed again in backward from the largest score and the sum, which forward keeps: the memory
 * grows with the events, not with their pairs.
 */
#ifndef TRIAGE_TRAIN_SELF_ATTENTION_H
#define TRIAGE_TRAIN_SELF_ATTENTION_H

#include "base/arena.h"
#include "base/error.h"
#include "infer/self_attention.h"
#include "train/dropout.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"

/* What forward leaves of a layer. */
struct block_run {
    float *x;                  /* [N][H] its input */
    float *norm1;              /* [N][H] */
    float *qkv;                /* [N][3H] */
    struct attended *attended; /* [N][A] */
    float *mean;               /* [N][H] of the values */
    float *middle;             /* [N][H] after the attention */
    float *norm2;              /* [N][H] */
    float *hidden;             /* [N][P] after the relu */
    float *masks[2];           /* [N][H] of both parts; NULL without dropout */
};

struct self_attention_run {
    const struct training_weights *weights;
    const struct packed_batch *batch;
    struct arena *arena;
    struct block_run layers[MAX_BLOCKS];
    uint32_t *clocks; /* [N] */
    float *last;      /* [N][H] the output of the last layer */
};

/*
 * From x [N][H], which is kept, to states [N][H].  weights, batch and arena are borrowed.
 * STATUS_NO_MEMORY.
 */
enum status self_attention_forward(struct self_attention_run *run,
                                   const struct training_weights *weights,
                                   const struct packed_batch *batch,
                                   struct dropout dropout, float *x, float *states,
                                   struct arena *arena, struct error *err);

/*
 * Given dstates [N][H], the gradient of the states: add to the gradients of the params, and set dx
 * [N][H], the gradient of the input, which begins with 0.  Call it once.  STATUS_NO_MEMORY.
 */
enum status self_attention_backward(struct self_attention_run *run, const float *dstates,
                                    float *dx, float *gradients, struct error *err);

#endif
