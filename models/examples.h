/*
 * From files to examples: which lines learn and which validate, the actions, the schema, and
 * every history decoded by it.
 *
 * The files are read several times, so that only what was decoded stays in memory: once for
 * the parts, the labels and the times, once to infer the schema if none was given, once raw
 * to measure its scales, and once for good.  When a line turns out to be bad on the way and
 * may be skipped, all begins again without it.
 */
#ifndef TRIAGE_EXAMPLES_H
#define TRIAGE_EXAMPLES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "dataset.h"
#include "trainer.h"

struct examples {
    struct arena arena;    /* the histories */
    struct schema *schema; /* owned */
    char **actions;        /* in alphabetical order, or the recipe's; owned */
    size_t action_count;
    struct example *learn, *validate; /* owned */
    size_t learn_count, validate_count;
    json_t *golden; /* a short history; owned, or NULL */
    struct skip skip;
};

/*
 * schema and actions are JSON from a recipe, or NULL.  Failures name file and line.
 * examples_release also after a failure.
 */
enum status examples_load(struct examples *examples, const char *const *files,
                          size_t count, const struct keys *keys, bool skip_bad,
                          const json_t *schema, const json_t *actions, uint64_t seed,
                          struct error *err);

void examples_release(struct examples *examples);

#endif
