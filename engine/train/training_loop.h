/*
 * The training loop: epochs of optimiser steps over the shuffled training data, metrics on the
 * validation data after each epoch, early stopping, and the best weights at the end; then the
 * temperature; then, if wanted, the same number of epochs again from the same initial weights, on
 * the training and the validation data together (the refit).
 *
 * A running average of the weights (Polyak and Juditsky 1992) is what is evaluated after each
 * epoch and what is kept.
 *
 * The three functions are the parts of triage_trainer_train (trainer.h).  The first and the last
 * train one network, and expect the weights to begin with in model->params.  checkpoint, unless NULL,
 * is written after every epoch, with model->params among the pieces of the caller; if it is being
 * restored, the training goes on from there.
 */
#ifndef TRIAGE_TRAINING_LOOP_H
#define TRIAGE_TRAINING_LOOP_H

#include "base/error.h"
#include "model/trained_model.h"
#include "train/checkpoint.h"
#include "train/curve.h"
#include "trainer.h"

/* Train until the stop, set model->params to the best weights, and fill the report. */
enum status training_loop_choose(struct trained_model *model,
                                 const struct training *training,
                                 const struct training_data *data,
                                 const struct progress_callback *callback,
                                 struct curve *curve, struct checkpoint *checkpoint,
                                 struct report *report, struct error *err);

/* What all networks of the model reach on the validation data as they are: their mean. */
enum status training_loop_measure_start(struct trained_model *model,
                                        const struct training *training,
                                        const struct training_data *data,
                                        struct start_report *start, struct error *err);

/*
 * Set model->temperature, and that of the report: fitted on the validation data, or 1 if there is
 * none or training->calibrate is false.  With several networks, it is that of the mean of their
 * probabilities, and the report gets the validation figures of the mean.
 */
enum status training_loop_fit_temperature(struct trained_model *model,
                                          const struct training *training,
                                          const struct training_data *data,
                                          struct report *report, struct error *err);

/*
 * Train report->best_epoch epochs on all of the data, at the learning rates of the first run, and
 * set model->params.  STATUS_INTERRUPTED if the callback stops it; then, and on every other
 * failure, model->params are of no use.
 */
enum status training_loop_refit(struct trained_model *model,
                                const struct training *training,
                                const struct training_data *data,
                                const struct progress_callback *callback,
                                struct curve *curve, struct checkpoint *checkpoint,
                                struct report *report, struct error *err);

#endif
