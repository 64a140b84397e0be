/*
 * A model's answers to what is judged, through the classifier that serves, shared out over
 * threads.  A row's bits depend on its own history alone, so threads change none.
 */
#ifndef TRIAGE_ANSWERS_H
#define TRIAGE_ANSWERS_H

#include "eval/crew.h"
#include "eval/decisions.h"

struct asking {
    const struct model *model;
    const struct example *examples; /* [decisions->histories] */
    const struct decisions *decisions;
    const struct crew *crew;
};

/* marks [decisions->count] */
enum status answers_make(const struct asking *asking, struct mark *marks,
                         struct error *err);

/*
 * The answers to count of the decisions, named in picks, after the events up to the
 * decision's place have been put into random order: ids and numbers of an event move
 * together, what was made from time stays in place.  The order of a history is drawn from
 * the seed and the history's number.  marks [count]
 */
enum status answers_shuffle(const struct asking *asking, const size_t *picks,
                            size_t count, uint64_t seed, struct mark *marks,
                            struct error *err);

#endif
