/* Columns that number the events, where no time puts them in order. */
#ifndef TRIAGE_SEQUENCES_H
#define TRIAGE_SEQUENCES_H

#include "base/error.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * A warning for the first column whose numbers put the events of some history in another order than
 * that of the file: numbers that count the events of each history ("3", or "step 3"), or whole
 * numbers of which every event has one of its own, as ids have.  For data without times.
 */
enum status warn_about_sequences(struct messages *messages, const struct tape *tape,
                                 const struct columns *columns,
                                 const struct histories *histories, struct error *err);

#endif
