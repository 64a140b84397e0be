/* The gradient by lag (struct lags of trainer.h) on labelled histories. */
#ifndef TRIAGE_LAGS_H
#define TRIAGE_LAGS_H

#include "base/error.h"
#include "trainer.h"

struct lag_examples {
    const struct example *examples; /* [count] borrowed */
    size_t count;
    uint32_t longest; /* events, at most */
};

/*
 * Measure the first 256 histories that have so many events that half of all have as many, at most
 * `longest`.  STATUS_BAD_INPUT if half of them have one event; otherwise the statuses of
 * triage_lags_measure.
 */
enum status lags_measure(struct lags *lags, const struct model *model,
                         const struct lag_examples *from, struct arena *arena,
                         struct error *err);

#endif
