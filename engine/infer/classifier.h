/* Rows of a classifier that branch: for forecasts, which try several next events. */
#ifndef TRIAGE_CLASSIFIER_H
#define TRIAGE_CLASSIFIER_H

#include "engine.h"

/*
 * A classifier for the functions below.  An encoder-decoder reads the events of an admitted row with its
 * encoder; when it has read them all, the row goes on in the decoder.  Only one row at a time may be
 * admitted to it.
 */
struct classifier *classifier_new_branching(const struct model *model, uint32_t max_rows,
                                            uint32_t max_steps, struct error *err);

/* The probabilities [C] after the events so far of the row of an owner.  STATUS_NOT_FINITE. */
enum status classifier_answer(struct classifier *classifier, const void *owner,
                              float *probabilities, struct error *err);

/*
 * Start a row with the states of the row of the owner `from`, which stays; then it reads one event.
 * history has 3 equal rows of ids and values, those of the event; its length is set.  There must be a
 * free row, and the model must have one direction.
 */
void classifier_fork(struct classifier *classifier, const void *from,
                     struct history *history, void *owner);

/* How many events could be read, about, in the time of a fork: it copies all that a row remembers. */
uint32_t classifier_fork_events(const struct classifier *classifier);

#endif
