/*
 * The definition of an answer, written a second time, as plainly as possible: one history, event
 * by event, weights read as they are in the file, nothing packed or summed in advance.  The
 * engine's answers must have these bits.
 */
#ifndef TRIAGE_REFERENCE_H
#define TRIAGE_REFERENCE_H

#include "engine.h"

/* probabilities [C], state [D*H] or NULL */
void reference_run(const struct model *model, const struct history *history,
                   float *probabilities, float *state);

#endif
