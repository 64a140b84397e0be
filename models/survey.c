/* See survey.h. */
#include "survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/json.h"
#include "base/random.h"

enum { ACTIONS_MOST = 65536 };

enum status survey_visit(struct loading *l, entry_visitor *visit, struct error *err)
{
    return dataset_visit(l->files, l->file_count, l->keys, &l->examples->skip, visit, l,
                         err);
}

int64_t survey_find_action(const struct loading *l, const char *label)
{
    const json_t *place = json_object_get(l->index, label);

    return place == NULL ? -1 : json_integer_value(place);
}

static enum status add_action(struct loading *l, const char *label, struct error *err)
{
    struct examples *examples = l->examples;
    size_t count = examples->action_count;
    char **grown;

    if (survey_find_action(l, label) >= 0)
        return STATUS_OK;
    if (count == ACTIONS_MOST)
        return error_set(err, STATUS_TOO_LARGE, "", "there are more than %d actions",
                         ACTIONS_MOST);
    grown = realloc(examples->actions, (count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_no_memory(err);
    examples->actions = grown;
    grown[count] = strdup(label);
    if (grown[count] == NULL)
        return error_no_memory(err);
    examples->action_count++;
    return json_object_set_new(l->index, label, json_integer((json_int_t)count)) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Alphabetical order, so that the order of the lines does not matter. */
static void sort_actions(struct loading *l)
{
    struct examples *examples = l->examples;

    qsort(examples->actions, examples->action_count, sizeof *examples->actions, by_text);
    for (size_t i = 0; i < examples->action_count; i++)
        json_integer_set(json_object_get(l->index, examples->actions[i]), (json_int_t)i);
}

static int64_t time_of(const json_t *event)
{
    const json_t *time = json_object_get(event, "time");
    int64_t moment = INT64_MAX;

    if (json_is_string(time))
        (void)instant_parse(json_string_value(time), json_string_length(time), &moment);
    else if (json_is_number(time))
        (void)instant_from_seconds(json_number_value(time), &moment);
    return moment;
}

/* The earliest time of a history; INT64_MAX without one. */
static int64_t start_of(const json_t *history)
{
    const json_t *event;
    int64_t start = INT64_MAX;
    size_t i;

    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        int64_t moment = time_of(event);
        start = moment < start ? moment : start;
    }
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
    if (l->has_actions && survey_find_action(l, entry->label) < 0)
        return error_mismatch(err, STATUS_BAD_INPUT,
                              pointer_join(where, sizeof where, "", l->keys->label),
                              "an action of the recipe", entry->label,
                              "the label is none of the recipe's actions");
    l->lines[entry->number] = (struct line){entry->part, true, start_of(entry->history)};
    l->line_count = entry->number + 1;
    return l->has_actions ? STATUS_OK : add_action(l, entry->label, err);
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
        has_times = has_times && line->start != INT64_MAX;
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
    if (!is_whole)
        return error_no_memory(err);
    return count > 0 ? STATUS_OK
                     : error_set(err, STATUS_BAD_INPUT, l->files[0],
                                 "no line of it is there to learn from");
}

enum status survey(struct loading *l, const json_t *actions, uint64_t seed,
                   struct error *err)
{
    struct examples *examples = l->examples;
    enum status status = STATUS_OK;

    l->has_actions = actions != NULL;
    if (actions != NULL && json_array_size(actions) < 2)
        return error_mismatch(err, STATUS_BAD_INPUT, "/actions", "two names or more",
                              json_kind(actions), "the recipe's actions are no list");
    for (size_t i = 0; i < json_array_size(actions) && status == STATUS_OK; i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        if (action == NULL || *action == '\0' || survey_find_action(l, action) >= 0)
            return error_set(
                err, STATUS_BAD_INPUT, "/actions",
                "the recipe's action %zu is empty, no string or a repetition", i);
        status = add_action(l, action, err);
    }
    if (status == STATUS_OK)
        status = survey_visit(l, survey_line, err);
    if (status == STATUS_OK && l->line_count == 0)
        status = error_set(err, STATUS_BAD_INPUT, l->files[0],
                           "there is no labelled history in it");
    if (status == STATUS_OK && !l->has_actions)
        sort_actions(l);
    if (status == STATUS_OK && examples->action_count < 2)
        status = error_set(err, STATUS_BAD_INPUT, l->files[0],
                           "there is only one label, \"%s\": nothing to decide",
                           examples->actions[0]);
    return status == STATUS_OK ? choose_validation(l, seed, err) : status;
}
