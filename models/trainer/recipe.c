/* Recipes from JSON and to JSON; the settings in them are described by options tables. */
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/value.h"

enum { MAX_DIGITS = 17 };

static const size_t MAX_FILE_BYTES = (size_t)64 << 20;

const struct option_def task_options[] = {
    {.name = "target",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct recipe, task),
     .default_text = "last",
     .choices = triage_task_names,
     .help = "what is predicted: the action at the end, the next event, the action after "
             "every event, or all events that follow"},
    {.name = "end",
     .kind = OPTION_SWITCH,
     .offset = offsetof(struct recipe, with_end),
     .default_text = "true",
     .help = "target next: also predict that no event follows, as \"end_of_history\""},
    {.name = NULL},
};

/* The options tables whose values are members of a recipe. */
enum { TASK_TABLE, NETWORK_TABLE, TRAINING_TABLE, TABLES };

static void get_tables(struct recipe *recipe, struct arena *arena,
                       struct option_table tables[TABLES])
{
    tables[TASK_TABLE] = (struct option_table){
        .title = "task", .options = task_options, .values = recipe, .arena = arena};
    tables[NETWORK_TABLE] = (struct option_table){.title = "network",
                                                  .options = triage_spec_options,
                                                  .values = &recipe->spec,
                                                  .arena = arena};
    tables[TRAINING_TABLE] = (struct option_table){.title = "training",
                                                   .options = triage_training_options,
                                                   .values = &recipe->training,
                                                   .arena = arena};
}

enum status recipe_init(struct recipe *recipe, struct arena *arena, struct error *err)
{
    struct option_table tables[TABLES];
    *recipe = (struct recipe){.schema = NULL};
    get_tables(recipe, arena, tables);
    for (size_t i = 0; i < TABLES; i++)
        RETURN_IF_ERROR(option_table_set_defaults(&tables[i], err));
    return STATUS_OK;
}

void recipe_release(struct recipe *recipe)
{
    json_decref(recipe->schema);
    json_decref(recipe->actions);
    json_decref(recipe->rename);
    recipe->schema = recipe->actions = recipe->rename = NULL;
}

/* ---- reading ---- */

/* Read the settings of a table from the member with its title, if there is one. */
static enum status read_settings(const json_t *object, const struct option_table *table,
                                 struct error *err)
{
    char where[32];
    const json_t *settings = json_object_get(object, table->title);
    if (!settings)
        return STATUS_OK;
    pointer_join(where, sizeof where, "", table->title);
    return option_table_read_json(table, settings, where, err);
}

/*
 * target and end are members of the recipe itself, next to members that are not settings, so they
 * are copied into an object of their own.
 */
static enum status read_task(const json_t *object, const struct option_table *table,
                             struct error *err)
{
    json_t *settings = json_object();
    enum status status = settings ? STATUS_OK : error_no_memory(err);
    for (size_t i = 0; status == STATUS_OK && task_options[i].name; i++) {
        json_t *value = json_object_get(object, task_options[i].name);
        if (value && json_object_set(settings, task_options[i].name, value) != 0)
            status = error_no_memory(err);
    }
    if (status == STATUS_OK)
        status = option_table_read_json(table, settings, "", err);
    json_decref(settings);
    return status;
}

static enum status read_object(struct recipe *recipe, const json_t *object,
                               struct arena *arena, struct error *err)
{
    static const char *const known[] = {"schema",  "target",   "end",
                                        "network", "training", "actions",
                                        "rename",  "trim",     NULL};
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_INPUT, "", "an object", json_kind(object),
                              "the recipe is not an object");
    struct option_table tables[TABLES];
    get_tables(recipe, arena, tables);
    RETURN_IF_ERROR(json_check_keys(
        object, known, "schema, target, end, network, training, actions, rename, trim",
        "", err));
    RETURN_IF_ERROR(read_task(object, &tables[TASK_TABLE], err));
    RETURN_IF_ERROR(read_settings(object, &tables[NETWORK_TABLE], err));
    RETURN_IF_ERROR(read_settings(object, &tables[TRAINING_TABLE], err));
    recipe->schema = json_incref(json_object_get(object, "schema"));
    recipe->actions = json_incref(json_object_get(object, "actions"));
    recipe->rename = json_incref(json_object_get(object, "rename"));
    const json_t *trim = json_object_get(object, "trim");
    if (trim && !json_is_boolean(trim))
        return error_mismatch(err, STATUS_BAD_INPUT, "/trim", "true or false",
                              json_kind(trim), "expected true or false");
    recipe->trim = json_is_true(trim);
    return STATUS_OK;
}

enum status recipe_read(struct recipe *recipe, const char *path, struct arena *arena,
                        struct error *err)
{
    char *bytes;
    size_t length;
    RETURN_IF_ERROR(file_read_regular(path, MAX_FILE_BYTES, &bytes, &length, err));
    struct error inner = {0};
    json_t *object = json_read(bytes, length, &inner);
    free(bytes);
    if (!object)
        return inner.status == STATUS_BAD_JSON
                   ? error_set(err, inner.status, "", "line %u, column %u: %s",
                               inner.line, inner.column, inner.text)
                   : error_no_memory(err);
    enum status status = read_object(recipe, object, arena, err);
    json_decref(object);
    return status;
}

/* ---- new names ---- */

/* The new names {OLD: NEW} of a column that the data and the schema call `name`; NULL: none. */
static const json_t *names_of(const struct recipe *recipe, const char *name,
                              const char *key)
{
    const json_t *names = json_object_get(recipe->rename, name);
    return names ? names : json_object_get(recipe->rename, key);
}

static bool is_new_name(const json_t *names, const char *text)
{
    const char *old;
    json_t *value;
    json_object_foreach(json_iterable(names), old, value)
    {
        const char *new_name = json_string_value(value);
        if (new_name && strcmp(new_name, text) == 0)
            return true;
    }
    return false;
}

/* The name that a name of the recipe gets. */
static json_t *new_name(const json_t *name, const json_t *names, bool trim)
{
    const char *text = json_string_value(name);
    size_t length = json_string_length(name);
    if (trim)
        text = value_trim(text, &length);
    json_t *trimmed = json_stringn(text, length);
    const char *own = json_string_value(trimmed);
    const json_t *renamed =
        own && !is_new_name(names, own) ? json_object_get(names, own) : NULL;
    if (!json_is_string(renamed))
        return trimmed;
    json_t *copy = json_copy(json_iterable(renamed));
    json_decref(trimmed);
    return copy;
}

/* Is the name among the first items of a list? */
static bool has_name(const json_t *list, size_t count, const json_t *name)
{
    for (size_t i = 0; i < count; i++)
        if (json_equal(json_array_get(list, i), name))
            return true;
    return false;
}

/* Replace the names in a list, an array of strings; another thing is refused later. */
static enum status rename_list(json_t *list, const json_t *names, bool trim,
                               struct error *err)
{
    json_t *renamed = json_array();
    bool is_complete = renamed != NULL;
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) {
            json_decref(renamed);
            return STATUS_OK;
        }
        json_t *name = new_name(item, names, trim);
        /* a name that the list itself repeats is refused later */
        bool is_known =
            has_name(renamed, json_array_size(renamed), name) && !has_name(list, i, item);
        if (is_known)
            json_decref(name);
        else
            is_complete =
                name && json_array_append_new(renamed, name) == 0 && is_complete;
    }
    if (is_complete && json_is_array(list))
        is_complete =
            json_array_clear(list) == 0 && json_array_extend(list, renamed) == 0;
    json_decref(renamed);
    return is_complete ? STATUS_OK : error_no_memory(err);
}

enum status recipe_rename(struct recipe *recipe, const struct data_keys *keys,
                          struct error *err)
{
    json_t *field;
    size_t i;
    if (!recipe->trim && !recipe->rename)
        return STATUS_OK;
    RETURN_IF_ERROR(rename_list(recipe->actions, names_of(recipe, "action", keys->label),
                                recipe->trim, err));
    json_array_foreach(json_object_get(recipe->schema, "fields"), i, field)
    {
        const char *name = json_string_value(json_object_get(field, "name"));
        const char *key = name && strcmp(name, "event") == 0 ? keys->event : name;
        if (name)
            RETURN_IF_ERROR(rename_list(json_object_get(field, "values"),
                                        names_of(recipe, name, key), recipe->trim, err));
    }
    return STATUS_OK;
}

/* ---- writing ---- */

enum { MAX_INDENTED_DEPTH = 3 }; /* deeper objects, such as a field, stay on one line */

static void start_line(struct strbuf *text, unsigned depth)
{
    strbuf_printf(text, "\n%*s", 2 * (int)depth, "");
}

/* Append json, which is one line, with line breaks and indentation.  Its tokens do not change. */
static void indent(const char *json, struct strbuf *text)
{
    unsigned depth = 0;
    bool in_string = false;
    for (const char *c = json; *c != '\0'; c++) {
        bool opens = !in_string && (*c == '{' || *c == '[');
        bool closes = !in_string && (*c == '}' || *c == ']');
        bool is_empty = opens && (c[1] == '}' || c[1] == ']');
        if (closes && depth-- <= MAX_INDENTED_DEPTH && c[-1] != '{' && c[-1] != '[')
            start_line(text, depth);
        strbuf_add_bytes(text, c, 1);
        if (in_string && *c == '\\' && c[1] != '\0')
            strbuf_add_bytes(text, ++c, 1);
        else if (*c == '"')
            in_string = !in_string;
        if (opens && ++depth <= MAX_INDENTED_DEPTH && !is_empty)
            start_line(text, depth);
        if (!in_string && *c == ',' && depth <= MAX_INDENTED_DEPTH) {
            start_line(text, depth);
            c += c[1] == ' ';
        }
    }
    strbuf_add(text, "\n");
}

static void write_actions(const struct examples *examples, struct strbuf *text)
{
    strbuf_add(text, "[");
    for (size_t i = 0; i < examples->action_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_json_string(text, examples->actions[i], strlen(examples->actions[i]));
    }
    strbuf_add(text, "]");
}

enum status recipe_write(const struct recipe *recipe, const struct examples *examples,
                         struct strbuf *text, struct error *err)
{
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    strbuf_add(&line, "{\"schema\": ");
    triage_schema_write(examples->schema, &line);
    strbuf_printf(&line, ", \"target\": \"%s\", \"end\": %s, \"network\": ",
                  triage_task_names[recipe->task], recipe->with_end ? "true" : "false");
    option_table_write_json(triage_spec_options, &recipe->spec, &line);
    strbuf_add(&line, ", \"training\": ");
    option_table_write_json(triage_training_options, &recipe->training, &line);
    strbuf_add(&line, ", \"actions\": ");
    write_actions(examples, &line);
    if (recipe->rename) {
        strbuf_add(&line, ", \"rename\": ");
        json_write(&line, recipe->rename, MAX_DIGITS);
    }
    strbuf_add(&line, recipe->trim ? ", \"trim\": true}" : "}");
    bool has_failed = line.has_failed;
    if (!has_failed)
        indent(line.bytes, text);
    strbuf_release(&line);
    return has_failed || text->has_failed ? error_no_memory(err) : STATUS_OK;
}
