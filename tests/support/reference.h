/*
 * The definition of an answer, written a second time, as plainly as it goes: one history, one
 * event after the other, weights read where the file has them, nothing folded, packed or
 * shared.  What the engine answers must be these very bits.
 */
#ifndef TRIAGE_REFERENCE_H
#define TRIAGE_REFERENCE_H

#include "engine.h"

/* probabilities [C], state [D*H] or NULL */
void reference_run(const struct model *model, const struct history *history,
                   float *probabilities, float *state);

#endif
