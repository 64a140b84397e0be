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
#include "base/status.h"
#include "base/text.h"
#include "examples.h"
#include "trainer.h"

/* What is made and how: what a recipe and the flags of train say, but the data. */
struct recipe {
    uint32_t target; /* enum target */
    bool end;        /* TARGET_NEXT: also that no event follows */
    struct spec spec;
    struct training training;
    json_t *schema, *actions; /* owned; NULL: from the data */
};

/* target and end; spec_fields and training_fields describe the rest. */
extern const struct field task_fields[];

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
                         struct text *text, struct error *err);

#endif
