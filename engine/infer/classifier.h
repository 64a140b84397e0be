/* Rows of a classifier that branch: for forecasts, which try several next events. */
#ifndef TRIAGE_CLASSIFIER_H
#define TRIAGE_CLASSIFIER_H

#include "engine.h"

/* The probabilities [C] after the events so far of the row of an owner.  STATUS_NOT_FINITE. */
enum status classifier_answer(struct classifier *classifier, const void *owner,
                              float *probabilities, struct error *err);

/* Has the row of an owner read all its events? */
bool classifier_is_done(const struct classifier *classifier, const void *owner);

/*
 * Start a row with the states of the row of the owner `from`, which stays; then it reads one event.
 * history has 3 equal rows of ids and values, those of the event; its length is set.  There must be a
 * free row, and the model must have one direction.
 */
void classifier_fork(struct classifier *classifier, const void *from,
                     struct history *history, void *owner);

#endif
