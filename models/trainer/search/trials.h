/*
 * Trials: trainings with different inputs or settings, compared on the validation data.
 *
 * Trials run side by side, one to a thread, because a training with one thread is more efficient than
 * with several.  The result of a trial does not depend on that.
 */
#ifndef TRIAGE_TRIALS_H
#define TRIAGE_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/workers.h"
#include "trainer.h"

/* The loss of one history: the sum over its labels, which have `weight` together. */
struct history_loss {
    double sum, weight;
};

struct trial {
    /* what is tried; borrowed */
    const struct schema *schema;
    const struct training_data *data;
    struct spec spec;
    struct training training; /* .threads is set by trials_run */
    uint32_t number;          /* for the caller */
    bool needs_losses;

    /* The result. */
    struct error
        err; /* .status: STATUS_OK, STATUS_INTERRUPTED if it was stopped, or a failure */
    struct report report;
    struct trainer *trainer; /* trained; owned; NULL after a failure */
    struct history_loss
        *losses; /* [data->validation_count] owned; NULL after a failure */
    double loss; /* mean of them; INFINITY if there is no result */
};

struct trial_runner {
    enum task task;
    const char *const *actions; /* [action_count] */
    size_t action_count;
    struct workers *workers;
    /* Asked from every thread after every step; NULL: never. */
    bool (*should_stop)(void *context);
    /* Called when a trial has ended, by one thread at a time; it may take the trainer.  May be NULL. */
    void (*on_end)(void *context, struct trial *trial);
    void *context;
};

/*
 * The settings of a recipe's training for a trial: what only costs time there is off.  is_full: the
 * same model as that of the recipe, before it is trained on the validation data, too.
 */
struct training trial_training(const struct training *training, bool is_full);

/*
 * Run trials [count]; release each afterwards.  STATUS_INTERRUPTED if one was stopped.  A loss that
 * is not finite is a result of that trial, other failures are those of all.
 */
enum status trials_run(const struct trial_runner *runner, struct trial *trials,
                       size_t count, struct error *err);
void trial_release(struct trial *trial);

/*
 * The loss of each example [count] with the weights of a trainer, as the service would answer; for
 * a model of TASK_LAST also that after earlier events, as in training.  err is not NULL.
 */
enum status losses_measure(struct trainer *trainer, const struct training *training,
                           const struct example *examples, size_t count,
                           struct history_loss *losses, struct error *err);
double losses_mean(const struct history_loss *losses, size_t count);

/*
 * Two models on the same histories: the mean of b minus that of a, and how many standard errors it
 * is away from 0.  Whole histories are compared, because the labels of one are not independent.
 */
struct loss_difference {
    double mean, z;
};
struct loss_difference losses_compare(const struct history_loss *a,
                                      const struct history_loss *b, size_t count);

#endif
