/* A judgement as a person reads it, and as JSON: the two ways in which evaluate speaks. */
#ifndef TRIAGE_EVALUATION_OUTPUT_H
#define TRIAGE_EVALUATION_OUTPUT_H

#include <stdio.h>

#include "base/strbuf.h"
#include "evaluation.h"

struct evaluation_output {
    const char *name; /* the model's */
    const struct model *model;
    const char *part; /* what was judged: "train", "val", "test", "all" */
    const struct evaluation *judgement;
};

/* The verdict first, then every figure. */
void evaluation_output_print(const struct evaluation_output *evaluation, FILE *out);

/*
 * Append one JSON object with everything, numbers unrounded, null where there is nothing to
 * measure.  The same judgement gives the same bytes.
 */
void evaluation_output_write(const struct evaluation_output *evaluation,
                             struct strbuf *text);

#endif
