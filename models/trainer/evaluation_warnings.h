/* Warnings of `evaluate` and `report` about data that differs from the training data. */
#ifndef TRIAGE_EVALUATION_WARNINGS_H
#define TRIAGE_EVALUATION_WARNINGS_H

#include "data/common/messages.h"
#include "evaluation.h"

/*
 * Add a warning for each of these: a field of the model, or the times, that none of the evaluated
 * histories has; a field whose values are nearly all unknown to the model, or half of the events'
 * names; two labels that are predicted for each other.
 */
void evaluation_warnings_add(struct messages *messages,
                             const struct evaluation *evaluation,
                             const struct model *model,
                             const struct evaluation_data *data);

#endif
