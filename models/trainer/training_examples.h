/*
 * The histories of a training, from files: what `train` and `compare-architectures` train on.
 */
#ifndef TRIAGE_TRAINING_EXAMPLES_H
#define TRIAGE_TRAINING_EXAMPLES_H

#include "data/examples.h"
#include "recipe.h"
#include "starting_model.h"

/*
 * Load the files; print notes, warnings and a summary on stderr.  from: the model to go on from; NULL
 * or empty: none.  The statuses of examples_load; with --strict, STATUS_BAD_INPUT if there was a
 * warning.  Release the examples also after a failure.
 */
enum status training_examples_load(struct examples *examples,
                                   const struct data_files *data,
                                   const struct recipe *recipe,
                                   const struct starting_model *from, struct error *err);

#endif
