/* The attention head over a packed batch: event by event forward, and backward from the last. */
#include "train/attention.h"

#include <string.h>

#include "infer/attention.h"
#include "infer/kernels.h"
#include "train/gemm.h"

static size_t width_of(const struct attention_run *run)
{
    return run->weights->model->spec.hidden;
}

static const struct tensor *tensor_of(const struct attention_run *run,
                                      enum attention_role role)
{
    return tensors_attention(&run->weights->model->tensors, role);
}

/* ---- forward ------------------------------------------------------------------------- */

/* The scores [N] of all events at once; run->hidden is set. */
static void score(const struct attention_run *run, float *scores)
{
    const struct training_weights *weights = run->weights;
    const struct kernels *exact = kernels_pick_exact();
    const float *b = weights->params + tensor_of(run, ATTENTION_BIAS)->offset;
    size_t N = run->batch->events, H = width_of(run);

    for (size_t event = 0; event < N; event++)
        memcpy(run->hidden + event * H, b, H * sizeof *b);
    weights->kernels->product(N, H, H, run->states, H, weights->attention_forward,
                              run->hidden, H);
    exact->tanhs(N * H, run->hidden);
    weights->kernels->product(N, 1, H, run->hidden, H, weights->query_forward, scores, 1);
}

enum status attention_forward(struct attention_run *run,
                              const struct training_weights *weights,
                              const struct packed_batch *batch, const float *states,
                              struct arena *arena, struct error *err)
{
    const struct kernels *exact = kernels_pick_exact();
    size_t N = batch->events, H = weights->model->spec.hidden;
    float *scores = arena_array(arena, N, sizeof *scores);
    struct running_softmax *softmaxes =
        arena_array(arena, batch->rows, sizeof *softmaxes);

    *run = (struct attention_run){.weights = weights,
                                  .batch = batch,
                                  .states = states,
                                  .hidden = arena_floats(arena, N, H),
                                  .shares = arena_floats(arena, 1, N),
                                  .contexts = arena_floats(arena, N, H)};
    if (!scores || !softmaxes || !run->hidden || !run->shares || !run->contexts)
        return error_no_memory(err);
    score(run, scores);
    for (uint32_t t = 0; t < batch->steps; t++)
        for (uint32_t b = 0; b < batch->batch_sizes[t]; b++) {
            size_t event = batch->offset[t] + b;
            float *context = run->contexts + event * H;
            if (t == 0)
                memset(context, 0, H * sizeof *context);
            else
                memcpy(context, run->contexts + (batch->offset[t - 1] + b) * H,
                       H * sizeof *context);
            run->shares[event] =
                running_softmax_add(&softmaxes[b], scores[event], t == 0);
            exact->move_mean(H, run->shares[event], states + event * H, context);
        }
    return STATUS_OK;
}

/* ---- backward ------------------------------------------------------------------------ */

/*
 * One event: add to dh [H], set the gradient dc_before [H] of the context before it (NULL: it is the
 * first), replace *dl by the gradient of L before it, and return the gradient of its score.
 */
static float backward_event(size_t H, float share, const float *h, const float *before,
                            const float *dc, float *dh, float *dc_before, float *dl)
{
    double dshare = 0.0;
    const float kept = 1.0f - share, gradient = *dl;

    for (size_t j = 0; j < H; j++)
        dh[j] += share * dc[j];
    if (!dc_before)
        return gradient;
    for (size_t j = 0; j < H; j++) {
        dshare += (double)dc[j] * (double)(h[j] - before[j]);
        dc_before[j] += kept * dc[j];
    }
    const float dz = (float)dshare * share * kept;
    *dl = kept * gradient - dz;
    return dz + share * gradient;
}

/* Set dscores [N]; dcontexts is overwritten. */
static void backward_contexts(const struct attention_run *run, float *dcontexts,
                              float *dl, float *dh, float *dscores)
{
    const struct packed_batch *batch = run->batch;
    size_t H = width_of(run);

    for (uint32_t t = batch->steps; t-- > 0;)
        for (uint32_t b = 0; b < batch->batch_sizes[t]; b++) {
            size_t event = batch->offset[t] + b;
            size_t before = t == 0 ? 0 : batch->offset[t - 1] + b;
            dscores[event] = backward_event(
                H, run->shares[event], run->states + event * H,
                run->contexts + before * H, dcontexts + event * H, dh + event * H,
                t == 0 ? NULL : dcontexts + before * H, &dl[b]);
        }
}

/* From dscores [N]: add the gradients of the params, and replace hidden by those of its sums. */
static void backward_scores(const struct attention_run *run, const float *dscores,
                            float *gradients)
{
    const struct training_kernels *kernels = run->weights->kernels;
    const struct tensor *query = tensor_of(run, ATTENTION_QUERY);
    const float *q = run->weights->params + query->offset;
    size_t N = run->batch->events, H = width_of(run);

    gemm_tn(kernels, 1, H, N, dscores, 1, run->hidden, H, gradients + query->offset, H);
    for (size_t event = 0; event < N; event++) {
        float *u = run->hidden + event * H;
        for (size_t j = 0; j < H; j++)
            u[j] = dscores[event] * q[j] * (1.0f - u[j] * u[j]);
    }
    gemm_tn(kernels, H, H, N, run->hidden, H, run->states, H,
            gradients + tensor_of(run, ATTENTION_WEIGHT)->offset, H);
    kernels->add_rows(N, H, run->hidden, H,
                      gradients + tensor_of(run, ATTENTION_BIAS)->offset);
}

enum status attention_backward(const struct attention_run *run, float *dcontexts,
                               float *dh, float *gradients, struct arena *arena,
                               struct error *err)
{
    size_t N = run->batch->events, H = width_of(run);
    float *dscores = arena_floats(arena, 1, N);
    float *dl = arena_array(arena, run->batch->rows, sizeof *dl);

    if (!dscores || !dl)
        return error_no_memory(err);
    backward_contexts(run, dcontexts, dl, dh, dscores);
    backward_scores(run, dscores, gradients);
    run->weights->kernels->product(N, H, H, run->hidden, H, run->weights->attention_back,
                                   dh, H);
    return STATUS_OK;
}
