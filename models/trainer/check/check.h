/*
 * The checks of `triage check`.
 *
 * Each adds what it found, good or bad, to the findings.  Its status says only whether it could
 * be made: STATUS_OK or STATUS_NO_MEMORY.
 */
#ifndef TRIAGE_CHECK_H
#define TRIAGE_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "check/findings.h"
#include "trainer.h"

/* What the checks look at; borrowed. */
struct check {
    const struct model *model;
    const json_t *report;           /* of the model's training, or NULL */
    const struct example *examples; /* [example_count] of the data; NULL without data */
    size_t example_count;
    const struct history
        *histories;           /* [count] synthetic, or those of the first examples */
    size_t count;             /* at least 1 */
    struct training training; /* settings of the model's report, else defaults */
    uint64_t seed;
    struct arena *arena;
    struct findings *findings;
};

/* Golden history, shapes, equations, weights shared over time, clipping in the report. */
enum status check_structure(const struct check *check, struct error *err);

/* Sums of probabilities, independence of the batch, dependence on order. */
enum status check_answers(const struct check *check, struct error *err);

/* Does history begin with the events of prefix, as the model sees them? */
bool history_has_prefix(const struct model *model, const struct history *history,
                        const struct history *prefix);

/* Weights that are all zero or all equal; units that never vary. */
enum status check_weights(const struct check *check, struct error *err);

/*
 * How far back the loss after the last of length events reaches, on the first count examples that
 * have as many, or on synthetic histories.
 */
enum status check_gradients(const struct check *check, uint32_t length,
                            struct error *err);

#endif
