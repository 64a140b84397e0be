/* Warnings of `triage evaluate` about data that differs from the training data. */
#ifndef TRIAGE_EVALUATION_WARNINGS_H
#define TRIAGE_EVALUATION_WARNINGS_H

#include "evaluation.h"

/*
 * Print a line on stderr for each of these: a field of the model, or the times, that none of the
 * evaluated histories has; a field whose values are nearly all unknown to the model, or half of the
 * events' names; two labels that are predicted for each other.  Returns the number of lines.
 */
size_t evaluation_warnings_print(const struct evaluation *evaluation,
                                 const struct model *model,
                                 const struct example *examples, size_t count);

#endif
