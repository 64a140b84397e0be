/*
 * train --from MODEL: the model whose weights a training begins with.
 *
 * Its network, task and number of members are those of the training.  They are put into the recipe
 * before the recipe's file and the options are read: what differs afterwards was given, and is refused.
 */
#ifndef TRIAGE_STARTING_MODEL_H
#define TRIAGE_STARTING_MODEL_H

#include <jansson.h>

#include "base/error.h"
#include "data/examples.h"
#include "recipe.h"
#include "trainer.h"

struct starting_model {
    const char *path;    /* borrowed */
    struct model *model; /* owned; NULL: the training begins with drawn weights */
    json_t *left_out; /* names of inputs that its training has left out; owned, or NULL */
};

enum status starting_model_load(struct starting_model *from, const char *path,
                                struct error *err);
void starting_model_release(struct starting_model *from);

/* Give the recipe the settings that are those of the model. */
void starting_model_use(const struct starting_model *from, struct recipe *recipe);

/* STATUS_BAD_OPTION, with the option as the place, if the recipe has another of these settings. */
enum status starting_model_check(const struct starting_model *from,
                                 const struct recipe *recipe, struct error *err);

/*
 * Print what the training begins with, and set notes, which is NULL, to what the report says of it:
 * {"from": {"file": ..., "digest": ...}, "inputs": {"left_out": [...]}}, the inputs only if there are
 * any.
 */
enum status starting_model_note(const struct starting_model *from,
                                const struct examples *examples, json_t **notes,
                                struct error *err);

#endif
