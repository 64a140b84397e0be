/* See actions.h. */
#include "data/actions.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"

enum { ACTIONS_MOST = 65536 };

enum status actions_init(struct actions *actions, struct error *err)
{
    memset(actions, 0, sizeof *actions);
    actions->index = json_object();
    return actions->index != NULL ? STATUS_OK : error_no_memory(err);
}

void actions_release(struct actions *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        free(actions->names[i]);
    free(actions->names);
    free(actions->nexts);
    json_decref(actions->index);
    memset(actions, 0, sizeof *actions);
}

uint32_t actions_find(const struct actions *actions, const char *name)
{
    const json_t *place = json_object_get(actions->index, name);

    return place == NULL ? ACTION_OTHER : (uint32_t)json_integer_value(place);
}

enum status actions_add(struct actions *actions, const char *name, struct error *err)
{
    size_t count = actions->count;
    char **grown;

    if (count == ACTIONS_MOST)
        return error_set(err, STATUS_TOO_LARGE, "", "there are more than %d actions",
                         ACTIONS_MOST);
    grown = realloc(actions->names, (count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_no_memory(err);
    actions->names = grown;
    grown[count] = strdup(name);
    if (grown[count] == NULL)
        return error_no_memory(err);
    actions->count++;
    return json_object_set_new(actions->index, name, json_integer((json_int_t)count)) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void actions_sort(struct actions *actions)
{
    if (actions->count > 1)
        qsort(actions->names, actions->count, sizeof *actions->names, by_text);
    for (size_t i = 0; i < actions->count; i++)
        json_integer_set(json_object_get(actions->index, actions->names[i]),
                         (json_int_t)i);
}

enum status actions_give(struct actions *actions, const json_t *list, struct error *err)
{
    char where[32];

    if (json_array_size(list) < 2)
        return error_mismatch(err, STATUS_BAD_INPUT, "/actions", "two names or more",
                              json_kind(list), "the recipe's actions are no list of two");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || *name == '\0' || actions_find(actions, name) != ACTION_OTHER)
            return error_set(err, STATUS_BAD_INPUT,
                             pointer_join_index(where, sizeof where, "/actions", i),
                             "the recipe's action is empty, no string or a repetition");
        enum status status = actions_add(actions, name, err);
        if (status != STATUS_OK)
            return status;
    }
    actions->is_closed = true;
    return STATUS_OK;
}

enum status actions_copy(struct actions *actions, const struct model *model,
                         struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < triage_model_actions(model) && status == STATUS_OK; i++)
        status = actions_add(actions, triage_model_action(model, i), err);
    actions->is_closed = true;
    return status;
}

/* The names that follow from a schema, added to an empty list. */
static enum status add_events(struct actions *actions, const struct schema *schema,
                              bool with_end, struct error *err)
{
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < triage_schema_event_count(schema) && status == STATUS_OK;
         i++) {
        const char *name = triage_schema_event(schema, i);
        if (with_end && strcmp(name, END_OF_HISTORY) == 0)
            return error_set(err, STATUS_BAD_INPUT, "",
                             "an event is called \"" END_OF_HISTORY
                             "\", the name of the class that says that none follows; "
                             "--no-end does without");
        status = actions_add(actions, name, err);
    }
    return status == STATUS_OK && with_end ? actions_add(actions, END_OF_HISTORY, err)
                                           : status;
}

/* Those given must be those that follow from the schema, in any order. */
static enum status check_given(const struct actions *given, const struct actions *follow,
                               struct error *err)
{
    for (size_t i = 0; i < follow->count; i++)
        if (actions_find(given, follow->names[i]) == ACTION_OTHER)
            return error_set(err, STATUS_BAD_INPUT, "/actions",
                             "with the target \"next\" the actions are the events of the "
                             "schema: \"%.64s\" is missing",
                             follow->names[i]);
    for (size_t i = 0; i < given->count; i++)
        if (actions_find(follow, given->names[i]) == ACTION_OTHER)
            return error_set(err, STATUS_BAD_INPUT, "/actions",
                             "with the target \"next\" the actions are the events of the "
                             "schema: \"%.64s\" is none",
                             given->names[i]);
    return STATUS_OK;
}

enum status actions_follow(struct actions *actions, const struct schema *schema,
                           bool with_end, struct error *err)
{
    struct actions follow;
    enum status status = actions_init(&follow, err);

    if (status == STATUS_OK)
        status = add_events(&follow, schema, with_end, err);
    if (status == STATUS_OK && actions->is_closed) {
        status = check_given(actions, &follow, err);
    } else if (status == STATUS_OK) {
        struct actions empty = *actions;
        *actions = follow;
        follow = empty;
    }
    actions_release(&follow);
    return status == STATUS_OK ? actions_link(actions, schema, err) : status;
}

enum status actions_link(struct actions *actions, const struct schema *schema,
                         struct error *err)
{
    uint32_t count = triage_schema_event_count(schema);

    actions->nexts = calloc(count, sizeof *actions->nexts);
    if (actions->nexts == NULL)
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        actions->nexts[i] = actions_find(actions, triage_schema_event(schema, i));
    return STATUS_OK;
}

/* What comes after each event; after the last one the end, where that is an action. */
static void ask_next(const struct actions *actions, const struct schema *schema,
                     const struct history *history, uint32_t stranger, uint32_t *asked)
{
    uint32_t last = history->length - 1;
    uint32_t end = actions_find(actions, END_OF_HISTORY);

    for (uint32_t t = 0; t < last; t++) {
        int64_t event = triage_schema_event_at(schema, history, t + 1);
        asked[t] = event < 0 ? ACTION_OTHER : actions->nexts[event];
        if (asked[t] == ACTION_OTHER)
            asked[t] = stranger;
    }
    asked[last] = end == ACTION_OTHER ? ACTION_NONE : end;
}

/* The label of each event, which goes where its event went when times moved it. */
static void ask_every(const struct actions *actions, const struct entry *entry,
                      const struct history *history, uint32_t stranger, uint32_t *asked)
{
    for (uint32_t i = 0; i < history->length; i++) {
        const char *label = json_string_value(json_array_get(entry->labels, i));
        uint32_t row = history->positions == NULL ? i : history->positions[i];
        asked[row] = actions_find(actions, label);
        if (asked[row] == ACTION_OTHER)
            asked[row] = stranger;
    }
}

enum status actions_ask(const struct actions *actions, enum task target,
                        const struct schema *schema, const struct entry *entry,
                        uint32_t stranger, struct arena *arena, struct example *example,
                        struct error *err)
{
    const struct history *history = &example->history;
    uint32_t *asked;

    example->action = ACTION_NONE;
    example->actions = NULL;
    if (target == TASK_LAST) {
        example->action = actions_find(actions, entry->label);
        if (example->action == ACTION_OTHER)
            example->action = stranger;
        return STATUS_OK;
    }
    asked = arena_array(arena, history->length, sizeof *asked);
    if (asked == NULL)
        return error_no_memory(err);
    if (target == TASK_NEXT)
        ask_next(actions, schema, history, stranger, asked);
    else
        ask_every(actions, entry, history, stranger, asked);
    example->actions = asked;
    return STATUS_OK;
}
