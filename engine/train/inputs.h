/*
 * The inputs x of the first layer: W x + b for all events of a batch, and the gradients of W and
 * of the embeddings.  W has GH rows: G*H, or H with self-attention.
 *
 * A table holds embedding times input weights for each value of a categorical field that occurs
 * in the batch.  Forward adds a row of the table for every event (the service does the same with
 * a table of all values, infer/packed_weights.h).  Backward adds up the gradients of all events
 * with the same value and multiplies the sum.  So the cost of both products depends on the number
 * of different values, not on the number of events.
 */
#ifndef TRIAGE_INPUTS_H
#define TRIAGE_INPUTS_H

#include "base/arena.h"
#include "base/error.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"

/* One categorical field in a batch that has V different values of it. */
struct inputs_field {
    uint32_t *rows;   /* [N] the row of the table for each event */
    uint32_t *values; /* [V] the value of each row */
    size_t count;     /* V */
    size_t column;    /* one-hot: the first column of the field in W */
    float *embedded;  /* [V][E] the embedding of each row */
    float *table;     /* [V][GH] embedded W^T; in backward its gradient */
};

struct inputs {
    const struct training_weights *weights;
    const struct packed_batch *batch;
    struct arena *arena;
    struct inputs_field *fields; /* [K] */
};

/* weights, batch and arena are borrowed.  STATUS_NO_MEMORY. */
enum status inputs_init(struct inputs *inputs, const struct training_weights *weights,
                        const struct packed_batch *batch, struct arena *arena,
                        struct error *err);

/* The sums of layer 0 in direction d: [N] rows, width floats apart, of which the first GH are sums. */
struct input_sums {
    uint32_t d;
    float *sums;
    size_t width;
};

/* Set the sums to W x + b. */
void inputs_forward(const struct inputs *inputs, struct input_sums to);

/*
 * Given the gradients of the sums: add the gradients of W and of the embeddings to gradients
 * [tensors.floats].  STATUS_NO_MEMORY.
 */
enum status inputs_backward(const struct inputs *inputs, struct input_sums of,
                            float *gradients, struct error *err);

#endif
