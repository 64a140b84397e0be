/* `triage train`: the file of --costs, and the table of coverage and accuracy. */
#ifndef TRIAGE_DECISIONS_H
#define TRIAGE_DECISIONS_H

#include <stdio.h>

#include "trainer.h"

/* Costs of actions: {"costs": {RIGHT: {ACTION: cost, ...}, ...}, "decline": cost}. */
struct costs {
    double *costs;  /* [C][C] by the right action, then by the one that is taken; owned */
    double decline; /* INFINITY if the file has none */
};

/*
 * Read the file.  It has a cost for each pair of the actions [C].  The place in an error is a JSON
 * Pointer.  STATUS_IO, STATUS_BAD_JSON, STATUS_BAD_INPUT, STATUS_NO_MEMORY; release also after a
 * failure.
 */
enum status costs_read(struct costs *costs, const char *path, const char *const *actions,
                       size_t C, struct error *err);
void costs_release(struct costs *costs);

/* Print the table; nothing without a policy.  A target that is not reached is a warning. */
void decisions_print(const struct coverage_table *table, const char *const *actions,
                     FILE *out);

#endif
