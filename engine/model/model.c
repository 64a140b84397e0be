/* See model.h and the parts of engine.h that look into a model. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "trainer.h"

enum { ACTIONS_MOST = 65536 };

const char *const triage_task_names[] = {
    [TASK_LAST] = "last", [TASK_NEXT] = "next", [TASK_EVERY] = "every", NULL};

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

void triage_model_free(struct model *model)
{
    if (model == NULL)
        return;
    if (model->fold != NULL)
        model->packed_weights_free(model->fold);
    json_decref(model->golden);
    free(model->params);
    triage_schema_free(model->schema);
    arena_release(&model->arena);
    free(model);
}

enum status model_check_task(const struct model *model, struct error *err)
{
    if (model->target == TASK_LAST || model->spec.directions == 1)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
        "with the target \"%s\" a second direction would see the future",
        triage_task_names[model->target]);
}

/* A copy of a name, and the same as JSON. */
static bool keep_action(struct model *model, size_t i, const char *name)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    strbuf_json_string(&text, name, strlen(name));
    model->actions[i] = arena_text(&model->arena, name, strlen(name));
    model->action_texts[i] =
        text.has_failed ? NULL : arena_text(&model->arena, text.bytes, text.length);
    strbuf_release(&text);
    return model->actions[i] != NULL && model->action_texts[i] != NULL;
}

enum status model_set_actions(struct model *model, const char *const *actions,
                              size_t count, struct error *err)
{
    struct strmap names;
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
        strmap_init(&names, model->actions, model->action_count, &model->arena, &twice);
    return status == STATUS_OK ? status
                               : error_set(err, status, "/actions", "%s", twice.text);
}

enum status model_set_report(struct model *model, const json_t *report, struct error *err)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    json_write(&text, report, 9);
    model->report =
        text.has_failed ? NULL : arena_text(&model->arena, text.bytes, text.length);
    strbuf_release(&text);
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

const struct schema *triage_model_schema(const struct model *model)
{
    return model->schema;
}

const char *triage_model_digest(const struct model *model)
{
    return model->digest;
}

size_t triage_model_actions(const struct model *model)
{
    return model->action_count;
}

const char *triage_model_action(const struct model *model, size_t action)
{
    return model->actions[action];
}

enum task triage_model_task(const struct model *model)
{
    return model->target;
}

size_t triage_model_state_size(const struct model *model)
{
    return (size_t)model->spec.directions * model->spec.hidden;
}

const struct spec *triage_model_spec(const struct model *model)
{
    return &model->spec;
}

size_t triage_model_categories(const struct model *model)
{
    return model->schema->categories;
}

size_t triage_model_inputs(const struct model *model)
{
    return schema_inputs(model->schema);
}

bool triage_model_has_golden(const struct model *model)
{
    return model->golden != NULL;
}

size_t triage_model_tensor_count(const struct model *model)
{
    return model->layout.count;
}

struct tensor_view triage_model_tensor(const struct model *model, size_t index)
{
    const struct tensor *tensor = &model->layout.tensors[index];

    return (struct tensor_view){tensor->name, model_floats(model, tensor), tensor->rows,
                                tensor->columns, tensor->is_vector};
}

void triage_model_describe(const struct model *model, struct strbuf *text)
{
    struct spec spec = model->spec;
    const struct option_table network = {NULL, spec_options, &spec, NULL, NULL};

    strbuf_printf(text, "{\"numerics\": %d, \"schema\": ", model->numerics);
    triage_schema_write(model->schema, text);
    strbuf_add(text, ", \"network\": ");
    option_table_write_json(&network, text);
    strbuf_printf(text, ", \"target\": \"%s\", \"actions\": [",
                  triage_task_names[model->target]);
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_json_string(text, model->actions[i], strlen(model->actions[i]));
    }
    strbuf_add(text, "], \"temperature\": ");
    strbuf_float(text, model->temperature);
    if (model->report != NULL) {
        strbuf_add(text, ", \"report\": ");
        strbuf_add(text, model->report);
    }
    strbuf_add(text, "}");
}
