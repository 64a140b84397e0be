/*
 * TASK_CONTINUE: from which beginnings of a history of n events the rest is predicted in training.  A
 * beginning has 1 to n events; after all n only the end is left to be predicted.
 *
 * All beginnings would cost n^2 / 2 steps of the decoder, so of a long history some are chosen: in
 * training anew in each epoch, for validation the same ones always.
 */
#ifndef TRIAGE_BEGINNINGS_H
#define TRIAGE_BEGINNINGS_H

#include <stdint.h>

#include "base/random.h"

enum { BEGINNINGS_MOST = 64 };

struct beginnings {
    uint32_t count;
    uint32_t lengths[BEGINNINGS_MOST]; /* [count] ascending, all different */
};

/* All n, or `most` of them, each set of so many with the same probability. */
void beginnings_draw(struct beginnings *beginnings, uint32_t n, uint32_t most,
                     struct random *random);

/* All n, or `most` of them at equal distances. */
void beginnings_spread(struct beginnings *beginnings, uint32_t n, uint32_t most);

#endif
