/*
 * From files to examples: the schema, the actions, and every history encoded by the schema.
 *
 * The files are read once, onto a tape (tape.h); everything else is a pass over the tape: roles of
 * columns, labels and the split, the schema and its scales unless they are given, and the encoding.
 * The tape is released while it is encoded.
 */
#ifndef TRIAGE_EXAMPLES_H
#define TRIAGE_EXAMPLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/histories.h"
#include "data/read/reader.h"
#include "trainer.h"

struct examples {
    struct schema *schema; /* owned; NULL when the schema is that of a model */
    /* [action_count] in the order of a recipe, a schema or a model, otherwise sorted; those that are
       new to the model come last; owned */
    char **actions;
    size_t action_count;
    /* each [its count]; owned, and the arrays that their histories point into */
    struct example *train, *validation, *evaluation;
    size_t train_count, validation_count, evaluation_count;
    uint32_t *ids;
    float *values;
    uint32_t *event_actions;
    enum validation_source validation_source;
    bool has_split; /* the data has parts */
    /*
     * [evaluation_count][C] exact probabilities in the data of a simulator; owned.  NULL unless
     * every record that is evaluated has them.
     */
    double *posterior;
    /*
     * [events of evaluation][C] the same after every event, history after history; owned.  NULL unless
     * every record that is evaluated has them, and the order of no events was changed.
     */
    double *posteriors;
    json_t *golden; /* a short history for the model file; owned, or NULL */
    /* A note about each field, if the schema was inferred; warnings. */
    struct messages messages;
    size_t skipped_count;     /* histories that could not be read */
    size_t reordered_count;   /* histories whose times go backwards */
    char reordered_first[96]; /* "FILE:LINE" of the first such event */
};

struct examples_settings {
    enum task task;
    bool with_end; /* TASK_NEXT: the end of a history is also an action */
    /* of a recipe, borrowed; NULL: to be found in the data */
    const json_t *schema, *actions;
    /*
     * Go on from this model, borrowed; NULL: from the beginning.  Its schema and its actions are used,
     * and grow by what is new in the data.  schema and actions are NULL then; task and with_end are
     * those of the model.
     */
    const struct model *from;
    const json_t *from_left_out; /* names of fields that its training has left out */
    const json_t *rename;        /* {COLUMN: {OLD: NEW}}; NULL: none */
    bool trim;                   /* leave out blanks around JSON strings, as in CSV */
    uint64_t seed;               /* of a random validation part */
    uint32_t threads;            /* 0: one for each processor; the result is the same */
};

/*
 * Fill train and validation.  A label that is not among the actions becomes ACTION_NONE, which has
 * no loss.  The place in errors is "FILE:LINE", or a JSON Pointer into the recipe.  Call
 * examples_release also after a failure.
 */
enum status examples_load(struct examples *examples, const struct data_files *data,
                          const struct examples_settings *settings, struct error *err);

/*
 * Fill evaluation and train by the schema, task and actions of a model.  evaluation receives one
 * part: "train", "val", "test" or "all"; "" is test if the data has a split and all otherwise; NULL
 * is train if it has one and all otherwise.  There, a label that is not among the actions becomes
 * ACTION_OTHER.  train receives the other histories of train and val.
 */
enum status examples_load_for_model(struct examples *examples,
                                    const struct data_files *data,
                                    const struct model *model, const char *part,
                                    struct error *err);

/* The same for `check`: labels are not needed. */
enum status examples_load_unlabelled(struct examples *examples,
                                     const struct data_files *data,
                                     const struct model *model, struct error *err);

void examples_release(struct examples *examples);

/*
 * Print notes and warnings on stderr, and forget them.  With --strict, STATUS_BAD_INPUT if there
 * was a warning.
 */
enum status examples_print_messages(struct examples *examples,
                                    const struct data_keys *keys, struct error *err);

#endif
