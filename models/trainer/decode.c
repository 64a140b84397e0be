/* See decode.h. */
#include "decode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/size.h"
#include "data/place.h"

enum { EVENTS_MOST = 1000000, GOLDEN_LEAST = 2, GOLDEN_MOST = 12, GOLDEN_LIMIT = 1000 };

/* A stated distribution sums to one within what a printed decimal loses. */
static const double POSTERIOR_SLACK = 1e-3;

enum status decode_take(struct decode *d, struct error *err)
{
    struct examples *examples = d->examples;
    size_t count[ROLE_JUDGE + 1] = {0};

    for (size_t i = 0; i < d->survey->count; i++)
        count[d->survey->lines[i].role]++;
    examples->learn = calloc(count[ROLE_LEARN] + 1, sizeof *examples->learn);
    examples->validate = calloc(count[ROLE_VALIDATE] + 1, sizeof *examples->validate);
    examples->judged = calloc(count[ROLE_JUDGE] + 1, sizeof *examples->judged);
    return examples->learn != NULL && examples->validate != NULL &&
                   examples->judged != NULL
               ? STATUS_OK
               : error_no_memory(err);
}

/* The first history of a handy length, else the first one that is not too long. */
static void offer_golden(struct decode *d, json_t *history, uint32_t length)
{
    struct examples *examples = d->examples;
    bool is_handy = length >= GOLDEN_LEAST && length <= GOLDEN_MOST;

    if (length > GOLDEN_LIMIT || d->has_handy_golden || (examples->golden && !is_handy))
        return;
    json_decref(examples->golden);
    examples->golden = json_incref(history);
    d->has_handy_golden = is_handy;
}

/* The first event, as given, that goes before one that was given earlier. */
static void note_order(struct examples *examples, const struct entry *entry,
                       const struct history *history)
{
    char *first = examples->reordered_first;
    size_t event = 1, used;

    if (!history->reordered || examples->reordered++ > 0)
        return;
    while (event + 1 < history->length && history->positions[event] >= event)
        event++;
    place_line(entry->file,
               entry->event_lines != NULL ? entry->event_lines[event] : entry->line,
               first, sizeof examples->reordered_first);
    used = strlen(first);
    if (entry->event_lines == NULL)
        (void)snprintf(first + used, sizeof examples->reordered_first - used,
                       ", event %zu", event + 1);
}

/* One stated distribution into row [C]; an action that the model lacks must have none of it. */
static enum status read_posterior(struct decode *d, const json_t *posterior, double *row,
                                  struct error *err)
{
    const char *action;
    json_t *value;
    double sum = 0.0;
    char where[96];

    json_object_foreach(json_iterable(posterior), action, value)
    {
        uint32_t place = actions_find(&d->survey->actions, action);
        double p = json_number_value(value);
        if (!json_is_number(value) || !(p >= 0.0 && p <= 1.0))
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join(where, sizeof where, "/posterior", action),
                                  "a probability", json_kind(value),
                                  "expected a number from 0 to 1");
        sum += p;
        if (place != ACTION_OTHER)
            row[place] = p;
        else if (p > 0.0)
            d->lacks_posterior = true;
    }
    if (fabs(sum - 1.0) > POSTERIOR_SLACK)
        return error_set(err, STATUS_BAD_INPUT, "/posterior",
                         "the probabilities sum to %.6g, not to 1", sum);
    return STATUS_OK;
}

static enum status note_posterior(struct decode *d, const struct entry *entry,
                                  struct error *err)
{
    struct examples *examples = d->examples;
    size_t C = examples->action_count, room = 0;

    if (d->lacks_posterior || d->target != TASK_LAST ||
        !json_is_object(entry->posterior)) {
        d->lacks_posterior = true;
        return STATUS_OK;
    }
    if (examples->posterior == NULL) {
        for (size_t i = 0; i < d->survey->count; i++)
            room += d->survey->lines[i].role == ROLE_JUDGE;
        if (!size_multiply(room, C, &room))
            return error_no_memory(err);
        examples->posterior = calloc(room, sizeof *examples->posterior);
    }
    return examples->posterior == NULL
               ? error_no_memory(err)
               : read_posterior(d, entry->posterior,
                                examples->posterior + examples->judged_count * C, err);
}

/* Put an example where its role says. */
static enum status put(struct decode *d, const struct entry *entry, enum role role,
                       const struct example *example, struct error *err)
{
    struct examples *examples = d->examples;
    enum status status = STATUS_OK;

    switch (role) {
    case ROLE_LEARN: /* for a target last there is nothing to learn without an action */
        if (d->is_raw || d->target != TASK_LAST || example->action != ACTION_NONE)
            examples->learn[examples->learn_count++] = *example;
        break;
    case ROLE_VALIDATE:
        examples->validate[examples->validate_count++] = *example;
        break;
    case ROLE_JUDGE:
        status = note_posterior(d, entry, err);
        if (status == STATUS_OK)
            examples->judged[examples->judged_count++] = *example;
        break;
    case ROLE_NONE:
        break;
    }
    return status;
}

static enum status decode_entry(void *context, const struct entry *entry,
                                struct error *err)
{
    struct decode *d = context;
    struct example example = {.action = ACTION_NONE};
    enum role role;
    enum status status = survey_role(d->survey, entry, &role, err);

    if (status != STATUS_OK || role == ROLE_NONE || (d->is_raw && role != ROLE_LEARN))
        return status;
    status = triage_history_decode(&example.history, d->schema, entry->history,
                                   EVENTS_MOST, "", &d->examples->arena, err);
    if (status == STATUS_OK && !d->is_raw)
        status = actions_ask(&d->survey->actions, d->target, d->schema, entry,
                             role == ROLE_JUDGE ? ACTION_OTHER : ACTION_NONE,
                             &d->examples->arena, &example, err);
    if (status == STATUS_OK)
        status = put(d, entry, role, &example, err);
    if (status == STATUS_OK && !d->is_raw) {
        note_order(d->examples, entry, &example.history);
        offer_golden(d, entry->history, example.history.length);
    }
    return status;
}

enum status decode_read(struct decode *d, bool is_raw, struct error *err)
{
    struct examples *examples = d->examples;
    enum status status;

    d->is_raw = is_raw;
    examples->learn_count = examples->validate_count = examples->judged_count = 0;
    status = dataset_visit(d->dataset, d->survey->judges, &examples->skip, decode_entry,
                           d, err);
    if (status == STATUS_OK && d->lacks_posterior) {
        free(examples->posterior);
        examples->posterior = NULL;
    }
    return status;
}
