/*
 * What a batch costs to compute: gradients and scores, shared out over the workers.
 *
 * A batch is dealt into shards of at most BATCH_SHARD histories, from the longest to the
 * shortest, so that all shards have about as many events.  Whoever computes it, a shard has
 * its own memory, its own stream of random numbers and its own gradient block, and blocks are
 * added in the order of the shards.  So the number of threads changes no bit.
 */
#ifndef TRIAGE_BATCH_H
#define TRIAGE_BATCH_H

#include <stdatomic.h>

#include "base/workers.h"
#include "model/trained_model.h"
#include "train/weights.h"
#include "trainer.h"

enum {
    BATCH_SHARD = 16,
    BATCH_CHUNK = 64,
    BATCH_KEPT = 16 << 20 /* bytes that a shard keeps for its next round */
};

struct shard {
    const struct example *examples[BATCH_SHARD];
    size_t count;
    struct arena arena;
    float *gradients; /* a block of the model's layout */
    double loss;      /* sum over its targets */
    enum status status;
};

struct turn; /* batch.c */

struct batch {
    const struct trained_model *model;
    const struct training *training;
    struct workers *workers; /* owned */
    struct shard *shards;    /* owned */
    size_t shard_count;      /* enough for the largest batch */
    struct turn *turns;      /* owned; of the largest batch */

    /* What the running round works on. */
    struct weights weights;
    struct arena packing; /* holds them */
    const struct example *const *examples;
    size_t count;
    double weight; /* of one target's loss: 1 / targets */
    uint64_t stream;
    float *scores;
    const size_t *first;    /* [count] each example's first row of the scores */
    atomic_bool has_failed; /* a chunk of the scores ran out of memory */
};

/* model and training are borrowed; most histories in a batch.  STATUS_NO_MEMORY. */
enum status batch_init(struct batch *batch, const struct trained_model *model,
                       const struct training *training, size_t most, struct error *err);
void batch_release(struct batch *batch);

/* Is that an action to learn, neither none nor another's? */
static inline bool is_target(const struct trained_model *model, uint32_t action)
{
    return action < model->action_count;
}

/* How many targets an example has: events with an action to learn. */
size_t example_targets(const struct trained_model *model, const struct example *example);

/*
 * The mean loss of the targets of count examples (at most those of batch_init; one target
 * or more) and its gradient, which stands in the first shard's block afterwards; stream selects
 * the random numbers of dropout.
 */
enum status batch_gradient(struct batch *batch, const float *params,
                           const struct example *const *examples, size_t count,
                           uint64_t stream, double *loss, struct error *err);

/*
 * The scores of every target of any number of examples, without dropout: [targets][C], example
 * by example, event by event.
 */
enum status batch_scores(struct batch *batch, const float *params,
                         const struct example *const *examples, size_t count,
                         float *scores, struct error *err);

#endif
