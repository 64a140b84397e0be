/*
 * Warnings about data that can be read but would give a wrong model.  Each is one line with a
 * number and the first place.
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

struct schema;

/*
 * All warnings about the histories: missing labels, single events, missing times, no validation
 * histories, ids of cases, repeated events, and labels and values that are alike.  Call it after
 * the roles have been assigned.
 */
enum status warn_about_histories(struct messages *messages, const struct tape *tape,
                                 const struct columns *columns,
                                 const struct histories *histories,
                                 const struct data_keys *keys, enum task task,
                                 bool is_training, struct workers *workers,
                                 struct error *err);

/*
 * All warnings about values that are compared with many others: names and numbers that change from
 * some place on, and spellings.  They are found in a sample of the events.
 */
enum status warn_about_values(struct messages *messages, const struct tape *tape,
                              const struct columns *columns,
                              const struct histories *histories,
                              const struct schema *schema, const struct data_keys *keys,
                              enum task task, struct error *err);

#endif
