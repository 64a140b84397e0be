/*
 * What is evaluated, and what the model predicts there.
 *
 * A position is an event of a history after which a prediction is made.  Positions are grouped
 * by history:
 *
 *     history 0: a b c     task next, a position after each event
 *     history 1: d
 *
 *     list:   (0, 0, b) (0, 1, c) (0, 2, end) (1, 0, end)     history, event, label
 *     starts: 0 3 4
 *
 * Predictions come from the classifier that serves.  They have the same bits for any number
 * of threads, because a classifier's row depends on its own history only.
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
    uint32_t event; /* the last one that is known, from 0 */
    uint32_t label; /* 0 .. C - 1, or ACTION_OTHER */
};

struct positions {
    struct position *list; /* [count] */
    size_t *starts; /* [histories + 1] first position of each history, then count */
    size_t count, histories;
};

struct position_filter {
    uint32_t shortest; /* only after at least that many events; at least 1 */
    uint32_t excluded; /* not where this is the label; ACTION_NONE: nothing is excluded */
};

/*
 * The positions of count examples that have a label and pass the filter.  STATUS_BAD_INPUT
 * when there is none, STATUS_TOO_LARGE, STATUS_NO_MEMORY; release also after a failure.
 */
enum status positions_init(struct positions *positions, const struct example *examples,
                           size_t count, const struct position_filter *filter,
                           struct error *err);
void positions_release(struct positions *positions);

/*
 * One position of each history that has any, drawn from the seed: their indices in the list go
 * to picks [histories].  Returns how many.
 */
size_t positions_draw(const struct positions *positions, uint64_t seed, size_t *picks);

/* What the metrics need of a prediction. */
struct prediction {
    uint32_t action;         /* the first of the most probable */
    float confidence;        /* its probability */
    float label_probability; /* 0 for ACTION_OTHER */
};

/* probabilities [C] */
struct prediction prediction_of(const float *probabilities, size_t C, uint32_t label);

/* A model and the histories that it is run on. */
struct predictor {
    const struct model *model;
    const struct example *examples; /* [positions->histories] */
    const struct positions *positions;
    struct workers *workers;
};

/* At every position: predictions [positions->count].  Statuses of triage_classifier_run. */
enum status predictions_make(const struct predictor *predictor,
                             struct prediction *predictions, struct error *err);

/*
 * At the positions picks [count], each with the events up to it shuffled (history_shuffle) by a
 * permutation that depends on the seed and the history: predictions [count].
 */
enum status predictions_make_shuffled(const struct predictor *predictor,
                                      const size_t *picks, size_t count, uint64_t seed,
                                      struct prediction *predictions, struct error *err);

/*
 * The first length events of a history in random order; the arrays are in the arena.  The ids
 * and numbers of an event move together.  Time features stay where they are, as if other events
 * had happened at the same times.
 */
enum status history_shuffle(struct history *shuffled, const struct history *history,
                            uint32_t length, const struct schema *schema,
                            struct random *random, struct arena *arena,
                            struct error *err);

/* Where the ids of event names are, which are all that the baselines use. */
struct event_ids {
    uint32_t stride, column; /* of history->ids */
};

static inline struct event_ids event_ids_of(const struct schema *schema)
{
    return (struct event_ids){schema->categories, schema_find(schema, "event")->index};
}

/* The id of event t. */
static inline uint32_t event_id(struct event_ids ids, const struct history *history,
                                uint32_t t)
{
    return history->ids[(size_t)t * ids.stride + ids.column];
}

#endif
