/*
 * A warning about events that occur twice in a history, with the same time, name and fields:
 * probably rows that were exported twice.  Nothing is removed, because two events may really be
 * equal.
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
 * time are not counted: without times, the same name may well occur many times.  histories may be
 * NULL; it only saves time, because histories whose times all differ are skipped.
 */
enum status warn_about_repeated_events(struct messages *messages, const struct tape *tape,
                                       const struct columns *columns,
                                       const struct histories *histories,
                                       struct workers *workers, struct error *err);

#endif
