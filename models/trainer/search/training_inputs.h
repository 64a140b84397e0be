/* The inputs that a model is trained on: those of the data, or those that were chosen among them. */
#ifndef TRIAGE_TRAINING_INPUTS_H
#define TRIAGE_TRAINING_INPUTS_H

#include <jansson.h>

#include "base/error.h"
#include "data/examples.h"
#include "recipe.h"
#include "search/choose_inputs.h"
#include "search/input_groups.h"
#include "trainer.h"

struct training_inputs {
    const struct schema *schema; /* borrowed, of the examples or of the view */
    struct training_data data;   /* the same */
    json_t *notes;               /* for the report; owned; NULL if nothing was chosen */
    struct input_groups groups;
    struct input_choice choice;
    struct input_view view; /* empty if nothing is left out */
};

/* All inputs of the examples, which must outlive it. */
void training_inputs_init(struct training_inputs *inputs,
                          const struct examples *examples);
void training_inputs_release(struct training_inputs *inputs);

/*
 * Choose among them, print on stderr what is tried, and write notes.  should_stop(context) ends the
 * choice with what was found until then, and is no failure.
 */
enum status training_inputs_choose(struct training_inputs *inputs,
                                   const struct recipe *recipe,
                                   const struct examples *examples,
                                   const struct input_choice_settings *settings,
                                   bool (*should_stop)(void *context), void *context,
                                   struct error *err);

/* Put the trials of an earlier choice in front of those in the notes. */
enum status training_inputs_add_earlier(struct training_inputs *inputs,
                                        const struct training_inputs *earlier,
                                        struct error *err);

#endif
