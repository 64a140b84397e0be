/*
 * Answers, and problem objects (RFC 9457), as JSON.  Both programs write them with this code, so
 * the bytes are the same.
 */
#include "model/answer.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "trainer.h"

/* The usual size of an answer: a constant, and more for each action.  Not a limit. */
enum { ANSWER_BYTES = 320, ACTION_BYTES = 40 };

#define PROBABILITIES ", \"probabilities\": {"

static void add_string(struct strbuf *out, const char *string)
{
    strbuf_json_string(out, string, strlen(string));
}

/* A member of an object, after other members; nothing if the string is empty. */
static void add_member(struct strbuf *out, const char *key, const char *string)
{
    if (*string == '\0')
        return;
    strbuf_printf(out, ", \"%s\": ", key);
    add_string(out, string);
}

/* The unknown values and the ignored fields. */
static void add_notes(struct strbuf *out, const struct history *history)
{
    if (history->unknown_count == 0 && history->ignored_count == 0) {
        strbuf_add(out, ", \"unknown\": [], \"unknown_count\": 0, \"ignored\": {}");
        return; /* nearly always */
    }
    uint32_t named =
        history->unknown_count < HISTORY_NOTES ? history->unknown_count : HISTORY_NOTES;
    strbuf_add(out, ", \"unknown\": [");
    for (uint32_t i = 0; i < named; i++) {
        strbuf_add(out, i == 0 ? "{\"pointer\": " : ", {\"pointer\": ");
        add_string(out, history->unknown[i].pointer);
        strbuf_add(out, ", \"value\": ");
        add_string(out, history->unknown[i].value);
        if (history->unknown[i].nearest)
            add_member(out, "nearest", history->unknown[i].nearest);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "], \"unknown_count\": ");
    strbuf_unsigned(out, history->unknown_count);
    strbuf_add(out, ", ");
    triage_ignored_write(out, history->ignored, history->ignored_count);
}

void triage_ignored_write(struct strbuf *out, const struct ignored_field *fields,
                          uint32_t count)
{
    strbuf_add(out, "\"ignored\": {");
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        add_string(out, fields[i].name);
        strbuf_add(out, ": ");
        strbuf_unsigned(out, fields[i].count);
    }
    strbuf_add(out, "}");
    bool has_nearest = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!fields[i].nearest)
            continue;
        strbuf_add(out, has_nearest ? ", " : ", \"ignored_nearest\": {");
        add_string(out, fields[i].name);
        strbuf_add(out, ": ");
        add_string(out, fields[i].nearest);
        has_nearest = true;
    }
    if (has_nearest)
        strbuf_add(out, "}");
}

/* The fields, and the time, that no event has: the model decides without what it was trained on. */
static void add_missing(struct strbuf *out, const struct schema *schema,
                        const struct history *history)
{
    const char *begin = ", \"missing\": [", *separator = begin;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (schema_has_field(schema, field, history))
            continue;
        strbuf_add(out, separator);
        add_string(out, field->name);
        separator = ", ";
    }
    if (schema->time_count > 0 && !history->has_times) {
        strbuf_add(out, separator);
        add_string(out, *schema->keys.time != '\0' ? schema->keys.time : "time");
        separator = ", ";
    }
    if (separator != begin)
        strbuf_add(out, "]");
}

/* The values of a number field that are less than low or more than high. */
static uint32_t count_beyond(const struct field *field, const struct history *history,
                             size_t F, float low, float high)
{
    const float *value = history->values + 2 * (size_t)field->index;
    uint32_t count = 0;
    for (size_t t = 0; t < history->length; t++)
        count += value[t * F] < low || value[t * F] > high;
    return count;
}

/* The events whose value of a number field was clamped: far from all values of the training. */
static uint32_t count_clamped(const struct field *field, const struct history *history,
                              size_t F)
{
    const float *value = history->values + 2 * (size_t)field->index;
    uint32_t count = 0;
    for (size_t t = 0; t < history->length; t++)
        count += fabsf(value[t * F]) >= SCHEMA_CLAMP;
    return count;
}

static void add_clamped(struct strbuf *out, const struct schema *schema,
                        const struct history *history)
{
    const char *begin = ", \"clamped\": {", *separator = begin;
    size_t F = schema_inputs(schema);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        uint32_t count =
            field->kind == FIELD_NUMBER ? count_clamped(field, history, F) : 0;
        if (count == 0)
            continue;
        strbuf_add(out, separator);
        add_string(out, field->name);
        strbuf_add(out, ": ");
        strbuf_unsigned(out, count);
        separator = ", ";
    }
    if (separator != begin)
        strbuf_add(out, "}");
}

/* The number fields with values that are smaller or larger than all of the training. */
static void add_outside(struct strbuf *out, const struct schema *schema,
                        const struct history *history)
{
    const char *begin = ", \"outside_training\": {", *separator = begin;
    size_t F = schema_inputs(schema);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        float bounds[2];
        if (field->kind != FIELD_NUMBER || !field->deciles)
            continue;
        schema_training_bounds(schema, field, bounds);
        uint32_t count = count_beyond(field, history, F, bounds[0], bounds[1]);
        if (count == 0)
            continue;
        strbuf_add(out, separator);
        add_string(out, field->name);
        strbuf_add(out, ": {\"events\": ");
        strbuf_unsigned(out, count);
        strbuf_add(out, ", \"smallest\": ");
        strbuf_float(out, field->deciles[0]);
        strbuf_add(out, ", \"largest\": ");
        strbuf_float(out, field->deciles[PROFILE_POINTS - 1]);
        strbuf_add(out, "}");
        separator = ", ";
    }
    if (separator != begin)
        strbuf_add(out, "}");
}

/* Numbers that are unlike those of the training.  In nearly all requests there are none. */
static void add_unusual_numbers(struct strbuf *out, const struct schema *schema,
                                const struct history *history)
{
    if (schema->numbers == 0 || schema->is_raw)
        return;
    size_t F = schema_inputs(schema);
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->kind == FIELD_NUMBER)
            count += count_beyond(field, history, F, field->lowest, field->highest);
    }
    if (count == 0)
        return;
    add_clamped(out, schema, history);
    add_outside(out, schema, history);
}

static void add_unnamed(struct strbuf *out, const struct history *history)
{
    if (history->unnamed == 0)
        return;
    strbuf_add(out, ", \"unnamed\": ");
    strbuf_unsigned(out, history->unnamed);
}

/* The times that are far outside of those of the training. */
static void add_unusual_times(struct strbuf *out, const struct history *history)
{
    for (uint32_t i = 0; i < history->unusual_count; i++) {
        const struct unusual_time *time = &history->unusual_times[i];
        strbuf_add(out, i == 0 ? ", \"unusual_times\": [" : ", ");
        strbuf_printf(out, "{\"kind\": \"%s\"", time->kind);
        add_member(out, "pointer", time->pointer);
        add_member(out, "received", time->received);
        add_member(out, "trained", time->trained);
        strbuf_add(out, "}");
    }
    if (history->unusual_count > 0)
        strbuf_add(out, "]");
}

/* Has an event without a name anything that the model knows? */
static bool has_known_value(const struct schema *schema, const struct history *history,
                            size_t event)
{
    const uint32_t *ids = history->ids + event * schema->categories;
    for (uint32_t k = 0; k < schema->categories; k++)
        if (ids[k] >= SCHEMA_FIRST)
            return true;
    const float *values = history->values + event * schema_inputs(schema);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->kind == FIELD_NUMBER &&
            values[2 * (size_t)field->index + 1] != field->flags[1])
            return true;
    }
    return false;
}

/* Can the model read no event?  The name of each is unknown, or it has none and nothing else. */
static bool is_unreadable(const struct schema *schema, const struct history *history)
{
    if (history->unknown_names + history->unnamed < history->length)
        return false; /* nearly always */
    if (history->unknown_names == history->length)
        return history->length > 0;
    const struct field *name = schema_find_bytes(schema, "event", 5);
    if (!name || name->kind != FIELD_CATEGORY)
        return false;
    for (size_t i = 0; i < history->length; i++)
        if (history->ids[i * schema->categories + name->index] == SCHEMA_MISSING &&
            has_known_value(schema, history, i))
            return false;
    return true;
}

/* Why the model can read no event; NULL: it can read one. */
static const char *unreadable_reason(const struct schema *schema,
                                     const struct history *history)
{
    if (!is_unreadable(schema, history))
        return NULL;
    return history->unknown_names == history->length ? "every event is unknown"
                                                     : "no event has a known name";
}

int64_t answer_action(const struct trained_model *model, const struct history *history,
                      const float *probabilities)
{
    if (is_unreadable(model->schema, history))
        return -1;
    if (!model->decision.exists)
        return (int64_t)argmax(probabilities, model->action_count);
    struct decision decision =
        decision_make(&model->decision, probabilities, model->action_count,
                      history->length, history->unknown_names);
    return decision.decline == DECLINE_NOT ? (int64_t)decision.action : -1;
}

/* The action, or why there is none, by the policy of the model. */
static void add_decision(struct strbuf *out, const struct trained_model *model,
                         const struct history *history, const float *probabilities)
{
    const struct decision_policy *policy = &model->decision;
    struct decision decision = decision_make(policy, probabilities, model->action_count,
                                             history->length, history->unknown_names);
    if (decision.decline == DECLINE_NOT) {
        strbuf_add(out, model->action_texts[decision.action]);
        strbuf_add(out, ", \"declined\": false");
    } else {
        strbuf_add(out, "null, \"declined\": true, \"reason\": \"");
        decision_write_reason(policy, &decision, probabilities, history->length,
                              history->unknown_names, out); /* needs no escapes */
        strbuf_add(out, "\"");
    }
    if (policy->costs) {
        strbuf_add(out, ", \"expected_cost\": ");
        strbuf_double(out, decision.expected_cost);
    }
    strbuf_add(out, PROBABILITIES);
}

static void add_action(struct strbuf *out, const struct trained_model *model,
                       const struct history *history, const float *probabilities)
{
    const char *reason = unreadable_reason(model->schema, history);
    strbuf_add(out, history->id ? ", \"action\": " : "{\"action\": ");
    if (reason) {
        strbuf_add(out, "null, \"declined\": true, \"reason\": \"");
        strbuf_add(out, reason);
        strbuf_add(out, "\"" PROBABILITIES);
    } else if (model->decision.exists) {
        add_decision(out, model, history, probabilities);
    } else {
        strbuf_add(out, model->action_texts[argmax(probabilities, model->action_count)]);
        strbuf_add(out, ", \"declined\": false" PROBABILITIES);
    }
}

/* What an answer says of its history and of the model, and its last brace. */
static void add_history(struct strbuf *out, const struct trained_model *model,
                        const char *kernel, const char *name,
                        const struct history *history)
{
    strbuf_add(out, ", \"events\": ");
    strbuf_unsigned(out, history->length);
    strbuf_add(out,
               history->reordered ? ", \"reordered\": true" : ", \"reordered\": false");
    add_notes(out, history);
    add_missing(out, model->schema, history);
    add_unusual_numbers(out, model->schema, history);
    add_unnamed(out, history);
    add_unusual_times(out, history);
    strbuf_add(out, ", \"model\": {\"name\": ");
    add_string(out, name);
    strbuf_add(out, ", \"digest\": \"");
    strbuf_add(out, model->digest); /* needs no escapes */
    if (kernel) {
        strbuf_add(out, "\", \"kernel\": \"");
        strbuf_add(out, kernel);
    }
    strbuf_add(out, "\"}}");
}

void answer_write(struct strbuf *out, const struct trained_model *model,
                  const char *kernel, const char *name, const struct history *history,
                  const float *probabilities)
{
    size_t count = model->action_count;
    strbuf_reserve(out, ANSWER_BYTES + count * ACTION_BYTES);
    if (history->id) {
        strbuf_add(out, "{\"id\": ");
        strbuf_add(out, history->id);
    }
    add_action(out, model, history, probabilities);
    for (size_t i = 0; i < count; i++) {
        strbuf_add(out, model->action_keys[i]);
        strbuf_float(out, probabilities[i]);
    }
    strbuf_add(out, "}");
    add_history(out, model, kernel, name, history);
}

/* ---- forecasts --------------------------------------------------------------------------- */

static void begin_forecast(struct strbuf *out, const struct trained_model *model,
                           const struct history *history)
{
    const char *reason = unreadable_reason(model->schema, history);
    strbuf_add(out, "{");
    if (history->id) {
        strbuf_add(out, "\"id\": ");
        strbuf_add(out, history->id);
        strbuf_add(out, ", ");
    }
    strbuf_add(out, reason ? "\"declined\": true" : "\"declined\": false");
    if (reason)
        add_member(out, "reason", reason);
    strbuf_add(out, ", \"continuations\": [");
}

static void add_continuation(struct strbuf *out, const struct trained_model *model,
                             const struct continuation *continuation)
{
    strbuf_add(out, "{\"events\": [");
    for (uint32_t i = 0; i < continuation->length; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        strbuf_add(out, model->action_texts[continuation->actions[i]]);
    }
    strbuf_add(out,
               continuation->has_ended ? "], \"ended\": true" : "], \"ended\": false");
    strbuf_add(out, ", \"probability\": ");
    strbuf_double(out, continuation->probability);
    strbuf_add(out, ", \"score\": ");
    strbuf_double(out, continuation->score);
    strbuf_add(out, "}");
}

bool answer_write_forecast(struct strbuf *out, const struct trained_model *model,
                           const char *kernel, struct forecast_answer *answer,
                           size_t bytes)
{
    const size_t begin = out->length, first = answer->written;
    if (first == 0)
        begin_forecast(out, model, answer->history);
    while (answer->written < answer->count) {
        if (answer->written > first && out->length - begin >= bytes)
            return false;
        strbuf_add(out, answer->written == 0 ? "" : ", ");
        add_continuation(out, model, &answer->continuations[answer->written++]);
    }
    strbuf_add(out, "]");
    add_history(out, model, kernel, answer->name, answer->history);
    return true;
}

/* ---- optional members ---------------------------------------------------------------------- */

float triage_surprise(float probability)
{
    const float smallest = 0x1p-149f;
    double p = (double)(probability > smallest ? probability : smallest);
    return (float)(0.0 - log_d(p, 0.0));
}

void triage_surprise_write(struct strbuf *out, const struct event_surprise *surprise)
{
    strbuf_add(out, "\"event\": ");
    if (surprise->event == SURPRISE_END)
        strbuf_add(out, "null");
    else
        strbuf_unsigned(out, surprise->event);
    if (surprise->rank == 0) {
        strbuf_add(out, ", \"probability\": null, \"surprise\": null, \"rank\": null");
        return;
    }
    strbuf_add(out, ", \"probability\": ");
    strbuf_float(out, surprise->probability);
    strbuf_add(out, ", \"surprise\": ");
    strbuf_float(out, triage_surprise(surprise->probability));
    strbuf_add(out, ", \"rank\": ");
    strbuf_unsigned(out, surprise->rank);
}

static void write_weight(struct strbuf *out, const struct event_weight *weight)
{
    strbuf_add(out, "\"event\": ");
    strbuf_unsigned(out, weight->event);
    strbuf_add(out, ", \"weight\": ");
    strbuf_float(out, weight->weight);
}

/* Entry i of an include, in a member that it begins and ends. */
static void write_entry(struct strbuf *out, const struct included *included,
                        enum include include, uint32_t i, uint32_t count)
{
    if (i == 0) {
        strbuf_add(out, ", \"");
        strbuf_add(out, triage_include_name(include));
        strbuf_add(out, "\": [");
    }
    strbuf_add(out, i > 0 ? ", {" : "{");
    if (include == INCLUDE_SURPRISE)
        triage_surprise_write(out, &included->surprises[i]);
    else
        write_weight(out, &included->weights[i]);
    strbuf_add(out, i + 1 < count ? "}" : "}]");
}

bool answer_add_included(struct strbuf *out, const struct included *included,
                         const uint32_t counts[INCLUDES], uint32_t *next, size_t bytes)
{
    const uint32_t first = *next;
    uint32_t before = 0; /* entries of the includes that are complete */
    if (out->has_failed)
        return true;
    if (first == 0)
        out->length--; /* the brace at the end of the answer */
    const size_t begin = out->length;
    for (unsigned i = 0; i < INCLUDES; i++) {
        const uint32_t count = included->includes & 1U << i ? counts[i] : 0;
        for (; *next - before < count; ++*next) {
            if (*next > first && out->length - begin >= bytes)
                return false;
            write_entry(out, included, (enum include)i, *next - before, count);
            if (out->has_failed)
                return true;
        }
        before += count;
    }
    strbuf_add(out, "}");
    return true;
}

void triage_problem_write(struct strbuf *out, const struct problem *problem,
                          const struct error *err, const char *request_id)
{
    const char *code = problem ? problem->code : triage_status_code(err->status);
    const char *title = problem ? problem->title : triage_status_text(err->status);
    /* The pointer "" is the whole request; err->where may also be a file name or "". */
    bool has_pointer = err->where[0] == '/' || err->expected[0] != '\0';
    strbuf_printf(
        out, "{\"type\": \"" PROBLEM_TYPES "%s\", \"code\": \"%s\", \"title\": ", code,
        code);
    add_string(out, title);
    if (problem)
        strbuf_printf(out, ", \"status\": %d", problem->status);
    add_member(out, "detail",
               err->text[0] != '\0' ? err->text : triage_status_text(err->status));
    if (has_pointer) {
        strbuf_add(out, ", \"errors\": [{\"pointer\": ");
        add_string(out, err->where);
        strbuf_add(out, ", \"detail\": ");
        add_string(out, err->text);
        add_member(out, "expected", err->expected);
        add_member(out, "received", err->received);
        strbuf_add(out, "}]");
    }
    if (err->line != 0)
        strbuf_printf(out, ", \"line\": %u, \"column\": %u", err->line, err->column);
    if (request_id)
        add_member(out, "request_id", request_id);
    strbuf_add(out, "}");
}
