/*
 * Warnings about numbers that can be read and are wrong: the unit changes in the middle of the
 * data, the decimal point is lost, or they grow from history to history, as ids do.
 */
#ifndef TRIAGE_NUMBER_SCALES_H
#define TRIAGE_NUMBER_SCALES_H

#include "base/error.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"

struct schema;

/*
 * One warning for each number field of which one of these is true.  The histories for training and
 * validation are examined, in the order of time, or without times in the order of the file:
 *
 *     from some place on, the numbers are 60, 100, 1000, ... times larger or smaller than before
 *     numbers without a decimal point are 10, 100 or 1000 times larger than those with one
 *     they always grow, as ids and counters do
 *
 * Only numbers of events with the same name are compared.  Of large data, a sample of about 16,000
 * events is examined.
 */
enum status warn_about_number_scales(struct messages *messages, const struct tape *tape,
                                     const struct columns *columns,
                                     const struct histories *histories,
                                     const struct schema *schema, struct error *err);

#endif
