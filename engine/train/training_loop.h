/*
 * The training loop: epochs of optimiser steps over the shuffled training data, metrics on the
 * validation data after each epoch, early stopping, and the best weights at the end.
 *
 * A running average of the weights (Polyak and Juditsky 1992) is what is evaluated after each
 * epoch and what is kept.
 */
#ifndef TRIAGE_TRAINING_LOOP_H
#define TRIAGE_TRAINING_LOOP_H

#include "base/error.h"
#include "model/trained_model.h"
#include "trainer.h"

/* triage_trainer_train (trainer.h): set model->params and model->temperature. */
enum status training_loop_run(struct trained_model *model,
                              const struct training *training,
                              const struct training_data *data,
                              const struct progress_callback *callback,
                              struct report *report, struct error *err);

#endif
