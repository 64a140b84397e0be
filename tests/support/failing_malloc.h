/*
 * Makes each allocation of a piece of code fail in turn.
 *
 *     for (unsigned n = 0; failing_malloc_next(&n);)
 *         triage_model_free(triage_model_load(path, NULL));
 *
 * The loop body runs once for n = 1, 2, 3 ...: the nth allocation of the calling thread returns
 * NULL.  The loop ends after the first run that makes fewer than n allocations.  Every run must
 * reach the end of the body, so do not use break or return in it.  malloc and its relatives count
 * when they are called by this project's objects or by jansson.  Allocations of the test library
 * never fail, so the body may contain assertions.
 */
#ifndef TRIAGE_FAILING_MALLOC_H
#define TRIAGE_FAILING_MALLOC_H

#include <stdbool.h>

/* Start the next run, in which only the nth allocation fails; false after the last run. */
bool failing_malloc_next(unsigned *n);

/* The same, but the nth allocation and all later ones fail. */
bool failing_malloc_next_from(unsigned *n);

/* Whether an allocation has failed in this run. */
bool failing_malloc_has_failed(void);

#endif
