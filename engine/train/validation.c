/* See validation.h. */
#include "train/validation.h"
#include "base/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Floats of scores at a time, unless one example alone has more. */
enum { SCORES_MOST = 16 << 20 };

static bool choose(struct validation *v, const struct trained_model *model,
                   const struct example *examples, size_t count)
{
    size_t most = SCORES_MOST / model->action_count, all = 0, longest = 1;

    for (size_t i = 0; i < count; i++) {
        size_t targets = example_targets(model, &examples[i]);
        if (targets > 0)
            v->examples[v->count++] = &examples[i];
        longest = targets > longest ? targets : longest;
        all += targets;
    }
    v->room = all < most ? all : most;
    v->room = v->room > longest ? v->room : longest;
    v->actions = calloc(v->room, sizeof *v->actions);
    v->scores = calloc(v->room, model->action_count * sizeof *v->scores);
    return v->actions != NULL && v->scores != NULL;
}

enum status validation_init(struct validation *validation,
                            const struct trained_model *model,
                            const struct example *examples, size_t count,
                            struct error *err)
{
    memset(validation, 0, sizeof *validation);
    validation->examples = calloc(count + 1, sizeof *validation->examples);
    if (validation->examples != NULL && choose(validation, model, examples, count))
        return STATUS_OK;
    validation_release(validation);
    return error_no_memory(err);
}

void validation_release(struct validation *validation)
{
    free(validation->examples);
    free(validation->actions);
    free(validation->scores);
    memset(validation, 0, sizeof *validation);
}

/*
 * The scores of as many of count examples as fit; *taken says how many those are, *targets how
 * many rows.
 */
static enum status score_some(struct validation *v, struct batch *batch,
                              const float *params, const struct example *const *examples,
                              size_t count, size_t *taken, size_t *targets,
                              struct error *err)
{
    *taken = *targets = 0;
    for (; *taken < count; ++*taken) {
        const struct example *example = examples[*taken];
        if (*targets + example_targets(batch->model, example) > v->room)
            break;
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (is_target(batch->model, action))
                v->actions[(*targets)++] = action;
        }
    }
    return batch_scores(batch, params, examples, *taken, v->scores, err);
}

enum status validation_score(struct validation *validation, struct batch *batch,
                             const float *params, struct score *score, struct error *err)
{
    double loss = 0.0, right = 0.0, all = 0.0;
    size_t taken, targets;

    for (size_t i = 0; i < validation->count; i += taken) {
        enum status status =
            score_some(validation, batch, params, validation->examples + i,
                       validation->count - i, &taken, &targets, err);
        if (status != STATUS_OK)
            return status;
        struct score some = score_of(validation->scores, validation->actions, targets,
                                     batch->model->action_count);
        loss += some.loss * (double)targets;
        right += some.accuracy * (double)targets;
        all += (double)targets;
    }
    *score = (struct score){loss / all, right / all};
    return STATUS_OK;
}

enum status validation_temperature(struct validation *validation, struct batch *batch,
                                   const float *params, double *temperature,
                                   struct error *err)
{
    const struct trained_model *model = batch->model;
    size_t all = 0, stride, kept = 0, taken, targets;
    const struct example **some;
    enum status status;

    assert(validation->count > 0);
    for (size_t i = 0; i < validation->count; i++)
        all += example_targets(model, validation->examples[i]);
    stride = (all + validation->room - 1) / validation->room;
    some = calloc(validation->count, sizeof *some);
    if (some == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < validation->count; i += stride)
        some[kept++] = validation->examples[i];
    status = score_some(validation, batch, params, some, kept, &taken, &targets, err);
    free(some);
    if (status == STATUS_OK)
        *temperature = score_temperature(validation->scores, validation->actions, targets,
                                         model->action_count);
    return status;
}
