/*
 * The decision policy of a trained model (model/decision.h), fitted on the validation data.
 *
 * A position is an event of a validation history after which the model may be asked: with TASK_LAST
 * every event, because a service is asked before the end (with two directions only the last one).  The
 * positions of a history have the weight 1 together.  They are ordered by the probability of the
 * action, or, with costs, by the expected cost, least first.  A threshold answers the first ones:
 *
 *     coverage    the share of the weight that is answered
 *     accuracy    of what is answered
 *
 * decline_below is the threshold of the largest coverage whose accuracy is at least
 * training.accuracy.
 */
#ifndef TRIAGE_DECISION_FIT_H
#define TRIAGE_DECISION_FIT_H

#include "base/error.h"
#include "model/trained_model.h"
#include "trainer.h"

/*
 * Set model->decision and report->coverage, if the settings or costs ask for a policy; otherwise there
 * is none.  The temperature must have been fitted.  STATUS_BAD_OPTION if there is no validation data;
 * STATUS_NO_MEMORY, and the statuses of triage_model_read and triage_classifier_run.
 */
enum status decision_fit(struct trained_model *model, const struct training *training,
                         const struct training_data *data, struct report *report,
                         struct error *err);

#endif
