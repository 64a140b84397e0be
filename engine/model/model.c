/* See model.h and the parts of engine.h that look into a model. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/json.h"
#include "trainer.h"

enum { ACTIONS_MOST = 65536 };

const char *const target_names[] = {
    [TARGET_LAST] = "last", [TARGET_NEXT] = "next", [TARGET_EVERY] = "every", NULL};

struct model *model_new(struct error *err)
{
    struct model *model = calloc(1, sizeof *model);

    if (model == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&model->arena, SIZE_MAX);
    model->temperature = 1.0f;
    model->numerics = NUMERICS;
    return model;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    if (model->fold != NULL)
        model->fold_free(model->fold);
    json_decref(model->golden);
    free(model->params);
    schema_free(model->schema);
    arena_release(&model->arena);
    free(model);
}

enum status model_check_target(const struct model *model, struct error *err)
{
    if (model->target == TARGET_LAST || model->spec.directions == 1)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
        "with the target \"%s\" a second direction would see the future",
        target_names[model->target]);
}

/* A copy of a name, and the same as JSON. */
static bool keep_action(struct model *model, size_t i, const char *name)
{
    struct text text;

    text_init(&text, SIZE_MAX);
    text_json(&text, name, strlen(name));
    model->actions[i] = arena_text(&model->arena, name, strlen(name));
    model->action_texts[i] =
        text.has_failed ? NULL : arena_text(&model->arena, text.bytes, text.length);
    text_release(&text);
    return model->actions[i] != NULL && model->action_texts[i] != NULL;
}

enum status model_set_actions(struct model *model, const char *const *actions,
                              size_t count, struct error *err)
{
    struct names names;
    struct error twice = {0};

    if (count < 2 || count > ACTIONS_MOST)
        return error_set(err, STATUS_BAD_INPUT, "/actions",
                         "there are %zu actions, expected 2 to %d", count, ACTIONS_MOST);
    model->actions = arena_array(&model->arena, count, sizeof *model->actions);
    model->action_texts = arena_array(&model->arena, count, sizeof *model->action_texts);
    if (model->actions == NULL || model->action_texts == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (!keep_action(model, i, actions[i]))
            return error_no_memory(err);
    model->action_count = (uint32_t)count;
    enum status status =
        names_init(&names, model->actions, model->action_count, &model->arena, &twice);
    return status == STATUS_OK ? status
                               : error_set(err, status, "/actions", "%s", twice.text);
}

enum status model_set_report(struct model *model, const json_t *report, struct error *err)
{
    struct text text;

    text_init(&text, SIZE_MAX);
    json_write(&text, report, 9);
    model->report =
        text.has_failed ? NULL : arena_text(&model->arena, text.bytes, text.length);
    text_release(&text);
    return model->report != NULL ? STATUS_OK : error_no_memory(err);
}

enum status model_allocate(struct model *model, struct error *err)
{
    enum status status = params_layout(&model->layout, &model->spec, model->schema,
                                       model->action_count, &model->arena, err);

    if (status != STATUS_OK)
        return status;
    model->params = params_new(&model->layout);
    return model->params != NULL ? STATUS_OK : error_no_memory(err);
}

const struct schema *model_schema(const struct model *model)
{
    return model->schema;
}

const char *model_digest(const struct model *model)
{
    return model->digest;
}

size_t model_actions(const struct model *model)
{
    return model->action_count;
}

const char *model_action(const struct model *model, size_t action)
{
    return model->actions[action];
}

enum target model_target(const struct model *model)
{
    return model->target;
}

size_t model_state_size(const struct model *model)
{
    return (size_t)model->spec.directions * model->spec.hidden;
}

const struct spec *model_spec(const struct model *model)
{
    return &model->spec;
}

size_t model_categories(const struct model *model)
{
    return model->schema->categories;
}

size_t model_inputs(const struct model *model)
{
    return schema_inputs(model->schema);
}

bool model_has_golden(const struct model *model)
{
    return model->golden != NULL;
}

size_t model_tensor_count(const struct model *model)
{
    return model->layout.count;
}

struct tensor_view model_tensor(const struct model *model, size_t index)
{
    const struct tensor *tensor = &model->layout.tensors[index];

    return (struct tensor_view){tensor->name, model_floats(model, tensor), tensor->rows,
                                tensor->columns, tensor->is_vector};
}

void model_describe(const struct model *model, struct text *text)
{
    struct spec spec = model->spec;
    const struct field_set network = {NULL, spec_fields, &spec, NULL, NULL};

    text_printf(text, "{\"numerics\": %d, \"schema\": ", model->numerics);
    schema_write(model->schema, text);
    text_add(text, ", \"network\": ");
    fields_write_json(&network, text);
    text_printf(text, ", \"target\": \"%s\", \"actions\": [",
                target_names[model->target]);
    for (uint32_t i = 0; i < model->action_count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        text_json(text, model->actions[i], strlen(model->actions[i]));
    }
    text_add(text, "], \"temperature\": ");
    text_float(text, model->temperature);
    if (model->report != NULL) {
        text_add(text, ", \"report\": ");
        text_add(text, model->report);
    }
    text_add(text, "}");
}
