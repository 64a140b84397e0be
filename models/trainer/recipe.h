/*
 * A recipe: a JSON object with any of schema, target, end, network, training and actions, so
 * that a training can be repeated, or changed where the data alone says too little.
 */
#ifndef TRIAGE_RECIPE_H
#define TRIAGE_RECIPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "data/examples.h"
#include "trainer.h"

/* What is made and how: what a recipe and the flags of train say, but the data. */
struct recipe {
    uint32_t target; /* enum task */
    bool end;        /* TASK_NEXT: also that no event follows */
    struct spec spec;
    struct training training;
    json_t *schema, *actions; /* owned; NULL: from the data */
};

/* target and end; triage_spec_options and triage_training_options describe the rest. */
extern const struct option_def task_options[];

/* The defaults; texts would go to the arena, borrowed. */
enum status recipe_init(struct recipe *recipe, struct arena *arena, struct error *err);
void recipe_release(struct recipe *recipe);

/*
 * Read the file over what is there.  STATUS_IO, STATUS_BAD_JSON, STATUS_BAD_INPUT or
 * STATUS_BAD_OPTION; the place is the path or, within the file, a JSON Pointer.
 */
enum status recipe_read(struct recipe *recipe, const char *path, struct arena *arena,
                        struct error *err);

/*
 * The whole recipe, indented, with the schema and the actions of the examples: reading it back
 * trains the same model.
 */
enum status recipe_write(const struct recipe *recipe, const struct examples *examples,
                         struct strbuf *text, struct error *err);

#endif
