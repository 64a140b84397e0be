/*
 * What the gates of the first layer receive from events, and what they give back.
 *
 * The values of a categorical field that occur in a batch are numbered; embedding times input
 * weights is computed once for each of them and looked up for every event (as net/fold.c does
 * for a finished model), and on the way back the gates' gradients of a value's events are
 * added up before they are multiplied.  So both products are as small as the batch's
 * vocabulary, whatever the number of events.
 */
#ifndef TRIAGE_INPUTS_H
#define TRIAGE_INPUTS_H

#include "base/arena.h"
#include "base/error.h"
#include "train/cell.h"
#include "train/packed.h"
#include "train/weights.h"

/* One categorical field in a batch. */
struct inputs_field {
    uint32_t *slots;  /* [N] number of each event's value */
    uint32_t *values; /* [S] the values, by number */
    size_t count;     /* S */
    size_t column;    /* one-hot: of the input, where its values begin */
    float *embedded;  /* [S][E] */
    float *table;     /* [S][G*H]: products, or gradients */
};

struct inputs {
    const struct weights *weights;
    const struct packed *packed;
    struct inputs_field *fields; /* [K] */
};

/* All are borrowed; what is made is in the arena.  STATUS_NO_MEMORY. */
enum status inputs_init(struct inputs *inputs, const struct weights *weights,
                        const struct packed *packed, struct arena *arena,
                        struct error *err);

/* Fill what rnn_layer_start left to be filled, for direction d of layer 0. */
void inputs_forward(const struct inputs *inputs, uint32_t d, struct rnn_layer *pass);

/* After rnn_layer_backward: add the gradients of input weights and embeddings. */
enum status inputs_backward(const struct inputs *inputs, uint32_t d,
                            const struct rnn_layer *pass, float *gradients,
                            struct arena *arena, struct error *err);

#endif
