/* The model of train --from: its settings, and what the report says of it. */
#include "starting_model.h"

#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "base/printable.h"
#include "base/strbuf.h"
#include "data/common/messages.h"
#include "evaluation.h"

enum { MAX_LISTED = 20 /* actions in a message */, NAME_BYTES = 1024 };

/*
 * Refuse a model that does not say what its weights are for, and read from its report the names of
 * inputs that its training has left out.
 */
static enum status read_description(struct starting_model *from, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_model_describe(from->model, &text);
    json_t *description =
        text.has_failed ? NULL : json_read(text.bytes, text.length, NULL);
    strbuf_release(&text);
    if (!description)
        return error_no_memory(err);
    if (json_integer_value(json_object_get(description, "numerics")) == 0) {
        json_decref(description);
        return error_set(
            err, STATUS_BAD_INPUT, "/numerics",
            "the model does not say which \"numerics\" its weights are for, so "
            "it cannot be trained further: it is old, or from another program");
    }
    const json_t *report = json_object_get(description, "report");
    const json_t *inputs = json_object_get(json_object_get(report, "notes"), "inputs");
    json_t *names = json_object_get(inputs, "left_out"), *name;
    bool is_list = json_is_array(names);
    size_t i;
    json_array_foreach(names, i, name)
    {
        is_list = is_list && json_is_string(name);
    }
    from->left_out = is_list ? json_incref(names) : NULL;
    json_decref(description);
    return STATUS_OK;
}

enum status starting_model_load(struct starting_model *from, const char *path,
                                struct error *err)
{
    *from = (struct starting_model){.path = path};
    from->model = triage_model_load(path, err);
    return from->model ? read_description(from, err) : err->status;
}

void starting_model_release(struct starting_model *from)
{
    triage_model_free(from->model);
    json_decref(from->left_out);
    *from = (struct starting_model){.path = NULL};
}

/* TASK_NEXT: is the end of a history one of the actions? */
static bool predicts_end(const struct model *model)
{
    for (size_t i = 0; i < triage_model_actions(model); i++)
        if (strcmp(triage_model_action(model, i), END_OF_HISTORY) == 0)
            return true;
    return false;
}

void starting_model_use(const struct starting_model *from, struct recipe *recipe)
{
    recipe->spec = *triage_model_spec(from->model);
    recipe->task = triage_model_task(from->model);
    recipe->training.members = triage_model_members(from->model);
    if (triage_task_labels((enum task)recipe->task) == TASK_NEXT)
        recipe->with_end = predicts_end(from->model);
}

/* Has the recipe another value of an option than the model?  Both are structs of the option's table. */
static enum status check_option(const struct starting_model *from,
                                const struct option_def *option, const void *ours,
                                const void *of_model, struct error *err)
{
    char flag[OPTION_NAME_SIZE];
    struct strbuf texts[2]; /* {"hidden": 8} */
    enum status status = STATUS_OK;
    bool is_same = option_table_compare(option, ours, of_model, texts);
    option_flag(option, flag);
    if (texts[0].has_failed || texts[1].has_failed)
        status = error_no_memory(err);
    else if (!is_same)
        status = error_set(err, STATUS_BAD_OPTION, flag,
                           "%.*s is given, but %.100s has %.*s, which stays",
                           (int)texts[0].length - 2, texts[0].bytes + 1, from->path,
                           (int)texts[1].length - 2, texts[1].bytes + 1);
    strbuf_release(&texts[0]);
    strbuf_release(&texts[1]);
    return status;
}

enum status starting_model_check(const struct starting_model *from,
                                 const struct recipe *recipe, struct error *err)
{
    struct recipe own = *recipe;
    starting_model_use(from, &own);
    if (recipe->schema || recipe->actions)
        return error_set(
            err, STATUS_BAD_OPTION, "--recipe",
            "a recipe with schema or actions cannot be used with --from: "
            "they are those of the model, and grow by what is new in the data");
    for (const struct option_def *option = task_options; option->name; option++)
        RETURN_IF_ERROR(check_option(from, option, recipe, &own, err));
    for (const struct option_def *option = triage_spec_options; option->name; option++)
        RETURN_IF_ERROR(check_option(from, option, &recipe->spec, &own.spec, err));
    const struct option_def *option = triage_training_options;
    while (strcmp(option->name, "members") != 0)
        option++;
    return check_option(from, option, &recipe->training, &own.training, err);
}

/*
 * The file's name without its folder, so that the bytes of a model do not depend on the folder.  Bytes
 * that JSON cannot hold are escaped.
 */
static void write_file_name(const char *path, char *buffer, size_t size)
{
    const char *slash = strrchr(path, '/');
    (void)printable_copy(buffer, size, slash ? slash + 1 : path);
}

enum status starting_model_note(const struct starting_model *from,
                                const struct examples *examples, json_t **notes,
                                struct error *err)
{
    size_t known = triage_model_actions(from->model), count = examples->action_count;
    char file[NAME_BYTES];
    struct strbuf line;
    write_file_name(from->path, file, sizeof file);
    strbuf_init(&line, SIZE_MAX);
    strbuf_printf(&line, "going on from the weights of %s", from->path);
    for (size_t i = known; i < count && i < known + MAX_LISTED; i++)
        strbuf_printf(&line, "%s %s", i == known ? "; new actions:" : ",",
                      examples->actions[i]);
    if (count > known + MAX_LISTED)
        strbuf_printf(&line, " and %zu more", count - known - MAX_LISTED);
    if (!line.has_failed)
        print_clean("%s", line.bytes);
    bool has_failed = line.has_failed;
    strbuf_release(&line);
    *notes = json_pack("{s:{s:s, s:s}}", "from", "file", file, "digest",
                       triage_model_digest(from->model));
    if (*notes && from->left_out) /* for a training that goes on from this one */
        has_failed =
            json_object_set_new(*notes, "inputs",
                                json_pack("{s:O}", "left_out", from->left_out)) != 0 ||
            has_failed;
    return has_failed || !*notes ? error_no_memory(err) : STATUS_OK;
}
