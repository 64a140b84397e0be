/*
 * Does the order of events matter to the model?  Its answers at one place of each history,
 * with the events so far as they were and in random order.
 */
#ifndef TRIAGE_ORDER_H
#define TRIAGE_ORDER_H

#include "eval/answers.h"
#include "eval/ledger.h"

/*
 * Fill the order's columns of the ledger.  marks [decisions->count] are the model's answers
 * to the histories as they were; the place of a history is drawn from the seed among those
 * that are judged.
 */
enum status order_run(const struct asking *asking, const struct mark *marks,
                      uint64_t seed, struct ledger *ledger, struct error *err);

#endif
