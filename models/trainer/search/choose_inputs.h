/*
 * Which inputs a model is trained on: the groups without which the validation loss is lower.
 *
 * Some inputs hurt: with a calendar a network recognises the weeks it was trained on, and later weeks
 * are others.  The data is always divided in time where it has times, so the validation part shows it.
 *
 * Backward elimination.  Each round tries to leave out one more group: a short training without it,
 * compared with the same training with it over the validation histories.  A group is left out only if
 * the loss falls by more than noise: by over two standard errors, and with two seeds.  So data that
 * does not need the choice keeps all inputs.
 */
#ifndef TRIAGE_CHOOSE_INPUTS_H
#define TRIAGE_CHOOSE_INPUTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "search/input_groups.h"
#include "search/trials.h"

/* With fewer validation histories than this, nothing is chosen by default. */
enum { CHOICE_MIN_VALIDATION = 300 };

struct input_choice_settings {
    struct spec spec;
    struct training training; /* of a trial */
    uint32_t candidates;      /* groups that are tried in a round, the most promising */
    uint32_t rounds;          /* at most */
    bool is_quiet;            /* print nothing */
    const bool *start; /* [groups->count] left out from the beginning; NULL: nothing */
};

struct input_choice {
    bool *is_left_out; /* [groups->count]; owned */
    uint32_t left_out_count;
    json_t *table; /* for the report, a row for each comparison; owned */
};

/* The cheap choice that `train` makes: a few short trainings. */
struct input_choice_settings input_choice_cheap(const struct spec *spec,
                                                const struct training *training);
/* That of a search: every group, and longer trainings. */
struct input_choice_settings input_choice_thorough(const struct spec *spec,
                                                   const struct training *training);

/*
 * Choose, and print a line for each comparison on stderr.  When the runner stops, the choice is what
 * was found until then: STATUS_INTERRUPTED.  Release also after a failure.
 */
enum status input_choice_make(struct input_choice *choice,
                              const struct input_choice_settings *settings,
                              const struct input_groups *groups,
                              const struct training_data *data,
                              const struct trial_runner *runner, struct error *err);
void input_choice_release(struct input_choice *choice);

#endif
