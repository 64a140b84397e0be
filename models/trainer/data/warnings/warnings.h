/*
 * Warnings about data that gives a wrong model although every line can be read.  Each is one line
 * with a number and the first place.
 */
#ifndef TRIAGE_WARNINGS_H
#define TRIAGE_WARNINGS_H

#include "base/workers.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"
#include "trainer.h"

/*
 * Histories without a label, with one event, without times; no validation histories; the same case
 * in two parts or files, or in two spellings; events that are there twice; labels, and names of events, that differ only in case, blanks, "-" or "_".
 * The roles have been assigned.
 */
enum status warn_about_histories(struct messages *messages, const struct tape *tape,
                                 const struct columns *columns,
                                 const struct histories *histories,
                                 const struct data_keys *keys, enum task task,
                                 bool is_training, struct workers *workers,
                                 struct error *err);

#endif
