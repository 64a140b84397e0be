/*
 * Gradients and logits of many examples, computed by several threads.
 *
 * A batch is split into shards of at most 16 examples with about equal numbers of events.  A shard
 * has its own memory, its own random numbers and its own gradients, and the gradients are added in
 * the order of the shards.  So the result depends neither on the number of threads nor on which
 * thread computes which shard.
 *
 * A label is an action of the model that is right after an event of an example: what the loss is
 * computed for.
 */
#ifndef TRIAGE_DATA_PARALLEL_H
#define TRIAGE_DATA_PARALLEL_H

#include <stdatomic.h>

#include "base/workers.h"
#include "model/trained_model.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"
#include "trainer.h"

/* Some examples, borrowed. */
struct example_list {
    const struct example *const *items; /* [count] */
    size_t count;
};

enum { SHARD_EXAMPLES = 16 };

struct shard {
    const struct example *examples[SHARD_EXAMPLES];
    size_t count;
    struct arena arena;
    float *gradients; /* [tensors.floats] owned */
    double loss;      /* sum over its labels */
    enum status status;
};

struct data_parallel {
    const struct trained_model *model;
    const struct training *training;
    struct workers *workers; /* owned */
    struct shard *shards;    /* [shard_count] owned; enough for the largest batch */
    struct history_length *lengths; /* owned scratch; as long as the largest batch */
    size_t shard_count;

    /* Of the current call. */
    struct training_weights weights;
    struct arena weights_arena;
    struct example_list examples;
    double label_weight;     /* 1 / labels of the batch */
    uint64_t stream;         /* of random numbers */
    float *logits;           /* [labels][C] */
    const size_t *first_row; /* [examples.count] each example's first row of logits */
    atomic_bool has_failed;  /* memory ran out while computing logits */
};

/* model and training are borrowed.  max_batch is the size of the largest batch. */
enum status data_parallel_init(struct data_parallel *parallel,
                               const struct trained_model *model,
                               const struct training *training, size_t max_batch,
                               struct error *err);
void data_parallel_release(struct data_parallel *parallel);

/* Is this an action to train on: neither ACTION_NONE nor ACTION_OTHER? */
static inline bool is_label(const struct trained_model *model, uint32_t action)
{
    return action < model->action_count;
}

/* The number of labels of an example. */
size_t example_label_count(const struct trained_model *model,
                           const struct example *example);

/*
 * Compute the mean loss over the labels of a batch, which has at least one label, and its
 * gradient (data_parallel_gradients).  stream selects the random numbers of dropout.
 * STATUS_NO_MEMORY.
 */
enum status data_parallel_backward(struct data_parallel *parallel, const float *params,
                                   struct example_list batch, uint64_t stream,
                                   double *loss, struct error *err);

/* The gradient [tensors.floats] that data_parallel_backward computed last. */
static inline float *data_parallel_gradients(const struct data_parallel *parallel)
{
    return parallel->shards[0].gradients;
}

/*
 * Compute the logits of every label of any number of examples, without dropout: [labels][C],
 * example by example, event by event.  STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status data_parallel_logits(struct data_parallel *parallel, const float *params,
                                 struct example_list examples, float *logits,
                                 struct error *err);

#endif
