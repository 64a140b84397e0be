/* A warning about a column that numbers the events, for data without times. */
#ifndef TRIAGE_SEQUENCES_H
#define TRIAGE_SEQUENCES_H

#include "base/error.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * One warning for the first column whose numbers give the events of some history another order than
 * the file.  The numbers count the events of each history ("3", or "step 3"), or are whole numbers
 * that all differ, as ids do.
 */
enum status warn_about_sequences(struct messages *messages, const struct tape *tape,
                                 const struct columns *columns,
                                 const struct histories *histories, struct error *err);

#endif
