/* Metrics and temperature on the validation data. */
#include "train/validation.h"
#include "base/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Floats of logits at a time, unless one example alone has more. */
enum { LOGITS_MOST = 16 << 20 };

static void choose_examples(struct validation *v, const struct trained_model *model,
                            const struct example *examples, size_t count)
{
    size_t most = LOGITS_MOST / model->action_count, all = 0, longest = 1;
    for (size_t i = 0; i < count; i++) {
        size_t labels = example_label_count(model, &examples[i]);
        if (labels > 0)
            v->examples[v->count++] = &examples[i];
        longest = labels > longest ? labels : longest;
        all += labels;
    }
    v->capacity = all < most ? all : most;
    v->capacity = v->capacity > longest ? v->capacity : longest;
}

enum status validation_init(struct validation *validation,
                            const struct trained_model *model,
                            const struct example *examples, size_t count,
                            struct error *err)
{
    memset(validation, 0, sizeof *validation);
    validation->examples = calloc(count + 1, sizeof *validation->examples);
    if (!validation->examples)
        return error_no_memory(err);
    choose_examples(validation, model, examples, count);
    validation->labels = calloc(validation->capacity, sizeof *validation->labels);
    validation->logits =
        calloc(validation->capacity, model->action_count * sizeof *validation->logits);
    if (validation->labels && validation->logits)
        return STATUS_OK;
    validation_release(validation);
    return error_no_memory(err);
}

void validation_release(struct validation *validation)
{
    if (!validation)
        return;
    free(validation->examples);
    free(validation->labels);
    free(validation->logits);
    memset(validation, 0, sizeof *validation);
}

/*
 * Compute the logits of the first of these examples, as many as the capacity allows: *taken
 * examples with *labels labels.
 */
static enum status compute_some(struct validation *v, struct data_parallel *parallel,
                                const float *params,
                                const struct example *const *examples, size_t count,
                                size_t *taken, size_t *labels, struct error *err)
{
    *taken = *labels = 0;
    for (; *taken < count; ++*taken) {
        const struct example *example = examples[*taken];
        if (*labels + example_label_count(parallel->model, example) > v->capacity)
            break;
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (is_label(parallel->model, action))
                v->labels[(*labels)++] = action;
        }
    }
    return data_parallel_logits(parallel, params, examples, *taken, v->logits, err);
}

enum status validation_measure(struct validation *validation,
                               struct data_parallel *parallel, const float *params,
                               struct loss_metrics *metrics, struct error *err)
{
    double loss = 0.0, right = 0.0, all = 0.0;
    size_t taken, labels;

    for (size_t i = 0; i < validation->count; i += taken) {
        RETURN_IF_ERROR(compute_some(validation, parallel, params,
                                     validation->examples + i, validation->count - i,
                                     &taken, &labels, err));
        struct loss_metrics some = loss_metrics_of(validation->logits, validation->labels,
                                                   labels, parallel->model->action_count);
        loss += some.loss * (double)labels;
        right += some.accuracy * (double)labels;
        all += (double)labels;
    }
    *metrics = (struct loss_metrics){.loss = loss / all, .accuracy = right / all};
    return STATUS_OK;
}

enum status validation_fit_temperature(struct validation *validation,
                                       struct data_parallel *parallel,
                                       const float *params, double *temperature,
                                       struct error *err)
{
    const struct trained_model *model = parallel->model;
    size_t all = 0, kept = 0, taken, labels;

    assert(validation->count > 0);
    for (size_t i = 0; i < validation->count; i++)
        all += example_label_count(model, validation->examples[i]);
    size_t stride = (all + validation->capacity - 1) / validation->capacity;
    const struct example **some = calloc(validation->count, sizeof *some);
    if (!some)
        return error_no_memory(err);
    for (size_t i = 0; i < validation->count; i += stride)
        some[kept++] = validation->examples[i];
    enum status status =
        compute_some(validation, parallel, params, some, kept, &taken, &labels, err);
    free(some);
    RETURN_IF_ERROR(status);
    *temperature = loss_best_temperature(validation->logits, validation->labels, labels,
                                         model->action_count);
    return STATUS_OK;
}
