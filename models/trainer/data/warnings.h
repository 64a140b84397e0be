/*
 * Warnings about data that gives a wrong model although every line can be read.  Each is one line
 * with a number and the first place.
 */
#ifndef TRIAGE_WARNINGS_H
#define TRIAGE_WARNINGS_H

#include "base/workers.h"
#include "data/columns.h"
#include "data/histories.h"
#include "data/keys.h"
#include "data/messages.h"
#include "data/tape.h"
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

struct leak_data {
    const struct schema *schema;
    const struct example *examples; /* [count] training examples */
    size_t count, actions;
    enum task task;
};

/*
 * Fields that alone tell the label, which suggests that they are filled in after the decision.
 *
 * For a field and its last value in a history, the loss of predicting the label from the other
 * histories with the same value is compared with the entropy of the labels.  Leaving out the
 * history itself keeps a field whose values are nearly unique from looking like an answer.
 */
enum status warn_about_leaks(struct messages *messages, const struct leak_data *data,
                             struct workers *workers, struct error *err);

#endif
