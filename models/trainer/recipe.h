/*
 * A recipe: a JSON object with any of schema, target, end, network, training, actions, rename and
 * trim.
 *
 * A recipe repeats a training run, or corrects what is inferred from the data.  Its "target" is the
 * task.
 */
#ifndef TRIAGE_RECIPE_H
#define TRIAGE_RECIPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/option_table.h"
#include "base/strbuf.h"
#include "data/examples.h"
#include "trainer.h"

/* The settings that a recipe or the options of `triage train` give. */
struct recipe {
    uint32_t task; /* enum task */
    bool with_end; /* TASK_NEXT: the end of a history is also an action */
    struct spec spec;
    struct training training;
    json_t *schema, *actions; /* owned; NULL: from the data */
    json_t *rename;           /* {COLUMN: {OLD: NEW}} texts of the data; owned, or NULL */
    bool trim;                /* leave out blanks around the texts of the data */
};

/* target and end; triage_spec_options and triage_training_options describe the rest. */
extern const struct option_def task_options[];

/* Set the defaults.  Texts are allocated in the arena, which must outlive the recipe. */
enum status recipe_init(struct recipe *recipe, struct arena *arena, struct error *err);
void recipe_release(struct recipe *recipe);

/*
 * Read a file; settings that it does not have keep their values.  STATUS_IO, STATUS_BAD_JSON,
 * STATUS_BAD_INPUT or STATUS_BAD_OPTION; the place is the path or a JSON Pointer into the file.
 */
enum status recipe_read(struct recipe *recipe, const char *path, struct arena *arena,
                        struct error *err);

/*
 * Apply rename and trim to the recipe's own actions and schema.  A name that becomes equal to
 * another is left out.  A name that is also one of the new names stays, so that a recipe that
 * already has the new names does not change.  keys: the columns of the label and of the event.
 */
enum status recipe_rename(struct recipe *recipe, const struct data_keys *keys,
                          struct error *err);

/*
 * Append the whole recipe, indented, with the schema and the actions of the examples.  Training
 * with it makes the same model.
 */
enum status recipe_write(const struct recipe *recipe, const struct examples *examples,
                         struct strbuf *text, struct error *err);

#endif
