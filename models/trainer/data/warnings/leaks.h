/*
 * Fields that hold what is known only afterwards: they tell the label, or that the history is over.
 *
 * A model that is trained on them is accurate on finished incidents and wrong on open ones.
 */
#ifndef TRIAGE_LEAKS_H
#define TRIAGE_LEAKS_H

#include "base/workers.h"
#include "data/common/messages.h"
#include "trainer.h"

struct leak_data {
    const struct schema *schema;
    const struct example *examples; /* [count] training examples */
    size_t count, actions;
    const char *const *names; /* [actions] */
    enum task task;
};

/*
 * One warning for each field of which one of these is true:
 *
 *   its last value tells the label     the loss of predicting the label from the other histories with
 *                                      the same last value is compared with the entropy of the labels.
 *                                      Leaving out the history itself keeps a field whose values are
 *                                      nearly unique from looking like an answer.
 *   some value of it tells the label   predicted from the other histories that have the value which is
 *                                      nearest to one label, anywhere.  TASK_LAST
 *   its last number tells the label    the label of the nearest other number is nearly always the same,
 *                                      as where there are thresholds
 *   it tells one label                 histories have a value of it, or any, if and only if they have
 *                                      that label.  TASK_LAST; not names of events, which may well
 *   its values say that it is over     nearly every history ends with a value that is in last events
 *                                      only, such as "closed".  TASK_LAST
 */
enum status warn_about_leaks(struct messages *messages, const struct leak_data *data,
                             struct workers *workers, struct error *err);

#endif
