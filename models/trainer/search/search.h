/*
 * triage train --search: look for better settings for a stated time.
 *
 * The validation loss decides; the test part is never read.  In order:
 *
 *   1. the default recipe, with the inputs that `train` chooses
 *   2. inputs: each group that is left is tried, not only the most promising
 *   3. settings: rounds of successive halving (Jamieson and Talwalkar 2016).  A round draws settings,
 *      half of them near the best so far, trains them for a ninth of their epochs, the best third of
 *      them for a third, and the best third of those for all
 *   4. the best three and the default are trained with two more seeds: hundreds of tries find one that
 *      is lucky with its seed.  The lowest mean wins, if it is also not above that of the default
 *
 * The search ends early when all settings have been tried.  Trials run side by side, so which settings
 * are reached in a given time depends on the machine; what each gives does not.
 */
#ifndef TRIAGE_SEARCH_H
#define TRIAGE_SEARCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/examples.h"
#include "recipe.h"
#include "search/search_space.h"
#include "search/training_inputs.h"

/*
 * The seconds that a text means: "600", "90s", "10m", "1h".  STATUS_BAD_OPTION for another text, or
 * less than a second or more than a year.
 */
enum status search_seconds(const char *text, double *seconds, struct error *err);

struct search_settings {
    double seconds;
    bool is_fixed[SEARCH_DIMENSIONS]; /* given on the command line */
    bool may_choose_inputs;
};

struct search_result {
    struct spec spec;
    struct training training;
    /* The best model so far, if a signal has ended the search; owned.  NULL: train with these. */
    struct trainer *trainer;
    struct report report; /* of this model */
};

/*
 * Search, print a table on stderr as it goes, add the notes for the report to the inputs, and leave
 * there the inputs of the winner.  Release the result also after a failure.
 */
enum status search_run(struct search_result *result,
                       const struct search_settings *settings,
                       const struct recipe *recipe, const struct examples *examples,
                       struct training_inputs *inputs, struct error *err);
void search_result_release(struct search_result *result);

#endif
