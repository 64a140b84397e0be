/*
 * The order of events that have the same time.
 *
 * Events are read in the order of time, and those of the same time in the order of the file.  A CSV
 * file whose times never ascend within a case, and descend in some, is newest first: its rows are
 * turned round, so that it is read like the same file sorted by time.
 */
#ifndef TRIAGE_EVENT_ORDER_H
#define TRIAGE_EVENT_ORDER_H

#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

/*
 * Turn files round that are newest first, and say so; warn about ties whose order the file does not
 * tell, about a column whose time is the same in all events of most histories, and about the few
 * histories that last very long.  The histories have been read.
 */
enum status event_order_find(struct histories *histories, struct tape *tape,
                             const struct columns *columns, struct messages *messages,
                             struct error *err);

#endif
