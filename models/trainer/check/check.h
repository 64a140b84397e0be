/*
 * The checks of `triage check`.
 *
 * Each check adds what it found, good or bad, to the findings.  Its status does not depend on that:
 * STATUS_OK, or STATUS_NO_MEMORY when it could not be completed.
 */
#ifndef TRIAGE_CHECK_H
#define TRIAGE_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "trainer.h"

/* The text that is printed: a line for each finding, each with indented lines of details. */
struct findings {
    struct strbuf text; /* test has_failed once, at the end */
    size_t checks, failures;
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);

/* Add a check that holds or fails; subject is one word. */
void findings_check(struct findings *findings, bool holds, const char *subject,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Add a fact that is neither right nor wrong. */
void findings_note(struct findings *findings, const char *subject, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

/* Add a line of details to the last finding. */
void findings_detail(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the checks use; all pointers are borrowed. */
struct check {
    const struct model *model;
    const json_t *report;           /* of the model's training, or NULL */
    const struct example *examples; /* [example_count] of the data; NULL without data */
    size_t example_count;
    const struct history *histories; /* [count] synthetic, or of the first examples */
    size_t count;                    /* at least 1 */
    struct training training;        /* settings in the model's report, else defaults */
    uint64_t seed;
    struct arena *arena;
    struct findings *findings;
};

/* Golden history, shapes, equations, weights shared over time, clipping in the report. */
enum status check_structure(const struct check *check, struct error *err);

/* Sums of probabilities, the same answers in any batch, other answers for another order. */
enum status check_answers(const struct check *check, struct error *err);

/* Does history, which is at least as long, begin with the same inputs as prefix? */
bool history_has_prefix(const struct model *model, const struct history *history,
                        const struct history *prefix);

/* Weights that are all zero or all equal; units that never vary. */
enum status check_weights(const struct check *check, struct error *err);

/*
 * How far back the gradient of the loss after the last of length events reaches, measured on the
 * first count examples that have as many, or on synthetic histories.
 */
enum status check_gradients(const struct check *check, uint32_t length,
                            struct error *err);

#endif
