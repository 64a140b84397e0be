/*
 * The whole network in training, over a packed batch: inputs -> rnn layers, or layers of
 * self-attention -> head -> logits forward, and the gradients backward.
 *
 * The head is applied to M states.  With TASK_LAST they are the final states of the rows: M = B,
 * and row b of the logits belongs to row b of the batch.  With the other tasks, and with
 * after_every_event, they are the states after every event: M = N.
 *
 * A network_run holds what forward leaves for backward.  All its memory is in one arena.  Several
 * threads may each have a run, in an arena of their own.
 */
#ifndef TRIAGE_NETWORK_H
#define TRIAGE_NETWORK_H

#include "base/arena.h"
#include "base/error.h"
#include "model/trained_model.h"
#include "train/attention.h"
#include "train/dropout.h"
#include "train/inputs.h"
#include "train/packed_batch.h"
#include "train/rnn_layer.h"
#include "train/self_attention.h"
#include "train/training_weights.h"

/*
 * The states of all layers, [S][H] each, where a decoder begins: those of an encoder after some of its
 * events.  c and dc of an LSTM, else NULL.
 */
struct start_states {
    size_t count;         /* S */
    const size_t *events; /* [S] of the encoder's batch; row s of the decoder's batch */
    float *h[MAX_RNN_LAYERS], *c[MAX_RNN_LAYERS];   /* [L] */
    float *dh[MAX_RNN_LAYERS], *dc[MAX_RNN_LAYERS]; /* [L] their gradients */
};

/* Allocate the states and their gradients, which are 0.  STATUS_NO_MEMORY. */
enum status start_states_init(struct start_states *states, const struct spec *spec,
                              const size_t *events, size_t count, struct arena *arena,
                              struct error *err);

struct network_options {
    struct dropout dropout;
    bool after_every_event; /* TASK_LAST, one direction: apply the head to all states */
    /* A decoder begins with `begins`, and backward adds to the gradients; an encoder sets `sets` in
       forward, and reads the gradients in backward.  Borrowed by the run, or NULL. */
    struct start_states *begins, *sets;
};

struct network_run {
    const struct training_weights *weights;
    const struct trained_model *model;      /* weights->model */
    const struct training_kernels *kernels; /* weights->kernels */
    const struct packed_batch *batch;
    struct arena *arena;

    struct inputs inputs;
    struct input_sums sums[2]; /* [D] of layer 0; after backward their gradients */
    struct rnn_layer layers[MAX_RNN_LAYERS]; /* [L][D] */
    float *layer_inputs[MAX_RNN_LAYERS];     /* [L] of [N][D*H]; NULL for layer 0 */
    float *layer_masks[MAX_RNN_LAYERS];      /* [L] of [N][D*H]; NULL without dropout */
    struct self_attention_run self;          /* with self-attention, in place of layers */
    float *states;                           /* [N][D*H] outputs of the last layer */
    bool is_final;                      /* the head is applied to final states: M = B */
    size_t logit_rows;                  /* M */
    size_t head_width;                  /* triage_spec_head_width */
    float *head_inputs;                 /* [M][head_width] after dropout */
    float *head_mask;                   /* the same; NULL without dropout */
    struct attention_run attention;     /* with an attention head */
    float *logits;                      /* [M][C]; NULL: an encoder without a head */
    struct start_states *begins, *sets; /* of the options */
};

/* Compute run->logits.  weights, batch and arena are borrowed by the run.  STATUS_NO_MEMORY. */
enum status network_forward_packed(struct network_run *run,
                                   const struct training_weights *weights,
                                   const struct packed_batch *batch,
                                   struct network_options options, struct arena *arena,
                                   struct error *err);

/* The same by the task; packs params [tensors.floats] first, for this run only. */
enum status network_forward(struct network_run *run, const struct trained_model *model,
                            const float *params, const struct packed_batch *batch,
                            struct dropout dropout, struct arena *arena,
                            struct error *err);

/*
 * Given dlogits [M][C] (an encoder: NULL), add the gradients of the params to gradients [tensors.floats].  Call it
 * once per run: it overwrites what forward left.  STATUS_NO_MEMORY.
 */
enum status network_backward(struct network_run *run, const float *dlogits,
                             float *gradients, struct error *err);

/*
 * After network_backward: compute the gradient of the inputs of layer 0, [N][input_width], in the
 * arena of the run.  NULL if memory runs out.
 */
float *network_input_gradient(const struct network_run *run, struct error *err);

/* The row of the logits after event t of row b; if run->is_final, t must be its last event. */
static inline size_t network_logit_row(const struct network_run *run, uint32_t b,
                                       uint32_t t)
{
    return run->is_final ? b : run->batch->offset[t] + b;
}

#endif
