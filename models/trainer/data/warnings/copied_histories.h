/* Incidents that are in the data under two ids, alone or as a part of another one. */
#ifndef TRIAGE_COPIED_HISTORIES_H
#define TRIAGE_COPIED_HISTORIES_H

#include "base/error.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

struct schema;

/*
 * One warning if several histories are equal to another one with another id in all events, times,
 * fields of the schema and the label: the model is validated on what it was trained on.  Another one if
 * several contain all events of another and begin or end with it, as where incidents were merged.
 * Histories whose events all have one time, or none, do not count: they may well be equal.
 */
enum status warn_about_copies(struct messages *messages, const struct tape *tape,
                              const struct columns *columns,
                              const struct histories *histories,
                              const struct schema *schema, struct error *err);

#endif
