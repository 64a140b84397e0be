/* Metrics and temperature on the validation data, computed part by part. */
#include "train/validation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Logits that are computed at a time, in floats; more only if one example alone has more. */
enum { MAX_LOGIT_FLOATS = 16 << 20 };

/* Keep the examples that have a target, and choose the capacity. */
static void choose_examples(struct validation *v, const struct trained_model *model,
                            const struct training *training,
                            const struct example *examples, size_t count)
{
    size_t limit = MAX_LOGIT_FLOATS / model->action_count / v->members;
    size_t all = 0, largest = 1;
    for (size_t i = 0; i < count; i++) {
        size_t targets = example_target_count(model, training, &examples[i]);
        if (targets > 0)
            v->examples[v->count++] = &examples[i];
        largest = targets > largest ? targets : largest;
        all += targets;
    }
    v->capacity = all < limit ? all : limit;
    v->capacity = v->capacity > largest ? v->capacity : largest;
}

enum status validation_init(struct validation *validation,
                            const struct trained_model *model, uint32_t members,
                            const struct training *training,
                            const struct example *examples, size_t count,
                            struct error *err)
{
    *validation = (struct validation){.members = members};
    validation->examples = calloc(count + 1, sizeof *validation->examples);
    if (!validation->examples)
        return error_no_memory(err);
    choose_examples(validation, model, training, examples, count);
    validation->targets = calloc(validation->capacity, sizeof *validation->targets);
    validation->logits =
        calloc(validation->capacity,
               (size_t)members * model->action_count * sizeof *validation->logits);
    if (validation->targets && validation->logits)
        return STATUS_OK;
    validation_release(validation);
    return error_no_memory(err);
}

void validation_release(struct validation *validation)
{
    if (!validation)
        return;
    free(validation->examples);
    free(validation->targets);
    free(validation->logits);
    memset(validation, 0, sizeof *validation);
}

/*
 * Collect the targets of the first of these examples, as many as the capacity allows, and compute
 * their logits.  *taken is set to the number of these examples.
 */
static enum status compute_part(struct validation *v, struct data_parallel *parallel,
                                const float *params, struct example_list examples,
                                size_t *taken, struct error *err)
{
    size_t i = 0;

    v->target_count = 0;
    for (; i < examples.count; i++) {
        const struct example *example = examples.items[i];
        size_t targets =
            example_target_count(parallel->model, parallel->training, example);
        if (v->target_count + targets > v->capacity)
            break;
        example_targets(parallel, example, v->targets + v->target_count);
        v->target_count += targets;
    }
    examples.count = i;
    *taken = i;
    for (uint32_t m = 0; m < v->members; m++)
        RETURN_IF_ERROR(data_parallel_logits(
            parallel, params + m * parallel->model->tensors.floats, examples,
            v->logits + m * v->target_count * parallel->model->action_count, err));
    return STATUS_OK;
}

enum status validation_measure(struct validation *validation,
                               struct data_parallel *parallel, const float *params,
                               struct loss_metrics *metrics, struct error *err)
{
    struct loss_sums sums = {.loss = {0.0, 0.0}};
    size_t taken;

    for (size_t i = 0; i < validation->count; i += taken) {
        const struct example_list rest = {.items = validation->examples + i,
                                          .count = validation->count - i};
        RETURN_IF_ERROR(compute_part(validation, parallel, params, rest, &taken, err));
        loss_mean_logits(validation->logits, validation->members,
                         validation->target_count, parallel->model->action_count);
        loss_sums_add(&sums, validation->logits, validation->targets,
                      validation->target_count, parallel->model->action_count);
    }
    *metrics = loss_metrics_of(&sums);
    return STATUS_OK;
}

enum status validation_fit_temperature(struct validation *validation,
                                       struct data_parallel *parallel,
                                       const float *params, double *temperature,
                                       struct error *err)
{
    const struct trained_model *model = parallel->model;
    size_t all = 0, count = 0, taken;

    assert(validation->count > 0);
    for (size_t i = 0; i < validation->count; i++)
        all += example_target_count(model, parallel->training, validation->examples[i]);
    size_t stride = (all + validation->capacity - 1) / validation->capacity;
    const struct example **chosen = calloc(validation->count, sizeof *chosen);
    if (!chosen)
        return error_no_memory(err);
    for (size_t i = 0; i < validation->count; i += stride)
        chosen[count++] = validation->examples[i];
    enum status status =
        compute_part(validation, parallel, params,
                     (struct example_list){.items = chosen, .count = count}, &taken, err);
    free(chosen);
    RETURN_IF_ERROR(status);
    *temperature = loss_best_temperature(validation->logits, validation->members,
                                         validation->targets, validation->target_count,
                                         model->action_count);
    return STATUS_OK;
}
