/*
 * Memory that runs out, everywhere in turn.
 *
 *     for (unsigned n = 0; torture_again(&n);)
 *         triage_model_free(triage_model_load(path, NULL));
 *
 * In pass n the nth allocation of the calling thread fails, n = 1, 2, 3 ..., and the loop
 * ends after the first whole pass that needed fewer.  Every pass must end in the ordinary
 * way, so the loop is left neither by break nor by return.  What counts as an allocation:
 * malloc and its relatives called by our objects and by jansson; the test library's own
 * are spared, so that a pass may contain assertions.
 */
#ifndef TRIAGE_FAILING_MALLOC_H
#define TRIAGE_FAILING_MALLOC_H

#include <stdbool.h>

/* n is 0 before the first pass. */
bool torture_again(unsigned *n);

/* The same, but from the nth allocation on all fail. */
bool torture_again_from(unsigned *n);

/* Has an allocation failed in this pass? */
bool torture_has_struck(void);

#endif
