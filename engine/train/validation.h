/*
 * The examples that are held back: how good weights are on them, and the temperature that
 * fits them.  Scores are looked at some examples at a time, so that many events with many
 * actions do not fill the memory.
 */
#ifndef TRIAGE_VALIDATION_H
#define TRIAGE_VALIDATION_H

#include "train/batch.h"
#include "train/score.h"

struct validation {
    const struct example **examples; /* those with a target; the array is owned */
    size_t count;
    size_t room;       /* targets whose scores fit in */
    uint32_t *actions; /* [room] */
    float *scores;     /* [room][C] */
};

/* examples are borrowed; none is allowed.  STATUS_NO_MEMORY. */
enum status validation_init(struct validation *validation,
                            const struct trained_model *model,
                            const struct example *examples, size_t count,
                            struct error *err);
void validation_release(struct validation *validation);

/* Mean over all targets; count at least 1. */
enum status validation_score(struct validation *validation, struct batch *batch,
                             const float *params, struct score *score, struct error *err);

/* The temperature that fits best: on all examples, or on every k-th if they are too many. */
enum status validation_temperature(struct validation *validation, struct batch *batch,
                                   const float *params, double *temperature,
                                   struct error *err);

#endif
