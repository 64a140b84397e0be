/*
 * The validation data: the metrics of weights on it, and the temperature that fits it best.
 * Logits are computed for some examples at a time, so that many events with many actions do not
 * fill the memory.
 */
#ifndef TRIAGE_VALIDATION_H
#define TRIAGE_VALIDATION_H

#include "train/data_parallel.h"
#include "train/loss.h"

struct validation {
    const struct example **examples; /* those with a label; the array is owned */
    size_t count;
    size_t capacity;  /* labels whose logits are kept at a time */
    uint32_t *labels; /* [capacity] */
    float *logits;    /* [capacity][C] */
};

/* examples are borrowed; count may be 0.  STATUS_NO_MEMORY. */
enum status validation_init(struct validation *validation,
                            const struct trained_model *model,
                            const struct example *examples, size_t count,
                            struct error *err);
void validation_release(struct validation *validation);

/* Means over all labels; validation->count is at least 1. */
enum status validation_measure(struct validation *validation,
                               struct data_parallel *parallel, const float *params,
                               struct loss_metrics *metrics, struct error *err);

/* Fit the temperature on all examples, or on every k-th if they exceed the capacity. */
enum status validation_fit_temperature(struct validation *validation,
                                       struct data_parallel *parallel,
                                       const float *params, double *temperature,
                                       struct error *err);

#endif
