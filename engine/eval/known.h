/* The evaluation by how much of each history is known (struct known_metrics in evaluation.h). */
#ifndef TRIAGE_KNOWN_H
#define TRIAGE_KNOWN_H

#include "eval/training_source.h"

/* Everything that a whole evaluation has found so far; all borrowed. */
struct known_data {
    const struct model *model;
    const struct evaluation_data *data;
    const struct training_source *source;
    const struct positions
        *positions; /* of the whole evaluation, one for each history or none */
    /* [EVALUATION_BASELINES][positions->count][C] of the whole evaluation */
    const double *baseline_probabilities;
    const struct baseline_metrics *baselines; /* of the whole evaluation */
    bool has_verdict;
    uint64_t seed;
    struct workers *workers;
};

/*
 * Evaluate a model of TASK_LAST by how much is known.  p_holm of the calibration tests is p.
 * STATUS_NO_MEMORY and the statuses of triage_classifier_run.
 */
enum status known_evaluate(const struct known_data *known, struct known_metrics *metrics,
                           struct error *err);

#endif
