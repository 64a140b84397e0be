/*
 * Numbers that can be read and are wrong: in another unit from some place on, without their decimal
 * point, or growing from history to history.
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
 * One warning for each number field of which one of these is true, in the histories that are trained or
 * validated on, in the order of time, or of the file without times:
 *
 *     after one place the numbers are 60, 100, 1000, ... times larger or smaller, and alike otherwise
 *     those without a decimal point are 10, 100 or 1000 times larger than those with one
 *     they grow all the time, as ids and counters do
 *
 * Magnitudes are compared between events of one name.  Of large data about 16,000 events are examined.
 */
enum status warn_about_number_scales(struct messages *messages, const struct tape *tape,
                                     const struct columns *columns,
                                     const struct histories *histories,
                                     const struct schema *schema, struct error *err);

#endif
