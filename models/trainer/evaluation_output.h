/* The result of an evaluation as a report for people and as JSON. */
#ifndef TRIAGE_EVALUATION_OUTPUT_H
#define TRIAGE_EVALUATION_OUTPUT_H

#include <stdio.h>

#include "base/strbuf.h"
#include "evaluation.h"

struct evaluation_output {
    const char *name; /* of the model */
    const struct model *model;
    const char *part; /* that was evaluated: "train", "val", "test" or "all" */
    const struct evaluation *evaluation;
};

/* Print the report: the verdict first, then every metric. */
void evaluation_output_print(const struct evaluation_output *output, FILE *out);

/*
 * Append one JSON object with every metric, unrounded; null where it is NAN.  The same
 * evaluation gives the same bytes.
 */
void evaluation_output_write(const struct evaluation_output *output, struct strbuf *text);

/* Append an estimate as a member that is not the first of its object. */
void evaluation_output_write_estimate(struct strbuf *text, const char *key,
                                      const struct estimate *estimate);

#endif
