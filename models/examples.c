/* See examples.h. */
#include "examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/json.h"
#include "base/random.h"
#include "infer.h"

enum { EVENTS_MOST = 1000000, GOLDEN_LEAST = 2, GOLDEN_MOST = 12 };

/* What is kept of a line between the readings. */
struct line {
    enum part part;
    bool is_used;
    int64_t start; /* of the first event; INT64_MIN when it has no time */
};

/* Everything the visitors need. */
struct loading {
    struct examples *examples;
    const char *const *files;
    size_t file_count;
    const struct keys *keys;
    struct line *lines;
    size_t line_count, capacity;
    struct infer *infer;
    bool has_actions; /* from the recipe */
    bool is_raw;
    size_t learn, validate; /* decoded so far */
};

static enum status visit_all(struct loading *l, entry_visitor *visit, struct error *err)
{
    return dataset_visit(l->files, l->file_count, l->keys, &l->examples->skip, visit, l,
                         err);
}

/* The place of a label among the actions, or -1. */
static int64_t find_action(const struct examples *examples, const char *label)
{
    for (size_t i = 0; i < examples->action_count; i++)
        if (strcmp(examples->actions[i], label) == 0)
            return (int64_t)i;
    return -1;
}

static enum status add_action(struct examples *examples, const char *label,
                              struct error *err)
{
    size_t count = examples->action_count;
    char **grown;

    if (find_action(examples, label) >= 0)
        return STATUS_OK;
    grown = realloc(examples->actions, (count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_no_memory(err);
    examples->actions = grown;
    grown[count] = strdup(label);
    if (grown[count] == NULL)
        return error_no_memory(err);
    examples->action_count++;
    return STATUS_OK;
}

static int64_t start_of(const json_t *history)
{
    const json_t *time =
        json_object_get(json_array_get(json_object_get(history, "events"), 0), "time");
    int64_t start = INT64_MIN;

    if (json_is_string(time))
        (void)instant_parse(json_string_value(time), json_string_length(time), &start);
    else if (json_is_number(time))
        (void)instant_from_seconds(json_number_value(time), &start);
    return start;
}

static enum status survey_line(void *context, const struct entry *entry,
                               struct error *err)
{
    struct loading *l = context;
    char where[96];

    if (entry->number >= l->capacity) {
        size_t capacity = 2 * entry->number + 1024;
        struct line *grown = realloc(l->lines, capacity * sizeof *grown);
        if (grown == NULL)
            return error_no_memory(err);
        memset(grown + l->capacity, 0, (capacity - l->capacity) * sizeof *grown);
        l->lines = grown;
        l->capacity = capacity;
    }
    if (l->has_actions && find_action(l->examples, entry->label) < 0)
        return error_mismatch(err, STATUS_BAD_INPUT,
                              pointer_join(where, sizeof where, "", l->keys->label),
                              "an action of the recipe", entry->label,
                              "the label is none of the recipe's actions");
    l->lines[entry->number] = (struct line){entry->part, true, start_of(entry->history)};
    l->line_count = entry->number + 1;
    return l->has_actions ? STATUS_OK : add_action(l->examples, entry->label, err);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct candidate {
    int64_t start;
    size_t number;
};

static int by_start(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/*
 * Without lines marked to validate, a fifth of those that learn does: the last in time when
 * all have times, else drawn with the seed.
 */
static enum status choose_validation(struct loading *l, uint64_t seed, struct error *err)
{
    struct candidate *candidates = calloc(l->line_count + 1, sizeof *candidates);
    size_t count = 0, *order = calloc(l->line_count + 1, sizeof *order);
    bool has_validation = false, has_times = true;
    struct random random;

    for (size_t i = 0; candidates != NULL && order != NULL && i < l->line_count; i++) {
        struct line *line = &l->lines[i];
        if (!line->is_used)
            continue;
        if (line->part == PART_NONE)
            line->part = PART_LEARN;
        has_validation = has_validation || line->part == PART_VALIDATE;
        if (line->part != PART_LEARN)
            continue;
        has_times = has_times && line->start != INT64_MIN;
        candidates[count++] = (struct candidate){line->start, i};
    }
    if (candidates != NULL && order != NULL && !has_validation) {
        for (size_t i = 0; i < count; i++)
            order[i] = i;
        random_init(&random, seed, UINT64_C(0x5017000000000000));
        if (has_times)
            qsort(candidates, count, sizeof *candidates, by_start);
        else
            random_shuffle(&random, order, count);
        for (size_t i = count - count / 5; i < count; i++)
            l->lines[candidates[order[i]].number].part = PART_VALIDATE;
    }
    bool is_whole = candidates != NULL && order != NULL;
    free(candidates);
    free(order);
    return is_whole ? STATUS_OK : error_no_memory(err);
}

static enum status survey(struct loading *l, const json_t *actions, uint64_t seed,
                          struct error *err)
{
    struct examples *examples = l->examples;
    enum status status = STATUS_OK;

    l->has_actions = actions != NULL;
    for (size_t i = 0; i < json_array_size(actions) && status == STATUS_OK; i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        status = action == NULL ? error_set(err, STATUS_BAD_INPUT, "/actions",
                                            "an action's name must be a string")
                                : add_action(examples, action, err);
    }
    if (status == STATUS_OK)
        status = visit_all(l, survey_line, err);
    if (status == STATUS_OK && l->line_count == 0)
        status = error_set(err, STATUS_BAD_INPUT, l->files[0],
                           "there is no labelled history in it");
    if (status == STATUS_OK && !l->has_actions)
        qsort(examples->actions, examples->action_count, sizeof *examples->actions,
              by_text);
    if (status == STATUS_OK && examples->action_count < 2)
        status = error_set(err, STATUS_BAD_INPUT, l->files[0],
                           "there is only one label, \"%s\": nothing to decide",
                           examples->actions[0]);
    return status == STATUS_OK ? choose_validation(l, seed, err) : status;
}

static enum status infer_line(void *context, const struct entry *entry, struct error *err)
{
    struct loading *l = context;

    return l->lines[entry->number].part == PART_LEARN
               ? infer_add(l->infer, entry->history, err)
               : STATUS_OK;
}

static enum status find_schema(struct loading *l, const json_t *given, struct error *err)
{
    json_t *schema;
    enum status status;

    if (given != NULL) {
        l->examples->schema = schema_read(given, "/schema", err);
        return l->examples->schema == NULL ? err->status : STATUS_OK;
    }
    l->infer = infer_new(err);
    if (l->infer == NULL)
        return STATUS_NO_MEMORY;
    status = visit_all(l, infer_line, err);
    if (status != STATUS_OK)
        return status;
    schema = infer_schema(l->infer, err);
    if (schema == NULL)
        return STATUS_NO_MEMORY;
    l->examples->schema = schema_read(schema, "/schema", err);
    json_decref(schema);
    return l->examples->schema == NULL ? err->status : STATUS_OK;
}

static enum status decode_line(void *context, const struct entry *entry,
                               struct error *err)
{
    struct loading *l = context;
    struct examples *examples = l->examples;
    bool learns = l->lines[entry->number].part == PART_LEARN;
    size_t length = json_array_size(json_object_get(entry->history, "events"));
    struct example example;
    enum status status;

    if (l->is_raw && !learns)
        return STATUS_OK;
    status = history_decode(&example.history, examples->schema, entry->history,
                            EVENTS_MOST, "", &examples->arena, err);
    if (status != STATUS_OK)
        return status;
    example.action = (uint32_t)find_action(examples, entry->label);
    if (learns)
        examples->learn[l->learn++] = example;
    else
        examples->validate[l->validate++] = example;
    if (!l->is_raw && !learns && examples->golden == NULL && length >= GOLDEN_LEAST &&
        length <= GOLDEN_MOST)
        examples->golden = json_incref(entry->history);
    return STATUS_OK;
}

/* Decode everything; raw, only what learns. */
static enum status decode_all(struct loading *l, bool is_raw, struct error *err)
{
    enum status status;

    l->is_raw = is_raw;
    l->learn = l->validate = 0;
    status = visit_all(l, decode_line, err);
    l->examples->learn_count = l->learn;
    l->examples->validate_count = l->validate;
    return status;
}

/* Measure the scales of a schema that was inferred. */
static enum status measure_scales(struct loading *l, struct error *err)
{
    struct examples *examples = l->examples;
    const struct history **histories;
    enum status status;

    schema_begin_raw(examples->schema);
    status = decode_all(l, true, err);
    if (status != STATUS_OK)
        return status;
    histories = calloc(examples->learn_count + 1, sizeof *histories);
    if (histories == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < examples->learn_count; i++)
        histories[i] = &examples->learn[i].history;
    status = schema_end_raw(examples->schema, histories, examples->learn_count, err);
    free(histories);
    arena_reset(&examples->arena);
    return status;
}

enum status examples_load(struct examples *examples, const char *const *files,
                          size_t count, const struct keys *keys, bool skip_bad,
                          const json_t *schema, const json_t *actions, uint64_t seed,
                          struct error *err)
{
    struct loading l = {
        .examples = examples, .files = files, .file_count = count, .keys = keys};
    enum status status;

    memset(examples, 0, sizeof *examples);
    arena_init(&examples->arena, SIZE_MAX);
    examples->skip.allowed = skip_bad;
    status = survey(&l, actions, seed, err);
    if (status == STATUS_OK)
        status = find_schema(&l, schema, err);
    if (status == STATUS_OK) {
        examples->learn = calloc(l.line_count, sizeof *examples->learn);
        examples->validate = calloc(l.line_count, sizeof *examples->validate);
        if (examples->learn == NULL || examples->validate == NULL)
            status = error_no_memory(err);
    }
    if (status == STATUS_OK && schema == NULL)
        status = measure_scales(&l, err);
    if (status == STATUS_OK)
        status = decode_all(&l, false, err);
    for (size_t i = 0; i < l.line_count; i++)
        examples->test_count += l.lines[i].is_used && l.lines[i].part == PART_TEST;
    infer_free(l.infer);
    free(l.lines);
    return status;
}

void examples_release(struct examples *examples)
{
    for (size_t i = 0; i < examples->action_count; i++)
        free(examples->actions[i]);
    free(examples->actions);
    free(examples->learn);
    free(examples->validate);
    free(examples->skip.is_bad);
    json_decref(examples->golden);
    schema_free(examples->schema);
    arena_release(&examples->arena);
    memset(examples, 0, sizeof *examples);
}
