/*
 * What the baselines of an evaluation are trained on, and whether that makes them comparable with
 * the model: the same histories, of which none is evaluated.
 */
#ifndef TRIAGE_TRAINING_SOURCE_H
#define TRIAGE_TRAINING_SOURCE_H

#include "base/arena.h"
#include "eval/predictions.h"
#include "evaluation.h"

struct training_source {
    const struct example *examples; /* [count] borrowed, or in the arena */
    size_t count;
    struct event_ids ids;
    enum baseline_source kind;
    struct arena arena;
};

/*
 * Find the training histories: those of data, or those that the model file holds, or none.
 * STATUS_BAD_FORMAT if those of the file cannot be read, STATUS_NO_MEMORY; release also after a
 * failure.
 */
enum status training_source_init(struct training_source *source,
                                 const struct model *model,
                                 const struct evaluation_data *data, struct error *err);
void training_source_release(struct training_source *source);

/*
 * Set source, training_histories, model_histories, overlap and no_verdict of the evaluation.
 * STATUS_BAD_FORMAT, STATUS_NO_MEMORY.
 */
enum status training_source_check(const struct training_source *source,
                                  const struct model *model,
                                  const struct evaluation_data *data,
                                  struct evaluation *evaluation, struct error *err);

#endif
