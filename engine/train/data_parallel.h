/*
 * Gradients and logits of many examples, computed by several threads.
 *
 * A batch is split into shards of at most 16 examples with about equal numbers of events.  A shard
 * has its own memory, its own random numbers and its own gradients, and the gradients are added in
 * the order of the shards.  So the result depends neither on the number of threads nor on which
 * thread computes which shard.
 *
 * A target is an action of the model that is right after an event of an example: what the loss is
 * computed for.  With TASK_LAST and a prefix weight w above 0, the action at the end of a history
 * of n events is also a target after each earlier event, with the weight w / (n - 1) (PREFIX_MEAN)
 * or w (PREFIX_SUM): the model is asked in the middle of a history, too.  Every other target has
 * the weight 1.
 *
 * With TASK_CONTINUE the targets are those of the steps of the decoder, beginning by beginning
 * (beginnings.h): all events after a beginning, and the end.  In training the beginnings are drawn for
 * each batch, from a random stream for each example; the others are the same ones always.
 */
#ifndef TRIAGE_DATA_PARALLEL_H
#define TRIAGE_DATA_PARALLEL_H

#include <stdatomic.h>

#include "base/workers.h"
#include "model/trained_model.h"
#include "train/encoder_decoder.h"
#include "train/loss.h"
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
    uint32_t indices[SHARD_EXAMPLES]; /* of the examples in the batch */
    size_t count;
    struct arena arena;
    float *gradients; /* [tensors.floats] owned */
    double loss;      /* weighted sum over its targets */
    enum status status;
};

struct data_parallel {
    const struct trained_model *model;
    const struct training *training;
    bool has_prefix_targets; /* of this model and training */
    struct workers *workers; /* owned */
    struct shard *shards;    /* [shard_count] owned; enough for the largest batch */
    struct history_length *lengths; /* owned scratch; as long as the largest batch */
    size_t shard_count;

    /* Of the current call. */
    struct training_weights weights;
    struct encoder_decoder_weights pair; /* TASK_CONTINUE: instead of weights */
    struct arena weights_arena;
    struct example_list examples;
    double scale;            /* 1 / the weight of all targets of the batch */
    uint64_t stream;         /* of random numbers */
    float *logits;           /* [targets][C] */
    const size_t *first_row; /* [examples.count] each example's first row of logits */
    atomic_bool has_failed;  /* memory ran out while computing logits */
};

/* model and training are borrowed.  max_batch is the size of the largest batch. */
enum status data_parallel_init(struct data_parallel *parallel,
                               const struct trained_model *model,
                               const struct training *training, size_t max_batch,
                               struct error *err);
void data_parallel_release(struct data_parallel *parallel);

/* Are there targets before the end of a history? */
bool has_prefix_targets(const struct trained_model *model,
                        const struct training *training);

/*
 * Write the targets of an example, as many as example_target_count says, in the order of
 * data_parallel_logits.
 */
void example_targets(const struct data_parallel *parallel, const struct example *example,
                     struct target *targets);

/* The number of targets of an example, of any weight; of TASK_CONTINUE, not those that are drawn. */
size_t example_target_count(const struct trained_model *model,
                            const struct training *training,
                            const struct example *example);

/*
 * Compute the weighted mean loss over the targets of a batch, which has at least one, and its
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
 * Compute the logits of every target of any number of examples, without dropout: [targets][C],
 * example by example, event by event.  STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status data_parallel_logits(struct data_parallel *parallel, const float *params,
                                 struct example_list examples, float *logits,
                                 struct error *err);

#endif
