/*
 * The attention head in training, over a packed batch, forward and backward; infer/attention.h has
 * the equations.
 *
 * Forward does the operations of the service in their order, so that its contexts have the same bits.
 * Backward uses another form of the same mean.  With the logarithm of the sum of exp(s) so far,
 * L_t = ln(exp(L_{t-1}) + exp(s_t)), the share of event t is sigmoid(s_t - L_{t-1}), and
 *
 *     c_t = c_{t-1} + share_t (h_t - c_{t-1})
 *
 * is a recurrence whose gradients run back from the last event (da is the gradient of a):
 *
 *     dh_t     += share dc_t                dshare    = dc_t . (h_t - c_{t-1})
 *     dc_{t-1} += (1 - share) dc_t          dz        = dshare share (1 - share)
 *     ds_t      = dz + share dL_t           dL_{t-1}  = (1 - share) dL_t - dz
 *
 * At the first event share is 1 and constant: dshare = 0.
 */
#ifndef TRIAGE_TRAIN_ATTENTION_H
#define TRIAGE_TRAIN_ATTENTION_H

#include "base/arena.h"
#include "base/error.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"

struct attention_run {
    const struct training_weights *weights;
    const struct packed_batch *batch;
    const float *states; /* [N][H] h */
    float *hidden;   /* [N][H] tanh(W h + b); after backward the gradients of the sums */
    float *shares;   /* [N] */
    float *contexts; /* [N][H] c */
};

/* states is borrowed; everything else is in the arena.  STATUS_NO_MEMORY. */
enum status attention_forward(struct attention_run *run,
                              const struct training_weights *weights,
                              const struct packed_batch *batch, const float *states,
                              struct arena *arena, struct error *err);

/*
 * Given dcontexts [N][H], the gradient of the contexts, which is overwritten: add to dh [N][H] and to
 * the gradients of the params.  STATUS_NO_MEMORY.
 */
enum status attention_backward(const struct attention_run *run, float *dcontexts,
                               float *dh, float *gradients, struct arena *arena,
                               struct error *err);

#endif
