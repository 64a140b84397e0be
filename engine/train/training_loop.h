/*
 * The training loop: epochs of optimiser steps over the shuffled training data, metrics on the
 * validation data after each epoch, early stopping, and the best weights at the end.
 *
 * The metrics are those of a running average of the weights (Polyak and Juditsky 1992), and the
 * average is what is kept.
 */
#ifndef TRIAGE_TRAINING_LOOP_H
#define TRIAGE_TRAINING_LOOP_H

#include "base/error.h"
#include "model/trained_model.h"
#include "trainer.h"

/* triage_trainer_train on the params and the temperature of a model. */
enum status training_loop_run(struct trained_model *model,
                              const struct training *training,
                              const struct training_data *data,
                              const struct progress_callback *callback,
                              struct report *report, struct error *err);

#endif
