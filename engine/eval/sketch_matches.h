/*
 * How many histories of a set are among those of a sketch (history_sketch.h).
 *
 * Short histories of few fields may be equal by chance.  The sketch tells how often: about as often
 * as a history in it is equal to another one in it.
 */
#ifndef TRIAGE_SKETCH_MATCHES_H
#define TRIAGE_SKETCH_MATCHES_H

#include "model/history_sketch.h"

/* Other histories, looked up in a sketch. */
struct sketch_matches {
    size_t compared; /* below the largest kept hash */
    size_t found;    /* of these, equal to a history in the sketch */
    double expected; /* the most found by chance, if no history is in both */
};

struct sketch_matches sketch_matches_count(const struct history_sketch *sketch,
                                           const struct schema *schema,
                                           const struct example *examples, size_t count);

/*
 * Are more histories of a set equal to another one of it than by chance?  That is the case when a
 * file was read twice.  other is the sketch of a set of the same kind, ratio the size of the set
 * over that of the other one.  Sets *repeated to the number of such histories in the sketch.
 */
bool sketch_matches_is_repeated(const struct history_sketch *sketch,
                                const struct history_sketch *other, double ratio,
                                size_t *repeated);

#endif
