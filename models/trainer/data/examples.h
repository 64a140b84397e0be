/*
 * From files to examples: which lines learn, validate or are judged, the actions, the schema,
 * and every history decoded by it.
 *
 * The files are read several times, so that only what was decoded stays in memory: once for
 * the parts, the labels and the times, once to infer the schema if none was given, once raw
 * to measure its scales, and once for good.  When a line turns out to be bad on the way and
 * may be skipped, all begins again without it.
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
#include "data/dataset.h"
#include "trainer.h"

struct examples {
    struct arena arena;    /* the histories */
    struct schema *schema; /* owned; NULL when they are for a model, which has its own */
    char **actions;        /* in alphabetical order, the schema's, the recipe's; owned */
    size_t action_count;
    struct example *learn, *validate,
        *judged; /* owned; see actions.h for what is asked */
    size_t learn_count, validate_count, judged_count;
    double *posterior; /* [judged_count][C] probabilities that a simulator states; owned;
                          NULL unless every judged line states them */
    json_t *golden;    /* a short history; owned, or NULL */
    const char *validation; /* " (the last fifth in time)": which validate; or "" */
    struct strbuf talk; /* a line about each field, when the schema was inferred; owned */
    struct skip skip;
    size_t reordered;         /* histories whose times go backwards */
    char reordered_first[96]; /* "FILE:LINE" where they first do, and which event */
};

/*
 * For learning.  schema and actions are JSON from a recipe, or NULL: inferred.  with_end:
 * TASK_NEXT also learns when none follows.  Where an action is asked for that is none of the
 * model's (a rare event), ACTION_NONE stands.  Failures name file and line; examples_release
 * also after a failure.
 */
enum status examples_load(struct examples *examples, const struct data_files *data,
                          enum task target, bool with_end, const json_t *schema,
                          const json_t *actions, uint64_t seed, struct error *err);

/*
 * For judging a model: decoded by its schema, for its target and its actions.  part is
 * "train", "val", "test", "all", or "": test when the data has a split, else all.  judged gets
 * that part, ACTION_OTHER where the right action is none of the model's; learn gets the lines
 * of train and val that are not judged, without those whose action is none.
 */
enum status examples_load_for(struct examples *examples, const struct data_files *data,
                              const struct model *model, const char *part,
                              struct error *err);

void examples_release(struct examples *examples);

#endif
