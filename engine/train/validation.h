/*
 * Metrics of the weights on the validation data, and the temperature with the smallest loss there.
 * Logits are computed for a part of the examples at a time, so that memory does not grow with the
 * data.
 */
#ifndef TRIAGE_VALIDATION_H
#define TRIAGE_VALIDATION_H

#include "train/data_parallel.h"
#include "train/loss.h"

struct validation {
    const struct example **examples; /* those with a target; the array is owned */
    size_t count;
    uint32_t members;       /* networks */
    size_t capacity;        /* targets whose logits are computed at a time, at most */
    struct target *targets; /* [capacity], of which target_count are in use */
    float *logits; /* [members][target_count][C]; there is room for capacity targets */
    size_t target_count;
};

/*
 * For a model that is being trained, or for several networks of its architecture.  examples [count]
 * are borrowed; count may be 0.  STATUS_NO_MEMORY.
 */
enum status validation_init(struct validation *validation,
                            const struct trained_model *model, uint32_t members,
                            const struct training *training,
                            const struct example *examples, size_t count,
                            struct error *err);
void validation_release(struct validation *validation);

/*
 * Compute weighted means over all targets, for the mean of the members' probabilities.  params is
 * [members][tensors.floats].  validation->count is at least 1.
 */
enum status validation_measure(struct validation *validation,
                               struct data_parallel *parallel, const float *params,
                               struct loss_metrics *metrics, struct error *err);

/*
 * Fit the temperature on all examples, or, if their targets exceed the capacity, on every k-th
 * example, as many as fit.  validation->count is at least 1.
 */
enum status validation_fit_temperature(struct validation *validation,
                                       struct data_parallel *parallel,
                                       const float *params, double *temperature,
                                       struct error *err);

#endif
