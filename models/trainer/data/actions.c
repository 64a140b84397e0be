/* A list of names with an index from name to position; the events of a schema as actions. */
#include "data/actions.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { MAX_ACTIONS = 65536 };

enum status actions_init(struct actions *actions, struct error *err)
{
    *actions = (struct actions){.index = json_object()};
    return actions->index ? STATUS_OK : error_no_memory(err);
}

void actions_release(struct actions *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        free(actions->names[i]);
    free(actions->names);
    free(actions->of_event);
    json_decref(actions->index);
    *actions = (struct actions){.count = 0};
}

uint32_t actions_find(const struct actions *actions, const char *name)
{
    const json_t *index = json_object_get(actions->index, name);
    return index ? (uint32_t)json_integer_value(index) : ACTION_OTHER;
}

enum status actions_add(struct actions *actions, const char *name, struct error *err)
{
    size_t count = actions->count;
    if (count == MAX_ACTIONS)
        return error_set(err, STATUS_TOO_LARGE, "", "the data has more than %d actions",
                         MAX_ACTIONS);
    char **grown = realloc(actions->names, (count + 1) * sizeof *grown);
    if (!grown)
        return error_no_memory(err);
    actions->names = grown;
    actions->names[count] = strdup(name);
    if (!actions->names[count])
        return error_no_memory(err);
    actions->count++;
    return json_object_set_new(actions->index, name, json_integer((json_int_t)count)) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void actions_sort(struct actions *actions, size_t first)
{
    if (actions->count > first + 1)
        qsort(actions->names + first, actions->count - first, sizeof *actions->names,
              compare_names);
    for (size_t i = first; i < actions->count; i++)
        json_integer_set(json_object_get(actions->index, actions->names[i]),
                         (json_int_t)i);
}

enum status actions_from_recipe(struct actions *actions, const json_t *list,
                                struct error *err)
{
    if (json_array_size(list) < 2)
        return error_mismatch(err, STATUS_BAD_INPUT, "/actions", "two names or more",
                              json_kind(list),
                              "the recipe's actions are not a list of two or more");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || *name == '\0' || actions_find(actions, name) != ACTION_OTHER) {
            char where[32];
            return error_set(err, STATUS_BAD_INPUT,
                             pointer_join_index(where, sizeof where, "/actions", i),
                             "the recipe's action is empty, not a string, or repeated");
        }
        RETURN_IF_ERROR(actions_add(actions, name, err));
    }
    actions->is_closed = true;
    return STATUS_OK;
}

enum status actions_from_model(struct actions *actions, const struct model *model,
                               struct error *err)
{
    actions->is_closed = true;
    for (size_t i = 0; i < triage_model_actions(model); i++)
        RETURN_IF_ERROR(actions_add(actions, triage_model_action(model, i), err));
    return STATUS_OK;
}

/* Append the events of the schema, and the end. */
static enum status add_events(struct actions *actions, const struct schema *schema,
                              bool with_end, struct error *err)
{
    for (uint32_t i = 0; i < triage_schema_event_count(schema); i++) {
        const char *name = triage_schema_event(schema, i);
        if (with_end && strcmp(name, END_OF_HISTORY) == 0)
            return error_set(err, STATUS_BAD_INPUT, "",
                             "an event is called \"" END_OF_HISTORY
                             "\", like the action that says that no event follows; "
                             "--no-end leaves that action out");
        RETURN_IF_ERROR(actions_add(actions, name, err));
    }
    return with_end ? actions_add(actions, END_OF_HISTORY, err) : STATUS_OK;
}

/* Check that a closed list has the same names as the one that follows from the schema. */
static enum status check_closed(const struct actions *closed,
                                const struct actions *expected, struct error *err)
{
    for (size_t i = 0; i < expected->count; i++)
        if (actions_find(closed, expected->names[i]) == ACTION_OTHER)
            return error_set(err, STATUS_BAD_INPUT, "/actions",
                             "with the target \"next\" the actions are the events of the "
                             "schema: \"%.64s\" is missing",
                             expected->names[i]);
    for (size_t i = 0; i < closed->count; i++)
        if (actions_find(expected, closed->names[i]) == ACTION_OTHER)
            return error_set(err, STATUS_BAD_INPUT, "/actions",
                             "with the target \"next\" the actions are the events of the "
                             "schema: \"%.64s\" is not one of them",
                             closed->names[i]);
    return STATUS_OK;
}

enum status actions_from_schema(struct actions *actions, const struct schema *schema,
                                bool with_end, struct error *err)
{
    struct actions expected;
    enum status status = actions_init(&expected, err);
    if (status != STATUS_OK)
        goto out;
    status = add_events(&expected, schema, with_end, err);
    if (status != STATUS_OK)
        goto out;
    if (actions->is_closed)
        status = check_closed(actions, &expected, err);
    for (size_t i = 0; i < expected.count && status == STATUS_OK; i++)
        if (actions_find(actions, expected.names[i]) == ACTION_OTHER)
            status = actions_add(actions, expected.names[i], err);
    if (status == STATUS_OK)
        status = actions_map_events(actions, schema, err);
out:
    actions_release(&expected);
    return status;
}

enum status actions_map_events(struct actions *actions, const struct schema *schema,
                               struct error *err)
{
    uint32_t count = triage_schema_event_count(schema);
    actions->of_event = calloc(count, sizeof *actions->of_event);
    if (!actions->of_event)
        return error_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        actions->of_event[i] = actions_find(actions, triage_schema_event(schema, i));
    return STATUS_OK;
}
