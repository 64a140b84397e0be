/*
 * From files to examples: the schema, the actions, and every history decoded by the schema.
 *
 * Only decoded histories stay in memory, so the files are read several times: to scan records and
 * labels (data_scan.h), to infer the schema and to measure its scales unless they are given, and to
 * decode.  When a late pass skips a bad record, all passes are repeated without it, because the
 * earlier ones have counted it.
 */
#ifndef TRIAGE_EXAMPLES_H
#define TRIAGE_EXAMPLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "data/data_scan.h"
#include "data/dataset.h"
#include "trainer.h"

struct examples {
    struct arena arena;    /* of the histories and their actions */
    struct schema *schema; /* owned; NULL when the schema is that of a model */
    /* [action_count] in the order of a recipe, a schema or a model, otherwise sorted; owned */
    char **actions;
    size_t action_count;
    /* each [its count]; owned */
    struct example *train, *validation, *evaluation;
    size_t train_count, validation_count, evaluation_count;
    enum validation_source validation_source;
    /*
     * [evaluation_count][C] exact probabilities in the data of a simulator; owned.  NULL unless
     * every record that is evaluated has them.
     */
    double *posterior;
    json_t *golden;      /* a short history for the model file; owned, or NULL */
    struct strbuf notes; /* a line about each field, if the schema was inferred */
    struct skip_list skips;
    size_t reordered_count;   /* histories whose times go backwards */
    char reordered_first[96]; /* "FILE:LINE" of the first such event */
};

struct examples_settings {
    enum task task;
    bool with_end; /* TASK_NEXT: the end of a history is also an action */
    /* of a recipe, borrowed; NULL: to be found in the data */
    const json_t *schema, *actions;
    uint64_t seed; /* of a random validation part */
};

/*
 * Fill train and validation.  A label that is none of the actions becomes ACTION_NONE, which has no
 * loss.  The place in errors is "FILE:LINE", or a JSON Pointer into the recipe.
 * examples_release also after a failure.
 */
enum status examples_load(struct examples *examples, const struct data_files *data,
                          const struct examples_settings *settings, struct error *err);

/*
 * Fill evaluation and train by the schema, task and actions of a model.  evaluation is a part
 * ("train", "val", "test" or "all"; "": test if the data has a split, otherwise all), where a label
 * that is none of the actions becomes ACTION_OTHER.  train has the other histories of train and
 * val.
 */
enum status examples_load_for_model(struct examples *examples,
                                    const struct data_files *data,
                                    const struct model *model, const char *part,
                                    struct error *err);

void examples_release(struct examples *examples);

#endif
