/*
 * The order of events that have the same time.
 *
 * Events are read in the order of time; events with the same time, in the order of the file.  A CSV
 * file is newest first if its times descend in some cases and ascend in none.  Then its rows are
 * reversed, so that the result is that of the same file sorted by time.
 */
#ifndef TRIAGE_EVENT_ORDER_H
#define TRIAGE_EVENT_ORDER_H

#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * Reverse the files that are newest first, with a note for each.  Warn about ties whose order is
 * unknown, about a column of times that are the same in all events of most histories, and about the
 * few histories that last very long.  Call it after histories_read.
 */
enum status event_order_find(struct histories *histories, struct tape *tape,
                             const struct columns *columns, struct messages *messages,
                             struct error *err);

#endif
