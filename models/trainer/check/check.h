/*
 * The checks of `triage check`, by what they look at.  Each says what it found, good or bad;
 * what a check returns is only whether it could be made: STATUS_OK or STATUS_NO_MEMORY.
 */
#ifndef TRIAGE_CHECK_H
#define TRIAGE_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "data/findings.h"
#include "trainer.h"

struct checking {
    const struct model *model;
    const json_t *report;           /* of the model's training, or NULL */
    const struct example *examples; /* [example_count] from data; NULL: all is drawn */
    size_t example_count;
    const struct history *histories; /* [count] drawn, or the first of the examples */
    size_t count;                    /* at least 1; and so many examples at most */
    struct training training;        /* the model's own settings, else the defaults */
    uint64_t seed;
    struct arena *arena;
    struct findings *findings;
};

/* Golden history, shapes, the cell and its equations, weights shared over time, clipping. */
enum status check_structure(const struct checking *checking, struct error *err);

/* Rows that sum to 1, whoever is beside them; what another order of events changes. */
enum status check_answers(const struct checking *checking, struct error *err);

/* The first length events of two histories are the same to the model. */
bool begin_alike(const struct model *model, const struct history *x,
                 const struct history *y, uint32_t length);

/* Gates that have weights, units that move. */
enum status check_weights(const struct checking *checking, struct error *err);

/*
 * How far back the loss at the last of length events reaches: over the first count examples
 * that have as many, or drawn histories.
 */
enum status check_gradients(const struct checking *checking, uint32_t length,
                            struct error *err);

#endif
