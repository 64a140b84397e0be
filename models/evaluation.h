/* A judgement as a person reads it, and as JSON: the two ways in which evaluate speaks. */
#ifndef TRIAGE_EVALUATION_H
#define TRIAGE_EVALUATION_H

#include <stdio.h>

#include "base/text.h"
#include "judge.h"

struct evaluation {
    const char *name; /* the model's */
    const struct model *model;
    const char *part; /* what was judged: "train", "val", "test", "all" */
    const struct judgement *judgement;
};

/* The verdict first, then every figure. */
void evaluation_print(const struct evaluation *evaluation, FILE *out);

/*
 * Append one JSON object with everything, numbers unrounded, null where there is nothing to
 * measure.  The same judgement gives the same bytes.
 */
void evaluation_write(const struct evaluation *evaluation, struct text *text);

#endif
