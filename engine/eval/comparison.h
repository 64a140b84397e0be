/*
 * The comparison of a model with its baselines, from sums by history: which baselines it is compared
 * with, and the verdicts of the permutation tests.
 */
#ifndef TRIAGE_COMPARISON_H
#define TRIAGE_COMPARISON_H

#include "eval/metrics.h"

struct comparison_data {
    const struct history_sums *sums;
    const bool *is_available; /* [EVALUATION_BASELINES] the first is */
    bool has_verdict;
    uint32_t permutations;
    uint64_t seed;
    uint64_t stream; /* comparisons with different streams are independent */
};

/* Set everything except accuracy_gain and loss_reduction.  STATUS_NO_MEMORY. */
enum status comparison_make(const struct comparison_data *data,
                            struct baseline_comparison *comparison, struct error *err);

#endif
