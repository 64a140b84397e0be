/*
 * Gradients and logits of many examples, computed by several threads.
 *
 * A batch is dealt into shards of at most 16 histories, so that all shards have about as many
 * events.  A shard has its own memory, its own random numbers and its own gradients, and the
 * gradients are added in the order of the shards.  So the number of threads does not change the
 * result, and neither does which thread computes which shard.
 */
#ifndef TRIAGE_DATA_PARALLEL_H
#define TRIAGE_DATA_PARALLEL_H

#include <stdatomic.h>

#include "base/workers.h"
#include "model/trained_model.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"
#include "trainer.h"

enum { SHARD_HISTORIES = 16 };

struct shard {
    const struct example *examples[SHARD_HISTORIES];
    size_t count;
    struct arena arena;
    float *gradients; /* owned; a block of model->tensors */
    double loss;      /* sum over its labels */
    enum status status;
};

struct data_parallel {
    const struct trained_model *model;
    const struct training *training;
    struct workers *workers;        /* owned */
    struct shard *shards;           /* owned; enough for the largest batch */
    struct history_length *lengths; /* owned; of the largest batch */
    size_t shard_count;

    /* The current call. */
    struct training_weights weights;
    struct arena weights_arena;
    const struct example *const *examples;
    size_t count;
    double weight;           /* of the loss of one label: 1 / labels */
    uint64_t stream;         /* of random numbers */
    float *logits;           /* [labels][C] */
    const size_t *first_row; /* [count] each example's first row of logits */
    atomic_bool has_failed;  /* memory ran out while computing logits */
};

/* model and training are borrowed; most examples in a batch.  STATUS_NO_MEMORY. */
enum status data_parallel_init(struct data_parallel *parallel,
                               const struct trained_model *model,
                               const struct training *training, size_t most,
                               struct error *err);
void data_parallel_release(struct data_parallel *parallel);

/* Is that an action to train on: neither ACTION_NONE nor ACTION_OTHER? */
static inline bool is_label(const struct trained_model *model, uint32_t action)
{
    return action < model->action_count;
}

/* The number of labels of an example. */
size_t example_label_count(const struct trained_model *model,
                           const struct example *example);

/*
 * The mean loss over the labels of a batch that has at least one label.  The gradient is
 * left in data_parallel_gradients.  stream selects the random numbers of dropout.
 */
enum status data_parallel_backward(struct data_parallel *parallel, const float *params,
                                   const struct example *const *examples, size_t count,
                                   uint64_t stream, double *loss, struct error *err);

/* A block of model->tensors, valid until the next call. */
static inline float *data_parallel_gradients(const struct data_parallel *parallel)
{
    return parallel->shards[0].gradients;
}

/*
 * The logits of every label of any number of examples, without dropout: [labels][C], example by
 * example, event by event.  STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status data_parallel_logits(struct data_parallel *parallel, const float *params,
                                 const struct example *const *examples, size_t count,
                                 float *logits, struct error *err);

#endif
