/* A warning about events whose order the times do not tell, because they were cut or are of a batch. */
#ifndef TRIAGE_TIED_TIMES_H
#define TRIAGE_TIED_TIMES_H

#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * One warning if many events have the time of the one before them: of times in whole minutes or
 * hours a twentieth, of others half.  Dates and whole hours of the clock have been said of the column.
 */
void warn_about_tied_times(struct messages *messages, const struct tape *tape,
                           const struct columns *columns,
                           const struct histories *histories);

#endif
