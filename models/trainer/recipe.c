/* See recipe.h. */
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"

/* clang-format off */
const struct option_def task_options[] = {
    {"target", OPTION_CHOICE, offsetof(struct recipe, target), "last", 0, 0, triage_task_names, "what is learnt: the action at the end, the next event, the action after every event"},
    {"end", OPTION_SWITCH, offsetof(struct recipe, end), "true", 0, 0, NULL, "target next: also learn that no event follows, as \"end_of_history\""},
    {NULL, OPTION_SWITCH, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static const char *const known[] = {"schema",   "target",  "end", "network",
                                    "training", "actions", NULL};

enum status recipe_init(struct recipe *recipe, struct arena *arena, struct error *err)
{
    const struct option_table sets[] = {
        {"task", task_options, recipe, arena, NULL},
        {"network", triage_spec_options, &recipe->spec, arena, NULL},
        {"training", triage_training_options, &recipe->training, arena, NULL},
    };
    enum status status = STATUS_OK;

    memset(recipe, 0, sizeof *recipe);
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++)
        status = option_table_set_defaults(&sets[i], err);
    return status;
}

void recipe_release(struct recipe *recipe)
{
    json_decref(recipe->schema);
    json_decref(recipe->actions);
    recipe->schema = recipe->actions = NULL;
}

/* A part of the recipe into its struct. */
static enum status apply(const json_t *object, const char *key,
                         const struct option_table *set, struct error *err)
{
    const json_t *part = json_object_get(object, key);
    char where[32];

    if (part == NULL)
        return STATUS_OK;
    return option_table_read_json(set, part, pointer_join(where, sizeof where, "", key),
                                  err);
}

/* target and end stand at the top, beside parts that are no settings. */
static enum status apply_task(const json_t *object, const struct option_table *set,
                              struct error *err)
{
    json_t *task = json_object();
    enum status status = task == NULL ? error_no_memory(err) : STATUS_OK;

    for (const struct option_def *field = task_options;
         status == STATUS_OK && field->name != NULL; field++) {
        json_t *value = json_object_get(object, field->name);
        if (value != NULL && json_object_set(task, field->name, value) != 0)
            status = error_no_memory(err);
    }
    if (status == STATUS_OK)
        status = option_table_read_json(set, task, "", err);
    json_decref(task);
    return status;
}

static enum status apply_all(struct recipe *recipe, const json_t *object,
                             struct arena *arena, struct error *err)
{
    const struct option_table task = {"task", task_options, recipe, arena, NULL};
    const struct option_table network = {"network", triage_spec_options, &recipe->spec,
                                         arena, NULL};
    const struct option_table training = {"training", triage_training_options,
                                          &recipe->training, arena, NULL};
    enum status status = json_check_keys(
        object, known, "schema, target, end, network, training, actions", "", err);

    if (status == STATUS_OK)
        status = apply_task(object, &task, err);
    if (status == STATUS_OK)
        status = apply(object, "network", &network, err);
    if (status == STATUS_OK)
        status = apply(object, "training", &training, err);
    if (status != STATUS_OK)
        return status;
    recipe->schema = json_incref(json_object_get(object, "schema"));
    recipe->actions = json_incref(json_object_get(object, "actions"));
    return STATUS_OK;
}

enum status recipe_read(struct recipe *recipe, const char *path, struct arena *arena,
                        struct error *err)
{
    struct error inner = {0};
    char *bytes;
    size_t length;
    json_t *object;
    enum status status = file_read(path, 64u << 20, &bytes, &length, err);

    if (status != STATUS_OK)
        return status;
    object = json_read(bytes, length, &inner);
    free(bytes);
    if (object == NULL)
        status = inner.status == STATUS_BAD_JSON
                     ? error_set(err, inner.status, "", "line %u, column %u: %s",
                                 inner.line, inner.column, inner.text)
                     : error_no_memory(err);
    else if (!json_is_object(object))
        status = error_mismatch(err, STATUS_BAD_INPUT, "", "an object", json_kind(object),
                                "a recipe must be an object");
    else
        status = apply_all(recipe, object, arena, err);
    json_decref(object);
    return status;
}

enum { DEPTH_BROKEN = 3 }; /* deeper than that all stands on one line: a field, a list */

static void break_line(struct strbuf *text, unsigned depth)
{
    strbuf_printf(text, "\n%*s", 2 * (int)depth, "");
}

/* Lay out JSON that was written on one line, touching no number. */
static void write_indented(const char *json, struct strbuf *text)
{
    unsigned depth = 0;
    bool is_string = false;

    for (const char *c = json; *c != '\0'; c++) {
        bool opens = !is_string && (*c == '{' || *c == '[');
        bool closes = !is_string && (*c == '}' || *c == ']');
        bool is_empty = opens && (c[1] == '}' || c[1] == ']');
        if (closes && depth-- <= DEPTH_BROKEN && c[-1] != '{' && c[-1] != '[')
            break_line(text, depth);
        strbuf_add_bytes(text, c, 1);
        if (is_string && *c == '\\' && c[1] != '\0')
            strbuf_add_bytes(text, ++c, 1);
        else if (*c == '"')
            is_string = !is_string;
        if (opens && ++depth <= DEPTH_BROKEN && !is_empty)
            break_line(text, depth);
        if (!is_string && *c == ',' && depth <= DEPTH_BROKEN) {
            break_line(text, depth);
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
                  triage_task_names[recipe->target], recipe->end ? "true" : "false");
    option_table_write_json(triage_spec_options, &recipe->spec, &line);
    strbuf_add(&line, ", \"training\": ");
    option_table_write_json(triage_training_options, &recipe->training, &line);
    strbuf_add(&line, ", \"actions\": ");
    write_actions(examples, &line);
    strbuf_add(&line, "}");
    bool is_whole = !line.has_failed;
    if (is_whole)
        write_indented(line.bytes, text);
    strbuf_release(&line);
    return is_whole && !text->has_failed ? STATUS_OK : error_no_memory(err);
}
