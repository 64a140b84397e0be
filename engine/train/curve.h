/*
 * The curve of a training: what every epoch reached.  Its memory is bounded: when it is full, every
 * other point is dropped, and from then on only every 2nd, 4th, 8th ... epoch is kept.
 */
#ifndef TRIAGE_CURVE_H
#define TRIAGE_CURVE_H

#include "base/strbuf.h"
#include "trainer.h"

enum { CURVE_POINTS = 128 };

struct curve {
    struct progress points[CURVE_POINTS]; /* [count] as they were when an epoch ended */
    size_t count;
    size_t stride, seen; /* of the epochs seen, every stride-th is kept; 0 is 1 */
};

void curve_add(struct curve *curve, const struct progress *progress);

/* Append a JSON array of objects: epoch, phase, losses, accuracy, rate, norm, clip_rate. */
void curve_write(const struct curve *curve, struct strbuf *text);

#endif
