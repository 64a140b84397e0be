/*
 * The definition of an answer written a second time, as simply as possible: one history, one event
 * after another, with the weights as they are in the model file (nothing packed, summed or shared
 * beforehand).  The engine must give exactly the same bits.
 */
#ifndef TRIAGE_REFERENCE_H
#define TRIAGE_REFERENCE_H

#include "engine.h"

/* probabilities [C], state [D*H] or NULL */
void reference_run(const struct model *model, const struct history *history,
                   float *probabilities, float *state);

/*
 * An encoder-decoder: the probabilities [C] after the history and count events more with these names
 * (ids of the field "event").
 */
void reference_continue(const struct model *model, const struct history *history,
                        const uint32_t *names, uint32_t count, float *probabilities);

#endif
