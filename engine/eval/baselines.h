/*
 * What counting alone reaches: floors learn from the learning examples and answer what is
 * judged.  Without learning examples they are cross-fitted: the judged histories are dealt
 * into five folds, and each fold is answered by floors that learnt from the other four.
 */
#ifndef TRIAGE_BASELINES_H
#define TRIAGE_BASELINES_H

#include "eval/crew.h"
#include "eval/events.h"
#include "eval/ledger.h"
#include "evaluation.h"

enum { FLOOR_MAJORITY, FLOOR_LAST_EVENT, FLOOR_LOGISTIC = 6 };

struct floors {
    const struct evaluation_data *evidence;
    const struct decisions *decisions;
    struct events events;
    size_t C;
    uint64_t seed; /* of the deal */
    const struct crew *crew;
};

/*
 * Fill the floors' columns of the ledger, and name, is_there and reason of each floor
 * [EVALUATION_BASELINES].  The logistic floor may be missing; the others always are there.
 */
enum status floors_run(const struct floors *floors, struct ledger *ledger,
                       struct baseline_metrics *found, struct error *err);

#endif
