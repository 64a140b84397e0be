/*
 * The decision policy of a model: when an answer names no action, and which action it names.
 *
 *     {"decline_below": 0.8, "max_unknown": 0.5, "thresholds": {"rollback": 0.9},
 *      "costs": [[0, 5, 1], [9, 0, 2], [3, 3, 0]], "decline_cost": 1.5}
 *
 * Every member is optional.  The action is the most probable one; with "costs", where costs[i][j] is
 * the cost of action j when i is right, the one of the least expected cost
 *
 *     expected_cost(j) = sum over i of probability(i) * costs[i][j]        in double, i ascending
 *
 * the first one in a tie.  The model declines, in this order, if
 *
 *     more than the share max_unknown of the events have a name that it does not know;
 *     the expected cost is more than decline_cost;
 *     the probability of the action is less than its threshold; decline_below is that of the actions
 *     that have none of their own.
 *
 * A model without a policy declines only what it cannot read (answer.h).
 */
#ifndef TRIAGE_DECISION_H
#define TRIAGE_DECISION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

/* All-zero: there is no policy. */
struct decision_policy {
    bool exists;
    float decline_below; /* 0: nothing is declined for its probability */
    float max_unknown;   /* 1: nothing for its unknown events */
    const float
        *thresholds;     /* [C] negative: decline_below; or NULL; in the model's arena */
    const double *costs; /* [C][C] or NULL; in the model's arena */
    double decline_cost; /* infinite: nothing is declined for its cost */
};

enum decline {
    DECLINE_NOT,
    DECLINE_UNKNOWN_EVENTS,
    DECLINE_COST,
    DECLINE_PROBABILITY,
};

struct decision {
    uint32_t action; /* also if it is declined: what it would be */
    enum decline decline;
    float threshold;      /* of the action */
    double expected_cost; /* NAN without costs */
};

/*
 * Read a policy; its arrays are in the arena.  actions [C].  STATUS_BAD_FORMAT with a JSON Pointer
 * below where, STATUS_NO_MEMORY.
 */
enum status decision_policy_read(struct decision_policy *policy, const json_t *object,
                                 const char *where, const char *const *actions, size_t C,
                                 struct arena *arena, struct error *err);

/* Append the policy as JSON; action_texts [C] are JSON strings. */
void decision_policy_write(const struct decision_policy *policy,
                           const char *const *action_texts, size_t C, struct strbuf *out);

/* Decide by probabilities [C], of a history with so many events, unknown of them unknown. */
struct decision decision_make(const struct decision_policy *policy,
                              const float *probabilities, size_t C, uint32_t events,
                              uint32_t unknown);

/* The text of the reason for which it is declined. */
void decision_write_reason(const struct decision_policy *policy,
                           const struct decision *decision, const float *probabilities,
                           uint32_t events, uint32_t unknown, struct strbuf *out);

#endif
