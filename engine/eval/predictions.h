/*
 * The positions at which a model is evaluated, and its predictions there.
 *
 * A position is an event of a history after which the model predicts.  Positions are grouped by
 * history:
 *
 *     history 0: a b c     task next, a position after each event
 *     history 1: d
 *
 *     list:   (0, 0, b) (0, 1, c) (0, 2, end) (1, 0, end)     history, event, label
 *     starts: 0 3 4
 *
 * Predictions are computed with the classifier of engine.h, as in the service.  They have the same
 * bits for any number of threads, because a row of a classifier depends on its own history only.
 */
#ifndef TRIAGE_PREDICTIONS_H
#define TRIAGE_PREDICTIONS_H

#include "base/arena.h"
#include "base/random.h"
#include "base/workers.h"
#include "model/schema.h"
#include "trainer.h"

struct position {
    uint32_t history;
    uint32_t event; /* index of the event, the last that the model is given */
    uint32_t label; /* 0 .. C - 1, or ACTION_OTHER */
};

struct positions {
    struct position *list; /* [count] */
    size_t *starts;        /* [histories + 1] first index of each history, then count */
    size_t count, histories;
};

/* Which positions are left out. */
struct position_filter {
    uint32_t shortest; /* those after fewer events than this */
    uint32_t excluded; /* those with this label; ACTION_NONE: no label is excluded */
};

/*
 * Find the positions of count examples that have a label and pass the filter.  STATUS_BAD_INPUT
 * if there is none, STATUS_TOO_LARGE, STATUS_NO_MEMORY; release also after a failure.
 */
enum status positions_init(struct positions *positions, const struct example *examples,
                           size_t count, const struct position_filter *filter,
                           struct error *err);
void positions_release(struct positions *positions);

/*
 * Draw one position of each history that has any, and write their indices in the list to picks
 * [histories].  Returns their number.
 */
size_t positions_draw(const struct positions *positions, uint64_t seed, size_t *picks);

/* What the metrics use of the probabilities at a position. */
struct prediction {
    uint32_t action;         /* the most probable; the first one in a tie */
    float confidence;        /* the probability of action */
    float label_probability; /* the probability of the label; 0 for ACTION_OTHER */
    uint32_t without_end;    /* the most probable action except that of an end_rule */
    double squares;          /* sum of the squares of all probabilities */
};

/* TASK_NEXT: the action "no event follows", and whether it may be predicted.  Zero: there is none. */
struct end_rule {
    bool exists;
    bool is_left_out; /* the other actions share its probability */
    uint32_t action;
};

/* Leave out an action: set its probability to 0, and divide the others by their sum. */
void leave_out(double *p, size_t C, uint32_t action);

/* The prediction from probabilities [C]. */
struct prediction prediction_of(const float *probabilities, size_t C, uint32_t label);

/* A model and the histories that it is run on. */
struct predictor {
    const struct model *model;
    const struct example *examples; /* [positions->histories] */
    const struct positions *positions;
    struct workers *workers;
    struct end_rule end;
    /* [positions->count][C] result of predictions_make: all probabilities; or NULL */
    float *probabilities;
};

/*
 * Predict at every position: set predictions [positions->count].  The statuses of
 * triage_classifier_run.
 */
enum status predictions_make(const struct predictor *predictor,
                             struct prediction *predictions, struct error *err);

/*
 * Predict at the positions picks [count] from the events up to the position in random order
 * (history_shuffle): set predictions [count].  The order depends on the seed and the history.
 */
enum status predictions_make_shuffled(const struct predictor *predictor,
                                      const size_t *picks, size_t count, uint64_t seed,
                                      struct prediction *predictions, struct error *err);

/*
 * Shuffle the events of a history; the arrays are in the arena.  The ids and numbers of an event
 * move together.  The time features keep their order, as if the events had happened in another
 * order at the same times.
 */
enum status history_shuffle(struct history *shuffled, const struct history *history,
                            const struct schema *schema, struct random *random,
                            struct arena *arena, struct error *err);

/* Where the names of events are in history->ids; the baselines use nothing else. */
struct event_ids {
    uint32_t stride; /* K, the ids of each event */
    uint32_t column; /* the field "event" */
};

static inline struct event_ids event_ids_of(const struct schema *schema)
{
    return (struct event_ids){.stride = schema->categories,
                              .column = schema_find(schema, "event")->index};
}

/* The id of the name of event t. */
static inline uint32_t event_id(struct event_ids ids, const struct history *history,
                                uint32_t t)
{
    return history->ids[(size_t)t * ids.stride + ids.column];
}

#endif
