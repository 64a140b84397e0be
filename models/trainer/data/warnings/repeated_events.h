/*
 * Events that are in a history twice: the same time, name and fields, as where rows were exported
 * twice.  Nothing is removed: two events may well be the same.
 */
#ifndef TRIAGE_REPEATED_EVENTS_H
#define TRIAGE_REPEATED_EVENTS_H

#include "base/workers.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * One warning if more than a few events repeat an earlier one of their history.  Events without a
 * time do not count: in a history without times, names may follow each other in any number.
 * histories may be NULL; with them, those whose times all differ are not searched.
 */
enum status warn_about_repeated_events(struct messages *messages, const struct tape *tape,
                                       const struct columns *columns,
                                       const struct histories *histories,
                                       struct workers *workers, struct error *err);

#endif
