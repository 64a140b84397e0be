/* See trained_model.h. */
#include "model/trained_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "trainer.h"

enum { ACTIONS_MOST = 65536 };

const char *const triage_task_names[] = {
    [TASK_LAST] = "last", [TASK_NEXT] = "next", [TASK_EVERY] = "every", NULL};

struct trained_model *trained_model_new(struct error *err)
{
    struct trained_model *model = calloc(1, sizeof *model);

    if (model == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&model->arena, SIZE_MAX);
    model->temperature = 1.0f;
    model->numerics = NUMERICS;
    return model;
}

void trained_model_free(struct trained_model *model)
{
    if (model == NULL)
        return;
    json_decref(model->golden);
    free(model->params);
    triage_schema_free(model->schema);
    arena_release(&model->arena);
    free(model);
}

enum status trained_model_check_task(const struct trained_model *model, struct error *err)
{
    if (model->task == TASK_LAST || model->spec.directions == 1)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
        "with the target \"%s\" a second direction would see the future",
        triage_task_names[model->task]);
}

/* A copy of a name, and the same as JSON. */
static bool keep_action(struct trained_model *model, size_t i, const char *name)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    strbuf_json_string(&text, name, strlen(name));
    model->actions[i] = arena_string(&model->arena, name, strlen(name));
    model->action_texts[i] =
        text.has_failed ? NULL : arena_string(&model->arena, text.bytes, text.length);
    strbuf_release(&text);
    return model->actions[i] != NULL && model->action_texts[i] != NULL;
}

enum status trained_model_set_actions(struct trained_model *model,
                                      const char *const *actions, size_t count,
                                      struct error *err)
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

enum status trained_model_set_report(struct trained_model *model, const json_t *report,
                                     struct error *err)
{
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    json_write(&text, report, 9);
    model->report =
        text.has_failed ? NULL : arena_string(&model->arena, text.bytes, text.length);
    strbuf_release(&text);
    return model->report != NULL ? STATUS_OK : error_no_memory(err);
}

enum status trained_model_allocate(struct trained_model *model, struct error *err)
{
    enum status status = tensors_init(&model->tensors, &model->spec, model->schema,
                                      model->action_count, &model->arena, err);

    if (status != STATUS_OK)
        return status;
    model->params = tensors_zeros(&model->tensors);
    return model->params != NULL ? STATUS_OK : error_no_memory(err);
}

void trained_model_describe(const struct trained_model *model, struct strbuf *text)
{
    strbuf_printf(text, "{\"numerics\": %d, \"schema\": ", model->numerics);
    triage_schema_write(model->schema, text);
    strbuf_add(text, ", \"network\": ");
    option_table_write_json(triage_spec_options, &model->spec, text);
    strbuf_printf(text, ", \"target\": \"%s\", \"actions\": [",
                  triage_task_names[model->task]);
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
