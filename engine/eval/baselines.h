/*
 * What baselines reach at the positions where the model is evaluated: the most frequent action,
 * n-gram counts, and logistic regression.  They are trained on the training examples, or
 * cross-fitted when there are none (evaluation.h).
 */
#ifndef TRIAGE_BASELINES_H
#define TRIAGE_BASELINES_H

#include "base/workers.h"
#include "eval/metrics.h"
#include "evaluation.h"

enum { BASELINE_MAJORITY, BASELINE_LAST_EVENT, BASELINE_LOGISTIC = 6 };

struct baselines {
    const struct evaluation_data *data;
    const struct positions *positions; /* of the evaluated histories */
    struct event_ids ids;
    size_t C;
    uint64_t seed; /* of the folds */
    struct workers *workers;
};

/*
 * Fill the columns of the baselines in sums, and name, is_available and note of each in
 * metrics [EVALUATION_BASELINES].  Only the logistic regression can be unavailable.
 * STATUS_NO_MEMORY.
 */
enum status baselines_run(const struct baselines *baselines, struct history_sums *sums,
                          struct baseline_metrics *metrics, struct error *err);

#endif
