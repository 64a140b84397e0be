/* What `triage train` warns of when a training has ended. */
#ifndef TRIAGE_TRAINING_WARNINGS_H
#define TRIAGE_TRAINING_WARNINGS_H

#include "trainer.h"

struct training_result {
    const struct report *report;
    const struct training_data *data;
    const char *const *actions; /* [action_count] */
    size_t action_count;
};

/*
 * Print a line on stderr for each of these: the best epoch is the last one that was allowed; the
 * model is no better on the validation data than answering as often as the labels of the training
 * data are; the temperature is at a limit of its search; the validation loss is far above or far
 * below the training loss.  Nothing without validation data.  STATUS_NO_MEMORY.
 */
enum status training_warnings_print(const struct training_result *result,
                                    struct error *err);

#endif
