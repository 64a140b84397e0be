/*
 * The inputs of the first layer: the sums W x + b of all events of a batch, and back.
 *
 * The values of a categorical field that occur in the batch are numbered.  Embedding times
 * input weights is computed once for each of them and added for every event (the service does
 * the same once per model, infer/packed_weights.h).  On the way back, the gradients of all
 * events with the same value are added before they are multiplied.  So the cost of both
 * products depends on the number of different values, not on the number of events.
 */
#ifndef TRIAGE_INPUTS_H
#define TRIAGE_INPUTS_H

#include "base/arena.h"
#include "base/error.h"
#include "train/packed_batch.h"
#include "train/rnn_layer.h"
#include "train/training_weights.h"

/* One categorical field in a batch that has S different values of it. */
struct inputs_field {
    uint32_t *numbers; /* [N] the number of each event's value, from 0 */
    uint32_t *values;  /* [S] the value with that number */
    size_t count;      /* S */
    size_t column;     /* one-hot: the first column of the field in W */
    float *embedded;   /* [S][E] */
    float *table;      /* [S][G*H]: embedded W^T, or on the way back its gradient */
};

struct inputs {
    const struct training_weights *weights;
    const struct packed_batch *batch;
    struct inputs_field *fields; /* [K] */
};

/* weights and batch are borrowed; the rest is in the arena.  STATUS_NO_MEMORY. */
enum status inputs_init(struct inputs *inputs, const struct training_weights *weights,
                        const struct packed_batch *batch, struct arena *arena,
                        struct error *err);

/* Fill the sums of the gates (rnn_layer.saved) of direction d of layer 0. */
void inputs_forward(const struct inputs *inputs, uint32_t d, struct rnn_layer *layer);

/* After rnn_layer_backward: add the gradients of input weights and embeddings. */
enum status inputs_backward(const struct inputs *inputs, uint32_t d,
                            const struct rnn_layer *layer, float *gradients,
                            struct arena *arena, struct error *err);

#endif
