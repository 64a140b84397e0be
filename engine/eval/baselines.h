/*
 * The baselines: the most frequent action, n-gram counts, and logistic regression.  They are
 * trained on the training examples, or cross-fitted if there are none (evaluation.h), and they
 * predict at the positions where the model is evaluated.
 */
#ifndef TRIAGE_BASELINES_H
#define TRIAGE_BASELINES_H

#include "base/workers.h"
#include "eval/metrics.h"
#include "eval/ngrams.h"
#include "evaluation.h"

/* Indices of baselines.  Baselines 0 to 5 are the n-gram estimates p_0 to p_5 (ngrams.h). */
enum { BASELINE_MAJORITY, BASELINE_LAST_EVENT, BASELINE_LOGISTIC = NGRAM_COUNT };

/* What the baselines are trained and evaluated on; all borrowed. */
struct baselines {
    const struct example *evaluated; /* [evaluated_count] */
    size_t evaluated_count;
    struct event_ids ids;           /* of the evaluated histories */
    const struct example *training; /* [training_count] */
    size_t training_count;          /* 0: cross-fit */
    struct event_ids training_ids;
    const struct positions *positions; /* of the evaluated histories */
    struct end_rule end;
    size_t C;
    uint64_t seed;     /* of the folds */
    double max_logits; /* of the logistic regression (logistic.h) */
    struct workers *workers;
    /* [EVALUATION_BASELINES][positions->count][C] result: all probabilities; or NULL */
    double *probabilities;
};

/*
 * Train all baselines and let them predict.  Adds to the columns of the baselines in sums (or NULL), and
 * sets name, is_available and note in metrics [EVALUATION_BASELINES].  Only the logistic
 * regression can be unavailable.  STATUS_NO_MEMORY.
 */
enum status baselines_run(const struct baselines *baselines, struct history_sums *sums,
                          struct baseline_metrics *metrics, struct error *err);

#endif
