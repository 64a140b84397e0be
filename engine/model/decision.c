/* Reading, writing and applying a decision policy.  No libm: the service uses this file. */
#include "model/decision.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "base/json.h"
#include "base/size.h"
#include "trainer.h"

static const char *const known_keys[] = {"decline_below", "max_unknown",  "thresholds",
                                         "costs",         "decline_cost", NULL};

/* ---- reading ---- */

static enum status refuse(struct error *err, const char *where, const json_t *value,
                          const char *expected)
{
    char received[48];
    json_preview(value, received, sizeof received);
    return error_mismatch(err, STATUS_BAD_FORMAT, where, expected, received,
                          "expected %s", expected);
}

/* A share or a probability. */
static enum status read_share(const json_t *object, const char *key, const char *where,
                              float *share, struct error *err)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    char pointer[160];
    if (!value)
        return STATUS_OK;
    if (!json_is_number(value) || !(number >= 0.0 && number <= 1.0))
        return refuse(err, pointer_join(pointer, sizeof pointer, where, key), value,
                      "a number from 0 to 1");
    *share = (float)number;
    return STATUS_OK;
}

static size_t find_action(const char *name, const char *const *actions, size_t C)
{
    size_t c = 0;
    while (c < C && strcmp(actions[c], name) != 0)
        c++;
    return c;
}

static enum status read_thresholds(struct decision_policy *policy, const json_t *object,
                                   const char *where, const char *const *actions,
                                   size_t C, struct arena *arena, struct error *err)
{
    const char *key;
    json_t *value;
    char pointer[160];
    if (!object)
        return STATUS_OK;
    if (!json_is_object(object))
        return refuse(err, where, object, "an object");
    float *thresholds = arena_array(arena, C, sizeof *thresholds);
    if (!thresholds)
        return error_no_memory(err);
    for (size_t c = 0; c < C; c++)
        thresholds[c] = -1.0f;
    json_object_foreach(json_iterable(object), key, value)
    {
        size_t c = find_action(key, actions, C);
        pointer_join(pointer, sizeof pointer, where, key);
        if (c == C)
            return error_set(err, STATUS_BAD_FORMAT, pointer,
                             "the model has no such action");
        RETURN_IF_ERROR(read_share(object, key, where, &thresholds[c], err));
    }
    policy->thresholds = thresholds;
    return STATUS_OK;
}

static enum status read_costs(struct decision_policy *policy, const json_t *rows,
                              const char *where, size_t C, struct arena *arena,
                              struct error *err)
{
    char pointer[160];
    size_t count;
    if (!rows)
        return STATUS_OK;
    if (json_array_size(rows) != C)
        return error_set(err, STATUS_BAD_FORMAT, where,
                         "expected an array with a row for each of %zu actions", C);
    double *costs =
        size_multiply(C, C, &count) ? arena_array(arena, count, sizeof *costs) : NULL;
    if (!costs)
        return error_no_memory(err);
    for (size_t i = 0; i < C; i++) {
        const json_t *row = json_array_get(rows, i);
        pointer_join_index(pointer, sizeof pointer, where, i);
        if (json_array_size(row) != C)
            return error_set(err, STATUS_BAD_FORMAT, pointer,
                             "expected an array with a cost for each of %zu actions", C);
        for (size_t j = 0; j < C; j++) {
            const json_t *value = json_array_get(row, j);
            double cost = json_number_value(value);
            if (!json_is_number(value) || !(cost >= 0.0 && cost <= COST_MOST))
                return refuse(err,
                              pointer_join_index(pointer, sizeof pointer, pointer, j),
                              value, "a number from 0 to 1e30");
            costs[i * C + j] = cost;
        }
    }
    policy->costs = costs;
    return STATUS_OK;
}

static enum status read_decline_cost(struct decision_policy *policy, const json_t *value,
                                     const char *where, struct error *err)
{
    double cost = json_number_value(value);
    if (!value)
        return STATUS_OK;
    if (!json_is_number(value) || !(cost >= 0.0 && cost <= COST_MOST))
        return refuse(err, where, value, "a number from 0 to 1e30");
    if (!policy->costs)
        return error_set(err, STATUS_BAD_FORMAT, where,
                         "it needs \"costs\" to be compared with");
    policy->decline_cost = cost;
    return STATUS_OK;
}

enum status decision_policy_read(struct decision_policy *policy, const json_t *object,
                                 const char *where, const char *const *actions, size_t C,
                                 struct arena *arena, struct error *err)
{
    char pointer[160];
    *policy = (struct decision_policy){
        .exists = true, .max_unknown = 1.0f, .decline_cost = (double)INFINITY};
    if (!json_is_object(object))
        return refuse(err, where, object, "an object");
    /* a member that this build does not know could decline what it would not */
    RETURN_IF_ERROR(
        json_check_keys(object, known_keys, "a member of a decision policy", where, err));
    RETURN_IF_ERROR(
        read_share(object, "decline_below", where, &policy->decline_below, err));
    RETURN_IF_ERROR(read_share(object, "max_unknown", where, &policy->max_unknown, err));
    RETURN_IF_ERROR(
        read_thresholds(policy, json_object_get(object, "thresholds"),
                        pointer_join(pointer, sizeof pointer, where, "thresholds"),
                        actions, C, arena, err));
    RETURN_IF_ERROR(read_costs(policy, json_object_get(object, "costs"),
                               pointer_join(pointer, sizeof pointer, where, "costs"), C,
                               arena, err));
    return read_decline_cost(policy, json_object_get(object, "decline_cost"),
                             pointer_join(pointer, sizeof pointer, where, "decline_cost"),
                             err);
}

/* ---- writing ---- */

void decision_policy_write(const struct decision_policy *policy,
                           const char *const *action_texts, size_t C, struct strbuf *out)
{
    const char *separator = "";
    strbuf_add(out, "{\"decline_below\": ");
    strbuf_float(out, policy->decline_below);
    strbuf_add(out, ", \"max_unknown\": ");
    strbuf_float(out, policy->max_unknown);
    if (policy->thresholds) {
        strbuf_add(out, ", \"thresholds\": {");
        for (size_t c = 0; c < C; c++) {
            if (policy->thresholds[c] < 0.0f)
                continue;
            strbuf_add(out, separator);
            strbuf_add(out, action_texts[c]);
            strbuf_add(out, ": ");
            strbuf_float(out, policy->thresholds[c]);
            separator = ", ";
        }
        strbuf_add(out, "}");
    }
    if (policy->costs) {
        strbuf_add(out, ", \"costs\": [");
        for (size_t i = 0; i < C * C; i++) {
            strbuf_add(out, i == 0 ? "[" : i % C == 0 ? "], [" : ", ");
            strbuf_double(out, policy->costs[i]);
        }
        strbuf_add(out, "]]");
        if (policy->decline_cost <= DBL_MAX) {
            strbuf_add(out, ", \"decline_cost\": ");
            strbuf_double(out, policy->decline_cost);
        }
    }
    strbuf_add(out, "}");
}

/* ---- deciding ---- */

static double expected_cost(const struct decision_policy *policy,
                            const float *probabilities, size_t C, size_t action)
{
    double cost = 0.0;
    for (size_t i = 0; i < C; i++)
        cost += (double)probabilities[i] * policy->costs[i * C + action];
    return cost;
}

static uint32_t cheapest_action(const struct decision_policy *policy,
                                const float *probabilities, size_t C, double *least)
{
    uint32_t action = 0;
    *least = expected_cost(policy, probabilities, C, 0);
    for (uint32_t c = 1; c < C; c++) {
        double cost = expected_cost(policy, probabilities, C, c);
        if (cost < *least) {
            *least = cost;
            action = c;
        }
    }
    return action;
}

struct decision decision_make(const struct decision_policy *policy,
                              const float *probabilities, size_t C, uint32_t events,
                              uint32_t unknown)
{
    struct decision decision = {.expected_cost = (double)NAN};
    if (policy->costs)
        decision.action =
            cheapest_action(policy, probabilities, C, &decision.expected_cost);
    else
        decision.action = (uint32_t)argmax(probabilities, C);
    if (!policy->exists)
        return decision;
    decision.threshold = policy->thresholds && policy->thresholds[decision.action] >= 0.0f
                             ? policy->thresholds[decision.action]
                             : policy->decline_below;
    /* the share as a float, as max_unknown was read: 7 of 10 are not more than 0.7 */
    if ((float)unknown / (float)events > policy->max_unknown)
        decision.decline = DECLINE_UNKNOWN_EVENTS;
    else if (policy->costs && decision.expected_cost > policy->decline_cost)
        decision.decline = DECLINE_COST;
    else if (probabilities[decision.action] < decision.threshold)
        decision.decline = DECLINE_PROBABILITY;
    return decision;
}

void decision_write_reason(const struct decision_policy *policy,
                           const struct decision *decision, const float *probabilities,
                           uint32_t events, uint32_t unknown, struct strbuf *out)
{
    switch (decision->decline) {
    case DECLINE_NOT:
        break;
    case DECLINE_UNKNOWN_EVENTS:
        strbuf_printf(out, "%u of %u events have unknown names, more than a share of ",
                      (unsigned)unknown, (unsigned)events);
        strbuf_float(out, policy->max_unknown);
        break;
    case DECLINE_COST:
        strbuf_add(out, "the least expected cost is ");
        strbuf_double(out, decision->expected_cost);
        strbuf_add(out, ", more than that of declining, ");
        strbuf_double(out, policy->decline_cost);
        break;
    case DECLINE_PROBABILITY:
        strbuf_add(out, "the probability of the action is ");
        strbuf_float(out, probabilities[decision->action]);
        strbuf_add(out, ", less than ");
        strbuf_float(out, decision->threshold);
        break;
    }
}
