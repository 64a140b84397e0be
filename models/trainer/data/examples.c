/*
 * The passes over the data, in order: scan, infer, measure, decode.
 *
 * The scan gives each record its role.  The measuring pass decodes the training records raw, that
 * is without scaling, to find the scales.  The last pass decodes all records that have a role.
 */
#include "data/examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/size.h"
#include "data/actions.h"
#include "data/schema_inference.h"

enum {
    MAX_EVENTS = 1000000, /* of a history */
    /* events of a golden history; up to LONGEST_GOLDEN if no history has so few */
    MIN_GOLDEN = 2,
    MAX_GOLDEN = 12,
    LONGEST_GOLDEN = 1000,
    POINTER_BYTES = 96
};

/* The sum of the exact probabilities may differ from 1 by so much, because they are rounded. */
static const double POSTERIOR_TOLERANCE = 1e-3;

/* What the passes share. */
struct loading {
    struct examples *examples;
    const struct data_files *data;
    struct dataset *dataset;
    struct data_scan scan;
    struct schema_inference *inference;
    const struct schema *schema; /* of the examples or of the model */
    enum task task;
    bool with_end;
    bool has_inner_labels;
    bool is_raw;              /* the measuring pass */
    bool has_short_golden;    /* examples->golden has MIN_GOLDEN to MAX_GOLDEN events */
    bool is_posterior_absent; /* a record that is evaluated has none */
};

/* Visit all records that the scan has seen. */
static enum status visit(struct loading *l,
                         enum status (*visitor)(void *, const struct record *,
                                                struct error *),
                         struct error *err)
{
    const struct dataset_visitor all = {.wants_test = l->scan.for_evaluation,
                                        .skips = &l->examples->skips,
                                        .visit = visitor,
                                        .context = l};
    return dataset_visit(l->dataset, &all, err);
}

/* ---- the schema ---- */

static enum status infer_from_record(void *context, const struct record *record,
                                     struct error *err)
{
    struct loading *l = context;
    enum role role;
    RETURN_IF_ERROR(data_scan_role(&l->scan, record, &role, err));
    if (role != ROLE_TRAIN)
        return STATUS_OK;
    l->has_inner_labels = l->has_inner_labels || record->has_inner_label;
    return schema_inference_add(l->inference, record->history, err);
}

/* The inferred schema as JSON, or NULL. */
static json_t *infer_schema(struct loading *l, struct error *err)
{
    struct strbuf *notes = &l->examples->notes;
    l->inference = schema_inference_new(err);
    if (!l->inference || visit(l, infer_from_record, err) != STATUS_OK)
        return NULL;
    struct error inner = {0};
    json_t *schema = schema_inference_finish(l->inference, notes, &inner);
    if (!schema)
        (void)error_set(err, inner.status, l->data->files[0], "%s", inner.text);
    if (l->has_inner_labels && l->task != TASK_EVERY)
        strbuf_printf(notes,
                      "\"%s\" in the events is read as a label, not as a field; --label "
                      "names another key\n",
                      l->data->keys->label);
    return schema;
}

static enum status find_schema(struct loading *l, const json_t *given, struct error *err)
{
    json_t *inferred = NULL;
    if (!given) {
        inferred = infer_schema(l, err);
        if (!inferred)
            return err->status;
        given = inferred;
    }
    l->examples->schema = triage_schema_read(given, "/schema", err);
    l->schema = l->examples->schema;
    json_decref(inferred);
    if (!l->schema)
        return err->status;
    dataset_apply_schema(l->dataset, l->schema);
    return STATUS_OK;
}

/* ---- the right actions of an example ---- */

/* The index of a label, or `unknown` if it is none of the actions. */
static uint32_t find_action(const struct loading *l, const char *label, uint32_t unknown)
{
    uint32_t action = actions_find(&l->scan.actions, label);
    return action == ACTION_OTHER ? unknown : action;
}

/* TASK_NEXT: the next event; after the last event the end, if it is an action. */
static void set_next_actions(const struct loading *l, const struct history *history,
                             uint32_t unknown, uint32_t *actions)
{
    uint32_t last = history->length - 1;
    for (uint32_t t = 0; t < last; t++) {
        int64_t event = triage_schema_event_at(l->schema, history, t + 1);
        uint32_t action = event < 0 ? ACTION_OTHER : l->scan.actions.of_event[event];
        actions[t] = action == ACTION_OTHER ? unknown : action;
    }
    actions[last] = find_action(l, END_OF_HISTORY, ACTION_NONE);
}

/* TASK_EVERY: the label of each event, at the event's position in the order of time. */
static void set_every_action(const struct loading *l, const struct record *record,
                             const struct history *history, uint32_t unknown,
                             uint32_t *actions)
{
    for (uint32_t i = 0; i < history->length; i++) {
        const char *label = json_string_value(json_array_get(record->labels, i));
        uint32_t t = history->positions ? history->positions[i] : i;
        actions[t] = find_action(l, label, unknown);
    }
}

static enum status set_actions(struct loading *l, const struct record *record,
                               uint32_t unknown, struct example *example,
                               struct error *err)
{
    const struct history *history = &example->history;
    if (l->task == TASK_LAST) {
        example->action = find_action(l, record->label, unknown);
        return STATUS_OK;
    }
    uint32_t *actions =
        arena_array(&l->examples->arena, history->length, sizeof *actions);
    if (!actions)
        return error_no_memory(err);
    if (l->task == TASK_NEXT)
        set_next_actions(l, history, unknown, actions);
    else
        set_every_action(l, record, history, unknown, actions);
    example->actions = actions;
    return STATUS_OK;
}

/* ---- exact probabilities in the data ---- */

/* Read the exact probabilities of a record into row [C]. */
static enum status read_posterior(struct loading *l, json_t *posterior, double *row,
                                  struct error *err)
{
    const char *action;
    json_t *value;
    double sum = 0.0;
    char where[POINTER_BYTES];
    json_object_foreach(posterior, action, value)
    {
        double p = json_number_value(value);
        if (!json_is_number(value) || !(p >= 0.0 && p <= 1.0))
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join(where, sizeof where, "/posterior", action),
                                  "a probability", json_kind(value),
                                  "expected a number from 0 to 1");
        uint32_t index = actions_find(&l->scan.actions, action);
        if (index != ACTION_OTHER)
            row[index] = p;
        else if (p > 0.0) /* the model does not have this action */
            l->is_posterior_absent = true;
        sum += p;
    }
    if (fabs(sum - 1.0) > POSTERIOR_TOLERANCE)
        return error_set(err, STATUS_BAD_INPUT, "/posterior",
                         "the probabilities sum to %.6g, not to 1", sum);
    return STATUS_OK;
}

static enum status add_posterior(struct loading *l, const struct record *record,
                                 struct error *err)
{
    struct examples *examples = l->examples;
    size_t C = examples->action_count;
    if (l->is_posterior_absent || l->task != TASK_LAST ||
        !json_is_object(record->posterior)) {
        l->is_posterior_absent = true;
        return STATUS_OK;
    }
    if (!examples->posterior) {
        size_t rows = 0, numbers;
        for (size_t i = 0; i < l->scan.count; i++)
            rows += l->scan.records[i].role == ROLE_EVALUATE;
        if (!size_multiply(rows, C, &numbers))
            return error_no_memory(err);
        examples->posterior = calloc(numbers, sizeof *examples->posterior);
        if (!examples->posterior)
            return error_no_memory(err);
    }
    return read_posterior(l, record->posterior,
                          examples->posterior + examples->evaluation_count * C, err);
}

/* ---- decoding ---- */

/* Keep the first history of MIN_GOLDEN to MAX_GOLDEN events, or the first of LONGEST_GOLDEN. */
static void note_golden(struct loading *l, json_t *history, uint32_t length)
{
    struct examples *examples = l->examples;
    bool is_short = length >= MIN_GOLDEN && length <= MAX_GOLDEN;
    if (length > LONGEST_GOLDEN || l->has_short_golden || (examples->golden && !is_short))
        return;
    json_decref(examples->golden);
    examples->golden = json_incref(history);
    l->has_short_golden = is_short;
}

/* Count histories whose times reordered them; of the first, note the event that came too late. */
static void note_reordered(struct examples *examples, const struct record *record,
                           const struct history *history)
{
    if (!history->reordered || examples->reordered_count++ > 0)
        return;
    size_t event = 1;
    while (event + 1 < history->length && history->positions[event] >= event)
        event++;
    char *text = examples->reordered_first;
    size_t size = sizeof examples->reordered_first;
    if (record->event_lines) {
        file_line_write(text, size, record->file, record->event_lines[event]);
        return;
    }
    file_line_write(text, size, record->file, record->line);
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used, ", event %zu", event + 1);
}

static enum status add_example(struct loading *l, const struct record *record,
                               enum role role, const struct example *example,
                               struct error *err)
{
    struct examples *examples = l->examples;
    switch (role) {
    case ROLE_TRAIN:
        /* without an action the history has no loss */
        if (l->is_raw || l->task != TASK_LAST || example->action != ACTION_NONE)
            examples->train[examples->train_count++] = *example;
        break;
    case ROLE_VALIDATE:
        examples->validation[examples->validation_count++] = *example;
        break;
    case ROLE_EVALUATE:
        RETURN_IF_ERROR(add_posterior(l, record, err));
        examples->evaluation[examples->evaluation_count++] = *example;
        break;
    case ROLE_NONE:
        break;
    }
    return STATUS_OK;
}

static enum status decode_record(void *context, const struct record *record,
                                 struct error *err)
{
    struct loading *l = context;
    struct examples *examples = l->examples;
    struct example example = {.action = ACTION_NONE};
    enum role role;
    RETURN_IF_ERROR(data_scan_role(&l->scan, record, &role, err));
    if (role == ROLE_NONE || (l->is_raw && role != ROLE_TRAIN))
        return STATUS_OK;
    char *text = json_dumps(record->history, JSON_REAL_PRECISION(17));
    if (!text)
        return error_no_memory(err);
    enum status status =
        triage_history_decode(&example.history, l->schema, text, strlen(text), MAX_EVENTS,
                              &examples->arena, err);
    free(text);
    RETURN_IF_ERROR(status);
    if (l->is_raw)
        return add_example(l, record, role, &example, err);
    uint32_t unknown = role == ROLE_EVALUATE ? ACTION_OTHER : ACTION_NONE;
    RETURN_IF_ERROR(set_actions(l, record, unknown, &example, err));
    RETURN_IF_ERROR(add_example(l, record, role, &example, err));
    note_reordered(examples, record, &example.history);
    note_golden(l, record->history, example.history.length);
    return STATUS_OK;
}

static enum status decode_records(struct loading *l, bool is_raw, struct error *err)
{
    struct examples *examples = l->examples;
    l->is_raw = is_raw;
    examples->train_count = examples->validation_count = examples->evaluation_count = 0;
    RETURN_IF_ERROR(visit(l, decode_record, err));
    if (l->is_posterior_absent) {
        free(examples->posterior);
        examples->posterior = NULL;
    }
    return STATUS_OK;
}

/* Measure the scales, except those in given, the schema of a recipe or NULL. */
static enum status measure_scales(struct loading *l, const json_t *given,
                                  struct error *err)
{
    struct examples *examples = l->examples;
    triage_schema_begin_raw(examples->schema);
    RETURN_IF_ERROR(decode_records(l, true, err));
    const struct history **histories =
        calloc(examples->train_count + 1, sizeof *histories);
    if (!histories)
        return error_no_memory(err);
    for (size_t i = 0; i < examples->train_count; i++)
        histories[i] = &examples->train[i].history;
    enum status status =
        triage_schema_end_raw(examples->schema, histories, examples->train_count, err);
    free(histories);
    arena_reset(&examples->arena);
    if (status == STATUS_OK && given)
        status = scales_apply_given(&examples->schema, given, err);
    l->schema = examples->schema;
    return status;
}

/* Allocate an example for each record that has a role. */
static enum status allocate(struct loading *l, struct error *err)
{
    struct examples *examples = l->examples;
    size_t count[ROLE_EVALUATE + 1] = {0};
    for (size_t i = 0; i < l->scan.count; i++)
        count[l->scan.records[i].role]++;
    examples->train = calloc(count[ROLE_TRAIN] + 1, sizeof *examples->train);
    examples->validation = calloc(count[ROLE_VALIDATE] + 1, sizeof *examples->validation);
    examples->evaluation = calloc(count[ROLE_EVALUATE] + 1, sizeof *examples->evaluation);
    return examples->train && examples->validation && examples->evaluation
               ? STATUS_OK
               : error_no_memory(err);
}

/* ---- the passes in order ---- */

static enum status find_actions(struct loading *l, struct error *err)
{
    struct actions *actions = &l->scan.actions;
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(
            actions_from_schema(actions, l->examples->schema, l->with_end, err));
    if (actions->count < 2)
        return error_set(err, STATUS_BAD_INPUT, l->data->files[0],
                         "the only %s is \"%s\": there is nothing to decide",
                         l->task == TASK_NEXT ? "event that can come next" : "label",
                         actions->names[0]);
    return STATUS_OK;
}

/* The list of actions is complete: hand it over to the examples. */
static void move_actions(struct loading *l)
{
    struct actions *actions = &l->scan.actions;
    l->examples->actions = actions->names;
    l->examples->action_count = actions->count;
    actions->names = NULL;
    actions->count = 0;
}

/* Make all passes, without the records that are known to be bad. */
static enum status load(struct loading *l, const struct examples_settings *settings,
                        struct error *err)
{
    const char *file = l->data->files[0];
    RETURN_IF_ERROR(data_scan_init(&l->scan, err));
    if (settings->actions)
        RETURN_IF_ERROR(actions_from_recipe(&l->scan.actions, settings->actions, err));
    RETURN_IF_ERROR(
        data_scan_read(&l->scan, l->dataset, l->data, l->task, &l->examples->skips, err));
    /* for TASK_NEXT the actions follow from the schema; for others, find errors before inferring */
    if (l->task != TASK_NEXT)
        RETURN_IF_ERROR(find_actions(l, err));
    RETURN_IF_ERROR(data_scan_split(&l->scan, file, settings->seed, err));
    l->examples->validation_source = l->scan.validation_source;
    RETURN_IF_ERROR(find_schema(l, settings->schema, err));
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(find_actions(l, err));
    move_actions(l);
    RETURN_IF_ERROR(allocate(l, err));
    if (!settings->schema || !scales_are_given(settings->schema))
        RETURN_IF_ERROR(measure_scales(l, settings->schema, err));
    return decode_records(l, false, err);
}

/* Forget everything except the list of bad records. */
static void reset(struct examples *examples)
{
    for (size_t i = 0; i < examples->action_count; i++)
        free(examples->actions[i]);
    free(examples->actions);
    free(examples->train);
    free(examples->validation);
    free(examples->evaluation);
    free(examples->posterior);
    json_decref(examples->golden);
    triage_schema_free(examples->schema);
    strbuf_release(&examples->notes);
    arena_release(&examples->arena);
    *examples = (struct examples){.skips = examples->skips};
    arena_init(&examples->arena, SIZE_MAX);
    strbuf_init(&examples->notes, SIZE_MAX);
}

static void examples_init(struct examples *examples, const struct data_files *data)
{
    memset(examples, 0, sizeof *examples);
    examples->skips.is_allowed = data->keys->skip_bad;
    reset(examples);
}

enum status examples_load(struct examples *examples, const struct data_files *data,
                          const struct examples_settings *settings, struct error *err)
{
    struct error own = {0};
    err = err ? err : &own;
    examples_init(examples, data);
    struct dataset *dataset = dataset_new(data, settings->task, err);
    if (!dataset)
        return err->status;
    enum status status;
    size_t bad_count;
    do {
        struct loading l = {.examples = examples,
                            .data = data,
                            .dataset = dataset,
                            .task = settings->task,
                            .with_end = settings->with_end};
        bad_count = examples->skips.count;
        reset(examples);
        dataset_apply_schema(dataset, NULL);
        status = load(&l, settings, err);
        schema_inference_free(l.inference);
        data_scan_release(&l.scan);
    } while (status == STATUS_OK && examples->skips.count != bad_count);
    dataset_free(dataset);
    return status;
}

static enum status load_for_model(struct loading *l, const struct model *model,
                                  const char *part, struct error *err)
{
    RETURN_IF_ERROR(data_scan_init(&l->scan, err));
    l->scan.for_evaluation = true;
    RETURN_IF_ERROR(actions_from_model(&l->scan.actions, model, err));
    if (l->task == TASK_NEXT)
        RETURN_IF_ERROR(actions_map_events(&l->scan.actions, l->schema, err));
    move_actions(l);
    RETURN_IF_ERROR(
        data_scan_read(&l->scan, l->dataset, l->data, l->task, &l->examples->skips, err));
    RETURN_IF_ERROR(data_scan_select(&l->scan, l->data, part, err));
    RETURN_IF_ERROR(allocate(l, err));
    return decode_records(l, false, err);
}

enum status examples_load_for_model(struct examples *examples,
                                    const struct data_files *data,
                                    const struct model *model, const char *part,
                                    struct error *err)
{
    struct loading l = {.examples = examples,
                        .data = data,
                        .schema = triage_model_schema(model),
                        .task = triage_model_task(model)};
    struct error own = {0};
    err = err ? err : &own;
    examples_init(examples, data);
    l.dataset = dataset_new(data, l.task, err);
    if (!l.dataset)
        return err->status;
    dataset_apply_schema(l.dataset, l.schema);
    enum status status = load_for_model(&l, model, part, err);
    data_scan_release(&l.scan);
    dataset_free(l.dataset);
    return status;
}

void examples_release(struct examples *examples)
{
    skip_list_release(&examples->skips);
    reset(examples);
}
