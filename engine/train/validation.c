/* Metrics and temperature on the validation data, computed part by part. */
#include "train/validation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Logits that are computed at a time, in floats; more only if one example alone has more. */
enum { MAX_LOGIT_FLOATS = 16 << 20 };

/* Keep the examples that have a label, and choose the capacity. */
static void choose_examples(struct validation *v, const struct trained_model *model,
                            const struct example *examples, size_t count)
{
    size_t limit = MAX_LOGIT_FLOATS / model->action_count, all = 0, largest = 1;
    for (size_t i = 0; i < count; i++) {
        size_t labels = example_label_count(model, &examples[i]);
        if (labels > 0)
            v->examples[v->count++] = &examples[i];
        largest = labels > largest ? labels : largest;
        all += labels;
    }
    v->capacity = all < limit ? all : limit;
    v->capacity = v->capacity > largest ? v->capacity : largest;
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
 * Collect the labels of the first of these examples, as many as the capacity allows, and compute
 * their logits.  *taken is set to the number of these examples.
 */
static enum status compute_part(struct validation *v, struct data_parallel *parallel,
                                const float *params, struct example_list examples,
                                size_t *taken, struct error *err)
{
    size_t i = 0;

    v->label_count = 0;
    for (; i < examples.count; i++) {
        const struct example *example = examples.items[i];
        if (v->label_count + example_label_count(parallel->model, example) > v->capacity)
            break;
        for (uint32_t t = 0; t < example->history.length; t++) {
            uint32_t action = example_action(example, t);
            if (is_label(parallel->model, action))
                v->labels[v->label_count++] = action;
        }
    }
    examples.count = i;
    *taken = i;
    return data_parallel_logits(parallel, params, examples, v->logits, err);
}

enum status validation_measure(struct validation *validation,
                               struct data_parallel *parallel, const float *params,
                               struct loss_metrics *metrics, struct error *err)
{
    double loss = 0.0, correct = 0.0, all = 0.0;
    size_t taken;

    for (size_t i = 0; i < validation->count; i += taken) {
        const struct example_list rest = {.items = validation->examples + i,
                                          .count = validation->count - i};
        RETURN_IF_ERROR(compute_part(validation, parallel, params, rest, &taken, err));
        struct loss_metrics part =
            loss_metrics_of(validation->logits, validation->labels,
                            validation->label_count, parallel->model->action_count);
        double labels = (double)validation->label_count;
        loss += part.loss * labels;
        correct += part.accuracy * labels;
        all += labels;
    }
    *metrics = (struct loss_metrics){.loss = loss / all, .accuracy = correct / all};
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
        all += example_label_count(model, validation->examples[i]);
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
    *temperature = loss_best_temperature(validation->logits, validation->labels,
                                         validation->label_count, model->action_count);
    return STATUS_OK;
}
