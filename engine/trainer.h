/*
 * The engine's second door: learning.
 *
 *   schema     what an event is made of; read from JSON, its scales measured on data
 *   example    a decoded history and the action that was right
 *   trainer    a network in the making: weights, optimiser, the best weights so far
 *
 *     schema = triage_schema_read(json, "/schema", &err);
 *     ... triage_history_decode(&example.history, schema, ...) ...
 *     trainer = triage_trainer_new(schema, &spec, target, actions, count, &training, &err);
 *     triage_trainer_fit(trainer, learn, n, validate, m, &watcher, &report, &err);
 *     triage_trainer_save(trainer, "incident.safetensors", golden, &report, &err);
 *
 * The same examples, settings, seed, build and machine give the same file byte for byte,
 * whatever the number of threads.
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

/* In place of an action where none is asked for, and where it is none of the model's. */
enum { ACTION_NONE = UINT32_MAX, ACTION_OTHER = UINT32_MAX - 1 };

struct example {
    struct history history;
    uint32_t action;         /* TASK_LAST: what was right, 0 .. C - 1 or ACTION_OTHER */
    const uint32_t *actions; /* [length] after each event, ACTION_NONE where nothing is
                                asked; NULL for TASK_LAST */
};

/* The right action after event t (from 0). */
static inline uint32_t example_action(const struct example *example, uint32_t t)
{
    if (example->actions != NULL)
        return example->actions[t];
    return t + 1 == example->history.length ? example->action : (uint32_t)ACTION_NONE;
}

/* How to learn; filled from triage_training_options, where defaults and bounds stand. */
struct training {
    uint32_t epochs;   /* at most */
    uint32_t patience; /* epochs without a better validation loss before stopping */
    uint32_t
        batch; /* histories in a step at most; a twentieth of small data, from 8 up */
    uint32_t warmup;      /* steps until the rate is full, at most a tenth of all */
    uint32_t schedule;    /* how the learning rate falls: constant or cosine */
    double learning_rate; /* of Adam */
    double weight_decay;  /* decoupled, on matrices */
    double clip;          /* largest global norm of a gradient; 0: never clipped */
    double dropout;       /* between layers and before the head */
    double word_dropout;  /* chance that a value is read as unknown while learning */
    double average;       /* weight of the past in the running average of the weights */
    bool calibrate;       /* fit the temperature on the validation part */
    uint64_t seed;
    uint32_t threads; /* at least 1; not a setting of the model: it changes no bit */
};

extern const struct option_def triage_training_options[];

/* What an epoch was like, and what the whole training came to. */
struct progress {
    uint32_t epoch, epochs; /* epoch from 1 */
    uint32_t step, steps;   /* of the optimiser in this epoch */
    double learn_loss;      /* mean over the epoch's steps so far, nats */
    double norm;            /* raw norm of the last gradient */
    double clip_rate;       /* share of steps so far in which clipping bit */
    bool epoch_ended;       /* the figures below are new */
    bool validates;         /* there is a validation part; else they say nothing */
    bool is_best;
    double validation_loss, validation_accuracy;
};

struct report {
    uint32_t epochs, best_epoch;
    uint64_t learn_count, validation_count;
    double learn_loss, validation_loss, validation_accuracy;
    double clip_rate, norm_largest;
    double temperature;
    bool was_interrupted;
    bool
        blew_up; /* a loss was no longer finite; the best weights from before it are kept */
};

/* Called after every step and epoch; return false to stop with the best weights so far. */
struct watcher {
    bool (*look)(void *context, const struct progress *progress);
    void *context;
};

/* Parse and check a schema (DESIGN 5.3); messages begin with where.  schema_free it. */
struct schema *triage_schema_read(const struct json_t *object, const char *where,
                                  struct error *err);
void triage_schema_free(struct schema *schema);

/* The inverse of schema_read: the same JSON, as text. */
void triage_schema_write(const struct schema *schema, struct strbuf *text);

/* Is there a categorical field of that name? */
bool triage_schema_is_category(const struct schema *schema, const char *name);

/* The names of events that it knows, in its order. */
uint32_t triage_schema_event_count(const struct schema *schema);
const char *triage_schema_event(const struct schema *schema, uint32_t index);

/* Which of them event t of a decoded history is; -1 when it is none of them. */
int64_t triage_schema_event_at(const struct schema *schema, const struct history *history,
                               uint32_t t);

/* The name of the field at index (from 0), NULL past the last. */
const char *triage_schema_field(const struct schema *schema, uint32_t index);

/* Does event t of the history have that field, be its value known or not? */
bool triage_schema_has_field(const struct schema *schema, uint32_t index,
                             const struct history *history, uint32_t t);

/*
 * Measure the scales: between these two calls decoding leaves inputs raw; the second takes
 * the mean and standard deviation of each input over count raw histories (one that does not
 * vary gets scale 1).  Afterwards the histories must be decoded again.
 */
void triage_schema_begin_raw(struct schema *schema);
enum status triage_schema_end_raw(struct schema *schema,
                                  const struct history *const *histories, size_t count,
                                  struct error *err);

/*
 * A network with fresh weights, drawn from the seed.  schema and actions are copied.
 * STATUS_BAD_INPUT for a bad list of actions or a second direction that would see the future
 * (any target but TASK_LAST), STATUS_BAD_OPTION while kernels are forced that are not exact
 * (engine.h), STATUS_NO_MEMORY.
 */
struct trainer *triage_trainer_new(const struct schema *schema, const struct spec *spec,
                                   enum task target, const char *const *actions,
                                   size_t action_count, const struct training *training,
                                   struct error *err);

void triage_trainer_free(struct trainer *trainer);

/*
 * The weights of a tensor by its name in the model file, [rows][columns], to be set by hand;
 * NULL if there is none.  count receives rows * columns.
 */
float *triage_trainer_tensor(struct trainer *trainer, const char *name, size_t *count);

/*
 * Learn from the examples that ask for something, until the epochs are over, the validation
 * loss (the learning loss, when nothing validates) no longer falls, or the watcher says so, then
 * go back to the best weights and fit the temperature.  With TASK_NEXT and TASK_EVERY the
 * losses of all events add, and figures are means over events.  Interrupted is not a failure:
 * the report says so.  STATUS_NOT_FINITE when learning blew up before there was anything to
 * keep.
 */
enum status triage_trainer_fit(struct trainer *trainer, const struct example *learn,
                               size_t n, const struct example *validate, size_t m,
                               const struct watcher *watcher, struct report *report,
                               struct error *err);

/*
 * Write the model file.  golden, if not NULL, is a JSON history object: its answer is stored
 * and replayed by every later load.  notes, if not NULL, is a JSON object, copied into the
 * file's report; report may be NULL for weights that were set by hand.
 */
enum status triage_trainer_save(struct trainer *trainer, const char *path,
                                const struct json_t *golden, const struct report *report,
                                const struct json_t *notes, struct error *err);

/* The same as bytes (taken, free() them). */
enum status triage_trainer_write(struct trainer *trainer, const struct json_t *golden,
                                 const struct report *report, const struct json_t *notes,
                                 char **bytes, size_t *length, struct error *err);

/* What a model file holds, for `triage show`. */
struct tensor_view {
    const char *name;
    const float *data; /* [rows][columns]; a bias has one column and is_vector */
    uint32_t rows, columns;
    bool is_vector;
};
size_t triage_model_tensor_count(const struct model *model);
struct tensor_view triage_model_tensor(const struct model *model, size_t index);
const struct spec *triage_model_spec(const struct model *model);

/* K and F: the ids and the numbers of each event. */
size_t triage_model_categories(const struct model *model);
size_t triage_model_inputs(const struct model *model);

/* Was there a golden history in the file?  If so, reading it has replayed it. */
bool triage_model_has_golden(const struct model *model);

/*
 * count histories of shortest to longest events from what the schema knows, drawn from the
 * seed: ids uniform over the values, inputs standard normal after scaling, numbers
 * and times missing as often as in the data that was measured.  They live in the arena; NULL
 * when memory ran out.
 */
struct history *triage_histories_draw(const struct schema *schema, size_t count,
                                      uint32_t shortest, uint32_t longest, uint64_t seed,
                                      struct arena *arena, struct error *err);

/*
 * The same events from the last to the first, what time says staying in its place; the arrays
 * are in the arena.  STATUS_NO_MEMORY.
 */
enum status triage_history_reverse(struct history *reversed, const struct schema *schema,
                                   const struct history *history, struct arena *arena,
                                   struct error *err);

/* How a model's gates and units behave over some histories. */
struct activity {
    double
        saturated[4]; /* [G] share of a gate's values within a hundredth of an end of its
                            range, over all events, layers and directions */
    size_t still;     /* units of the final state that vary by 1e-6 at most */
};

/* STATUS_NO_MEMORY. */
enum status triage_activity_measure(struct activity *activity, const struct model *model,
                                    const struct history *histories, size_t count,
                                    struct error *err);

/* How far back a loss at the last event reaches. */
struct lags {
    uint32_t length; /* of each history: lags 0 .. length - 1 */
    double *norms;   /* [length] mean norm of the loss' gradient with respect to the input
                        of the event that many before the last; in the arena */
    size_t histories, batches;
    size_t clipped; /* batches whose raw global norm exceeds training->clip */
    double norm_largest;
};

/*
 * Measure it over the last length events of those examples that have as many, each asked for
 * its action, or where that is none of the model's the i-th for action i mod C; in batches
 * of training->batch, without dropout.  STATUS_BAD_INPUT when no example is long enough,
 * STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status triage_lags_measure(struct lags *lags, const struct model *model,
                                const struct training *training,
                                const struct example *examples, size_t count,
                                uint32_t length, struct arena *arena, struct error *err);

#endif
