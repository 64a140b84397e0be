/*
 * Warnings about leaks: fields that are filled in only after the decision, so that they show the
 * label or that the history has ended.
 *
 * A model that is trained on them is accurate on closed incidents and wrong on open ones.
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
 *   - Its last value shows the label.  The loss of predicting the label from the other histories
 *     with the same last value is compared with the entropy of the labels.  The history itself is
 *     left out, so that nearly unique values do not look like an answer.
 *   - Some value of it shows the label, anywhere in the history: the same, with the value of the
 *     history that goes most clearly with one label.  TASK_LAST
 *   - Its last number shows the label: the history with the nearest number nearly always has the
 *     same label, as where there are thresholds.
 *   - It shows one label: histories have one of its values, or any value, if and only if they have
 *     that label.  TASK_LAST; not for names of events, of which this is often true without a leak.
 *   - It shows that the history has ended: nearly every history ends with a value that occurs in
 *     last events only, such as "closed".  TASK_LAST
 */
enum status warn_about_leaks(struct messages *messages, const struct leak_data *data,
                             struct workers *workers, struct error *err);

/*
 * One warning for each pair of fields, that of the events' names excepted, whose last values tell the
 * label together, while neither of them does alone.  TASK_LAST
 */
enum status warn_about_leak_pairs(struct messages *messages, const struct leak_data *data,
                                  struct error *err);

/*
 * The last value of a field up to event t: an id, or the bits of a number; SCHEMA_MISSING if there is
 * none.
 */
struct field;
uint64_t leak_last_value(const struct schema *schema, const struct field *field,
                         const struct history *history, uint32_t t);

#endif
