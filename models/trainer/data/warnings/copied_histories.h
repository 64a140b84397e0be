/* Warnings about incidents that occur under two ids, alone or as a part of another incident. */
#ifndef TRIAGE_COPIED_HISTORIES_H
#define TRIAGE_COPIED_HISTORIES_H

#include "base/error.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

struct schema;

/*
 * One warning if several histories equal another history with another id: the same events, times,
 * fields of the schema and label.  The model would be validated on what it was trained on.  One
 * warning if several histories begin or end with all events of another one, as after a merge of
 * incidents.  Histories whose events all have the same time, or none, are not compared: they may
 * well be equal.
 */
enum status warn_about_copies(struct messages *messages, const struct tape *tape,
                              const struct columns *columns,
                              const struct histories *histories,
                              const struct schema *schema, struct error *err);

#endif
