/*
 * libtriage: train a model on labelled histories, and write the model file.
 *
 *   schema    the fields of an event; read from JSON, with scales measured on the data
 *   example   a decoded history, and the action that is right after it or after each event
 *   trainer   a network and its training settings
 *
 * Most programs need these calls:
 *
 *     schema = triage_schema_read(json, "/schema", &err);
 *     triage_history_decode(&example.history, schema, ...);              for each example
 *     trainer = triage_trainer_new(schema, &spec, task, actions, count, &training, &err);
 *     triage_trainer_train(trainer, &data, NULL, &report, &err);
 *     triage_trainer_save(trainer, "incident.safetensors", &annex, &err);
 *
 * The conventions of engine.h hold: NULL or a status on failure, err last and optional, *_free
 * accepts NULL.
 *
 * Training is deterministic: the same data, settings, seed, build and kind of processor give
 * the same file, byte for byte, whatever the number of threads.
 */
#ifndef TRIAGE_TRAINER_H
#define TRIAGE_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine.h"
#include "model/spec.h"

struct trainer;
struct arena; /* base/arena.h */

/* ---- schema -------------------------------------------------------------------------- */

/*
 * Read a schema from its JSON object, as it is in a recipe or a model file.  where is the
 * beginning of the JSON Pointers in errors.  STATUS_BAD_INPUT, STATUS_NO_MEMORY.
 */
struct schema *triage_schema_read(const struct json_t *object, const char *where,
                                  struct error *err);
void triage_schema_free(struct schema *schema);

/* Append the JSON text of a schema: the inverse of triage_schema_read. */
void triage_schema_write(const struct schema *schema, struct strbuf *text);

/* The name of the field at index (from 0), NULL past the last. */
const char *triage_schema_field(const struct schema *schema, uint32_t index);

/* Is there a categorical field of that name? */
bool triage_schema_is_category(const struct schema *schema, const char *name);

/* Does the schema use the times of events? */
bool triage_schema_uses_times(const struct schema *schema);

/* The known event names, in the order of the schema. */
uint32_t triage_schema_event_count(const struct schema *schema);
const char *triage_schema_event(const struct schema *schema, uint32_t index);

/* The index of the name of event t among the known event names; -1 if unknown or missing. */
int64_t triage_schema_event_at(const struct schema *schema, const struct history *history,
                               uint32_t t);

/*
 * Measure the scales.  Between these two calls triage_history_decode leaves numbers and times
 * unscaled ("raw").  Decode the training histories there and pass them to the second call: it
 * sets the scale of each input to its mean and standard deviation over all their events (standard
 * deviation 1 if the input does not vary).  Then decode the histories again.  STATUS_NOT_FINITE
 * if a mean or a standard deviation is too large for a float.
 */
void triage_schema_begin_raw(struct schema *schema);
enum status triage_schema_end_raw(struct schema *schema,
                                  const struct history *const *histories, size_t count,
                                  struct error *err);

/*
 * The same in parts, for histories that are not all in memory.  After triage_schema_begin_raw, add
 * the raw values [events][F] of all histories, begin the second pass, add them again, in the same
 * order, and finish.  first and end are a range of the F inputs: threads may share the inputs of
 * the same events.  STATUS_NO_MEMORY, STATUS_NOT_FINITE.
 */
struct measurement;
struct measurement *triage_measurement_new(struct schema *schema, struct error *err);
void triage_measurement_free(struct measurement *measurement);
void triage_measurement_add(struct measurement *measurement, const float *values,
                            size_t events, uint32_t first, uint32_t end);
void triage_measurement_second_pass(struct measurement *measurement);
enum status triage_measurement_finish(struct measurement *measurement, struct error *err);

/* ---- examples ------------------------------------------------------------------------ */

/*
 * Used instead of an action of the model.  ACTION_NONE: nothing is to be predicted after this
 * event.  ACTION_OTHER: the right action is not among those of the model.  Neither is trained on.
 */
enum { ACTION_NONE = UINT32_MAX, ACTION_OTHER = UINT32_MAX - 1 };

struct example {
    struct history history;
    uint32_t action;         /* TASK_LAST: the right one, 0 .. C - 1 or ACTION_OTHER */
    const uint32_t *actions; /* [length] the right one after each event; else NULL */
};

/* The right action after event t (from 0). */
static inline uint32_t example_action(const struct example *example, uint32_t t)
{
    if (example->actions)
        return example->actions[t];
    return t + 1 == example->history.length ? example->action : (uint32_t)ACTION_NONE;
}

/*
 * Measure the profile of the training histories, which the schema then keeps: how numbers, values,
 * hours and lengths are distributed (model/profile.h).  It changes no probability.  threads: 0 is one
 * for each processor; the profile is the same with any number.  STATUS_NO_MEMORY.
 */
enum status triage_schema_measure_profile(struct schema *schema,
                                          const struct example *examples, size_t count,
                                          uint32_t threads, struct error *err);

/* Has any event of the examples the field at index?  An unknown value counts as present. */
bool triage_examples_have_field(const struct schema *schema, uint32_t index,
                                const struct example *examples, size_t count);

/* The examples to train and to validate on; all borrowed. */
struct training_data {
    const struct example *train;      /* [train_count] */
    const struct example *validation; /* [validation_count]; NULL if 0 */
    size_t train_count, validation_count;
};

/* ---- training ------------------------------------------------------------------------ */

enum schedule { SCHEDULE_CONSTANT, SCHEDULE_COSINE };
enum init { INIT_UNIFORM, INIT_CHRONO };
enum prefix_loss { PREFIX_MEAN, PREFIX_SUM };

/* The settings; triage_training_options has their names, defaults and bounds. */
struct training {
    uint32_t epochs;   /* at most; 0: 30, and up to 120 while the validation loss falls */
    uint32_t patience; /* epochs without a better validation loss before a stop */
    uint32_t batch;    /* targets in a step, at most; fewer with little data */
    uint32_t warmup;   /* steps until the full learning rate, at most a tenth of all */
    uint32_t schedule; /* enum schedule: how the learning rate falls */
    uint32_t init;     /* enum init: the biases of the gates that keep the state */
    double learning_rate; /* of Adam */
    double weight_decay;  /* decoupled, on matrices only */
    double clip;          /* largest global norm of a gradient; 0: no clipping */
    double dropout;       /* between layers and before the head */
    double word_dropout;  /* chance that an input is replaced by "unknown" or "missing" */
    double average;       /* weight of the past in the running average of the weights */
    /* enum prefix_loss: the mean or the sum of the losses after the events before the last */
    uint32_t prefix_loss;
    /* TASK_LAST, one direction: of that mean or sum, beside the loss after the last event of a
       history, which has the weight 1; 0: only that one */
    double prefix_weight;
    /* TASK_CONTINUE: how many of each history in an epoch, at most; 1 to 64 */
    uint32_t beginnings;
    /* TASK_CONTINUE: the share of the events read by the decoder that are its own predictions */
    double scheduled_sampling;
    bool refit;     /* then train on training and validation data together */
    bool calibrate; /* fit the temperature on the validation data */
    /* The decision policy (model/decision.h): the accuracy of what is not declined, on validation
       data; 0: nothing is declined for its probability.  The share of unknown events above which a
       history is declined; 0: none. */
    double accuracy, max_unknown;
    uint64_t seed;
    uint32_t members; /* networks, trained with seed, seed + 1, ...; 0 is 1 */
    uint32_t threads; /* at least 1; not an option: the result is the same */
};

extern const struct option_def *const triage_training_options;

/* The state of the training after a step or an epoch. */
struct progress {
    uint32_t member, members; /* the network that is being trained, from 1 */
    uint32_t epoch, epochs;   /* epoch counts from 1 */
    uint32_t step, steps;     /* optimiser steps in this epoch */
    double train_loss;        /* mean over the steps of this epoch so far, nats */
    double learning_rate;     /* of the last step */
    double norm;              /* global norm of the last gradient before clipping */
    double clip_rate;         /* share of all steps so far whose gradient was clipped */
    bool is_refit;            /* training and validation data together; no validation */
    bool has_epoch_ended;     /* the members below are those of this epoch */
    bool has_validation;    /* false: no validation data, ignore the last three members */
    bool is_best;           /* the lowest loss of all epochs so far */
    double validation_loss; /* what is trained: with prefixes (training.prefix_weight) */
    double validation_end_loss; /* without them */
    double validation_accuracy; /* without them */
};

/*
 * Append what an epoch reached as a JSON object: {"epoch", "phase": "train" or "refit", ...}, with
 * "network" before them if there are several.
 */
void triage_progress_write(const struct progress *progress, struct strbuf *text);

/*
 * Called after every step and every epoch.  Returns false to stop with the best weights.  It may call
 * triage_trainer_write, for a model with the weights of the last step.  At the end of an epoch it may
 * replace the histories of the training examples, and their actions, by as many others.
 */
struct progress_callback {
    bool (*call)(void *context, const struct progress *progress);
    void *context;
};

/*
 * How accurate decisions are, if only those with the largest probabilities are answered (with costs:
 * the least expected costs), on the validation data after every event.
 */
enum { COVERAGE_ROWS = 10 };

struct coverage_row {
    double coverage;  /* share that is answered; every history has the same weight */
    double threshold; /* the least probability, or largest expected cost, of these */
    double accuracy;  /* of these */
    double cost;      /* mean, of these; 0 without costs */
};

struct coverage_table {
    size_t row_count; /* 0: no policy was fitted */
    struct coverage_row rows[COVERAGE_ROWS];
    uint64_t positions;
    double target;   /* training.accuracy */
    bool is_reached; /* by a threshold */
    struct coverage_row chosen;
    bool has_costs;
    /* Mean costs of the most probable action, and of the one action that is the cheapest if it is
       always taken. */
    double probable_cost, constant_cost;
    uint32_t constant_action;
};

/* The first training of one network, at its best epoch. */
struct member_report {
    uint32_t epochs, best_epoch;
    double train_loss;
    double validation_loss, validation_accuracy;
};

/* What the weights of triage_trainer_start_from reach on the validation data, before the training. */
struct start_report {
    bool exists; /* false: the weights were drawn, or there is no validation data */
    double loss, end_loss, accuracy; /* as the validation figures of struct report */
};

/*
 * The result of the training, at its best epoch.  With several networks the validation figures are
 * those of the mean of their probabilities, clip_rate is the mean and norm_largest the largest of
 * theirs, and what only one network has is that of the first one: epochs, best_epoch, the losses in
 * training.
 */
struct report {
    uint32_t epochs, best_epoch;
    uint64_t train_count, validation_count; /* examples used */
    double train_loss;                      /* mean over that epoch's steps, nats */
    /* As in struct progress; of prefixes alone, 0 if none are trained on. */
    double validation_loss, validation_end_loss, validation_accuracy;
    double validation_prefix_loss, validation_prefix_accuracy;
    struct start_report start;      /* before the training */
    double clip_rate, norm_largest; /* over all steps */
    double temperature;
    struct coverage_table coverage;
    bool was_interrupted; /* by the callback */
    bool has_diverged;    /* a loss was not finite; the best weights are kept */
    bool was_limited;     /* the best epoch is the last one that was allowed */
    /* Examples of the refit, whose weights the model then has; 0: there was none, and the weights
       are those of the best epoch.  All figures above are those of the first run. */
    uint64_t refit_count;
    double refit_loss;     /* mean over the steps of its last epoch */
    uint32_t member_count; /* networks */
    struct member_report members[MEMBERS_MOST];
};

/*
 * Can the network be trained for the task?  STATUS_BAD_INPUT if it has two directions and an attention
 * head, or a task that is not TASK_LAST: the second direction would read the events that it must
 * predict.  Or if self-attention has two directions, or heads that do not divide the hidden units;
 * STATUS_TOO_LARGE if one history would take too much memory.  Or if the task is TASK_CONTINUE, with
 * self-attention or an attention head.  The place is a member of "/network".
 */
enum status triage_network_check(const struct spec *spec, enum task task,
                                 struct error *err);

/*
 * A network with random initial weights, drawn from training->seed.  schema, actions and
 * settings are copied.  STATUS_BAD_INPUT for a bad list of actions; what triage_network_check
 * refuses; STATUS_BAD_OPTION if the kernels in use are not exact (engine.h); STATUS_TOO_LARGE if a
 * tensor would be too large; STATUS_NO_MEMORY.
 */
struct trainer *triage_trainer_new(const struct schema *schema, const struct spec *spec,
                                   enum task task, const char *const *actions,
                                   size_t action_count, const struct training *training,
                                   struct error *err);
void triage_trainer_free(struct trainer *trainer);

/*
 * Begin with the weights of a model instead of random ones: go on from it.  The trainer has the same
 * network settings, task and number of members; its schema and actions have all that the model's have,
 * with the same scales, and may have more.  New values and actions keep their random weights, and the
 * inputs of new numbers and times have the weight 0.  INIT_CHRONO has no effect then.  The model is
 * not needed afterwards.
 *
 * STATUS_BAD_INPUT if something of the model is missing or different, or if the model does not state
 * the numerics that its weights are for.  STATUS_NO_MEMORY.
 */
enum status triage_trainer_start_from(struct trainer *trainer, const struct model *model,
                                      struct error *err);

/*
 * The elements of a tensor, [rows][columns], by its name in the model file; NULL if there is
 * none.  The caller may change them.  *count is set to rows * columns.
 */
float *triage_trainer_tensor(struct trainer *trainer, const char *name, size_t *count);

/* A larger cost is refused: sums of costs, and costs in single precision, must be finite. */
#define COST_MOST 1e30

/*
 * Decide by costs [C][C] (of each action, by the one that is right), and decline where even the least
 * expected cost is more than decline_cost (INFINITY: never).  They are copied.  STATUS_BAD_OPTION for
 * a cost that is not between 0 and COST_MOST, STATUS_NO_MEMORY.
 */
enum status triage_trainer_set_costs(struct trainer *trainer, const double *costs,
                                     double decline_cost, struct error *err);

/*
 * Write the state of the training to a file after every epoch (path is borrowed; NULL: no file).  If
 * the file is there when the training begins, it goes on from this state, to the same model, byte for
 * byte, as without a break.  A file that is no checkpoint, is cut short, or belongs to another build,
 * recipe or data is refused: STATUS_BAD_INPUT of triage_trainer_train.  Remove the file when the model
 * is written.
 */
void triage_trainer_use_checkpoint(struct trainer *trainer, const char *path);

/*
 * Train each network, one after another.  Train until all epochs have run, the validation loss (without validation data: the training
 * loss) has not fallen for `patience` epochs, or the callback returns false.  Then restore the
 * best weights and fit the temperature.  With training.refit, and if nothing stopped it early,
 * train as many epochs again, from the same initial weights, on training and validation data
 * together; temperature and report stay those of the first run.  callback may be NULL.  When it stops
 * the first training of several networks, the model has those that were trained until then; when it
 * stops the refit, all have the weights of the first training.
 *
 * An example without an action of the model is skipped.  With TASK_NEXT and TASK_EVERY every
 * event with an action of the model is a target and counts equally, in the loss and in all metrics.
 *
 * STATUS_BAD_INPUT if no example can be used; STATUS_NOT_FINITE if the loss diverges before
 * the first epoch ends; STATUS_NO_MEMORY.  Stopping by the callback is not a failure.
 */
enum status triage_trainer_train(struct trainer *trainer,
                                 const struct training_data *data,
                                 const struct progress_callback *callback,
                                 struct report *report, struct error *err);

/* What a model file holds besides the model; all borrowed, each may be NULL. */
struct model_annex {
    /* a JSON history object: the file holds it together with its answer, and every load checks
       that the answer is the same */
    const struct json_t *golden;
    const struct report *report; /* NULL for weights that were not trained */
    /* A JSON object that becomes part of the report in the file. */
    const struct json_t *notes;
    /*
     * The histories that baselines are to be trained on, to be compared with this model: all that
     * its training has used, for weights or for settings.  The file holds the names of their events
     * and their actions if these fit in 1 MiB, and always their number.
     */
    const struct training_data *histories;
    bool only_count_histories; /* hold nothing of the histories but their number */
};

/* Write the model file.  annex may be NULL. */
enum status triage_trainer_save(struct trainer *trainer, const char *path,
                                const struct model_annex *annex, struct error *err);

/* The same into memory: *bytes is owned by the caller, who calls free(); NULL on failure. */
enum status triage_trainer_write(struct trainer *trainer, const struct model_annex *annex,
                                 char **bytes, size_t *length, struct error *err);

/*
 * After triage_trainer_save or triage_trainer_write: does the file hold the histories of the annex?
 * Not if they need more than 1 MiB.
 */
bool triage_trainer_holds_histories(const struct trainer *trainer);

/* ---- inspecting a model -------------------------------------------------------------- */

/* A tensor of the model file; borrowed from the model. */
struct tensor_view {
    const char *name;
    const float *data;      /* [rows][columns] */
    uint32_t rows, columns; /* a vector has one column */
    bool is_vector;
};
size_t triage_model_tensor_count(const struct model *model);
struct tensor_view triage_model_tensor(const struct model *model, size_t index);
const struct spec *triage_model_spec(const struct model *model);

/* K and F: the number of ids and of floats that encode an event. */
size_t triage_model_categories(const struct model *model);
size_t triage_model_inputs(const struct model *model);

/* Does the file hold a golden history?  Loading has then checked its answer. */
bool triage_model_has_golden(const struct model *model);

/*
 * Draw count synthetic histories of shortest to longest events, in the arena.  Categorical values
 * are uniform over the known ones; scaled numbers and time features are standard normal; numbers
 * and times are missing as often as in the data on which the scales were measured.  NULL if
 * memory runs out.
 */
struct history *triage_histories_draw(const struct schema *schema, size_t count,
                                      uint32_t shortest, uint32_t longest, uint64_t seed,
                                      struct arena *arena, struct error *err);

/*
 * Reverse the events of a history; the arrays are in the arena.  The time features keep their
 * order, as if the events had happened in reverse order at the same times.  STATUS_NO_MEMORY.
 */
enum status triage_history_reverse(struct history *reversed, const struct schema *schema,
                                   const struct history *history, struct arena *arena,
                                   struct error *err);

/* How a model's gates and units behave on some histories. */
struct activity {
    /* [G] share of each gate's values, over all events, layers, directions and units, that are
       within 1 % of an end of their range.  There the gradient is nearly 0. */
    double saturated[4];
    size_t constant; /* units of the final state whose values differ by at most 1e-6 */
};

/* STATUS_NO_MEMORY; STATUS_BAD_INPUT for a model of several networks. */
enum status triage_activity_measure(struct activity *activity, const struct model *model,
                                    const struct history *histories, size_t count,
                                    struct error *err);

/* How the gradient of the loss after the last event falls with the distance to that event. */
struct lags {
    uint32_t length; /* events: lags 0 .. length - 1 */
    /* [length] mean norm of the gradient of the loss with respect to the input of the event
       `lag` steps before the last; in the arena */
    double *norms;
    size_t histories, batches; /* that were measured */
    size_t clipped; /* batches whose gradient has a global norm above training->clip */
    double norm_largest; /* of a batch */
};

/*
 * Measure the lags on the last `length` events of every example that has as many, in batches of
 * training->batch, without dropout.  If the action of the i-th of these examples is not one of
 * the model's, action i mod C is used.
 * STATUS_BAD_INPUT if no example is long enough or the model has several networks,
 * STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status triage_lags_measure(struct lags *lags, const struct model *model,
                                const struct training *training,
                                const struct example *examples, size_t count,
                                uint32_t length, struct arena *arena, struct error *err);

#endif
