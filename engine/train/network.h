/*
 * The whole network for learning: inputs -> cells -> states -> scores, over a packed batch;
 * and back.
 *
 * The head looks at M states: with TASK_LAST at each row's final one (M = B, row b of the
 * scores is row b of the batch), else at the state after every event (M = N, in the order of
 * the places), whose losses' ways back add up in the walk.
 *
 * A run holds what one pass forward leaves for the way back; all of it is in the arena it
 * was given, so that a batch is forgotten in one call.  Runs on different arenas may go on
 * beside one another.
 */
#ifndef TRIAGE_NETWORK_H
#define TRIAGE_NETWORK_H

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "model/trained_model.h"
#include "train/cell.h"
#include "train/inputs.h"
#include "train/packed.h"

/* Dropout while learning: each output is kept with chance 1 - rate and scaled up. */
struct dropout {
    double rate;
    struct random *random; /* NULL: no dropout */
};

struct network_run {
    const struct weights *weights;
    const struct trained_model *model;      /* the weights', */
    const struct training_kernels *kernels; /* and theirs, too */
    const struct packed *packed;
    struct arena *arena;

    struct inputs inputs;
    struct rnn_layer passes[WEIGHTS_PASSES];
    float *below[WEIGHTS_PASSES]; /* [N][D*H]: what each layer above the first saw */
    float *masks[WEIGHTS_PASSES]; /* [N][D*H]: dropout of a layer's outputs, or NULL */
    float *outputs;               /* [N][D*H] of the last layer */
    size_t heads;                 /* M */
    float *heard;                 /* [M][D*H]: what the head saw, after dropout */
    float *heard_mask;            /* [M][D*H], or NULL */
    float *scores;                /* [M][C] */
};

/* Fill run->scores.  weights are borrowed until the run is over.  STATUS_NO_MEMORY. */
enum status network_run(struct network_run *run, const struct weights *weights,
                        const struct packed *packed, struct dropout dropout,
                        struct arena *arena, struct error *err);

/* The same with params, a block of the model's layout, packed for this one run. */
enum status network_forward(struct network_run *run, const struct trained_model *model,
                            const float *params, const struct packed *packed,
                            struct dropout dropout, struct arena *arena,
                            struct error *err);

/*
 * Add to gradients, a block of the same layout, those of dscores [M][C].  Once: it uses up
 * what the pass forward left.
 */
enum status network_backward(struct network_run *run, const float *dscores,
                             float *gradients, struct error *err);

/*
 * After network_backward: the gradient of what the first layer saw of each event, [N][input],
 * in the arena.  NULL with STATUS_NO_MEMORY.
 */
float *network_input_gradient(const struct network_run *run, struct error *err);

/* The row of the scores for event t of row b; with TASK_LAST, t is b's last event. */
static inline size_t network_head(const struct network_run *run, uint32_t b, uint32_t t)
{
    return run->model->task == TASK_LAST ? b : run->packed->offset[t] + b;
}

#endif
