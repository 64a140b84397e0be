/*
 * Building a trained model, for the trainer and for the reader of model files.
 */
#include "model/trained_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "trainer.h"

enum { MAX_ACTIONS = 65536, REPORT_DIGITS = 9, NAME_BYTES = 384 };

const char *const triage_task_names[] = {[TASK_LAST] = "last",
                                         [TASK_NEXT] = "next",
                                         [TASK_EVERY] = "every",
                                         [TASK_CONTINUE] = "continue",
                                         NULL};

struct trained_model *trained_model_new(struct error *err)
{
    struct trained_model *model = calloc(1, sizeof *model);
    if (!model) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&model->arena, SIZE_MAX);
    model->temperature = 1.0f;
    model->numerics = NUMERICS;
    model->members = 1;
    return model;
}

void trained_model_free(struct trained_model *model)
{
    if (!model)
        return;
    json_decref(model->golden);
    free(model->params);
    triage_schema_free(model->schema);
    arena_release(&model->arena);
    free(model);
}

/* Keys and values of one history: at most 64 MiB; scores of one event: a millisecond or so. */
enum { MEMORY_MOST = 1 << 24, SCORES_MOST = 1 << 18 };

static enum status check_self_attention(const struct spec *spec, struct error *err)
{
    const size_t memory = (size_t)2 * spec->layers * spec->window * spec->hidden;
    char heads[24];
    if (spec->directions != 1)
        return error_mismatch(err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
                              "self-attention has 1 direction: an event attends to "
                              "those before it");
    (void)snprintf(heads, sizeof heads, "%u", (unsigned)spec->heads);
    if (spec->hidden % spec->heads != 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/network/heads",
                              "a divisor of the hidden units", heads,
                              "%u hidden units cannot be divided among %u heads",
                              (unsigned)spec->hidden, (unsigned)spec->heads);
    const size_t scores = (size_t)spec->layers * spec->window * spec->heads;
    if (scores > SCORES_MOST)
        return error_set(err, STATUS_TOO_LARGE, "/network/window",
                         "layers x window x heads is %zu, at most %d", scores,
                         SCORES_MOST);
    if (memory > MEMORY_MOST)
        return error_set(err, STATUS_TOO_LARGE, "/network/window",
                         "layers x window x hidden is %zu, at most %d", memory / 2,
                         MEMORY_MOST / 2);
    return STATUS_OK;
}

static enum status check_continue(const struct spec *spec, struct error *err)
{
    if (spec->cell == CELL_ATTENTION)
        return error_mismatch(
            err, STATUS_BAD_INPUT, "/network/cell", "rnn, lstm or gru", "attention",
            "the target \"continue\" needs a recurrent cell, whose state "
            "the decoder begins with");
    if (spec->head == HEAD_ATTENTION)
        return error_mismatch(err, STATUS_BAD_INPUT, "/network/head", "final",
                              "attention",
                              "the target \"continue\" has no attention head");
    return STATUS_OK;
}

enum status triage_network_check(const struct spec *spec, enum task task,
                                 struct error *err)
{
    if (task == TASK_CONTINUE)
        RETURN_IF_ERROR(check_continue(spec, err));
    if (spec->cell == CELL_ATTENTION)
        return check_self_attention(spec, err);
    if (spec->directions == 1)
        return STATUS_OK;
    if (spec->head == HEAD_ATTENTION)
        return error_mismatch(err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
                              "an attention head needs 1 direction, because it reads the "
                              "states as they come");
    if (task == TASK_LAST)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, "/network/directions", "1", "2",
        "the target \"%s\" needs 1 direction, a second one would see the future",
        triage_task_names[task]);
}

static enum status set_action(struct trained_model *model, size_t index, const char *name,
                              struct error *err)
{
    struct strbuf key; /* `, "name": ` */
    strbuf_init(&key, SIZE_MAX);
    strbuf_add(&key, index == 0 ? "" : ", ");
    const size_t before = key.length;
    strbuf_json_string(&key, name, strlen(name));
    const size_t end = key.length;
    strbuf_add(&key, ": ");
    model->actions[index] = arena_string(&model->arena, name, strlen(name));
    if (!key.has_failed) {
        model->action_texts[index] =
            arena_string(&model->arena, key.bytes + before, end - before);
        model->action_keys[index] = arena_string(&model->arena, key.bytes, key.length);
    }
    strbuf_release(&key);
    if (!model->actions[index] || !model->action_texts[index] ||
        !model->action_keys[index])
        return error_no_memory(err);
    return STATUS_OK;
}

enum status trained_model_set_actions(struct trained_model *model,
                                      const char *const *actions, size_t count,
                                      struct error *err)
{
    if (count < 2 || count > MAX_ACTIONS)
        return error_set(err, STATUS_BAD_INPUT, "/actions",
                         "there are %zu actions, expected 2 to %d", count, MAX_ACTIONS);
    model->actions = arena_array(&model->arena, count, sizeof *model->actions);
    model->action_texts = arena_array(&model->arena, count, sizeof *model->action_texts);
    model->action_keys = arena_array(&model->arena, count, sizeof *model->action_keys);
    if (!model->actions || !model->action_texts || !model->action_keys)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(set_action(model, i, actions[i], err));
    model->action_count = (uint32_t)count;

    struct strmap distinct; /* refuses an action that is given twice */
    struct error inner = {0};
    enum status status = strmap_init(&distinct, model->actions, model->action_count,
                                     &model->arena, &inner);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "/actions", "%s", inner.text);
}

enum status trained_model_set_report(struct trained_model *model, const json_t *report,
                                     struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    json_write(&text, report, REPORT_DIGITS);
    if (!text.has_failed)
        model->report = arena_string(&model->arena, text.bytes, text.length);
    strbuf_release(&text);
    return model->report ? STATUS_OK : error_no_memory(err);
}

/* "rnn.weight_hh_l0", or "member.1.rnn.weight_hh_l0" in a model of several members. */
static enum status set_names(struct trained_model *model, struct error *err)
{
    size_t count = model->tensors.count;
    model->names =
        arena_array(&model->arena, model->members * count, sizeof *model->names);
    if (!model->names)
        return error_no_memory(err);
    for (size_t i = 0; i < model->members * count; i++) {
        const char *name = model->tensors.items[i % count].name;
        char full[NAME_BYTES];
        (void)snprintf(full, sizeof full, "member.%zu.%s", i / count, name);
        model->names[i] =
            model->members == 1 ? name : arena_string(&model->arena, full, strlen(full));
        if (!model->names[i])
            return error_no_memory(err);
    }
    return STATUS_OK;
}

static int numerics_of(const struct spec *spec, uint32_t members)
{
    if (spec->cell == CELL_ATTENTION)
        return NUMERICS_SELF_ATTENTION;
    if (spec->head == HEAD_ATTENTION)
        return NUMERICS_ATTENTION;
    return members == 1 ? NUMERICS : NUMERICS_MEMBERS;
}

enum status trained_model_set_members(struct trained_model *model, uint32_t members,
                                      struct error *err)
{
    model->members = members;
    model->numerics = model->task == TASK_CONTINUE ? NUMERICS_CONTINUE
                                                   : numerics_of(&model->spec, members);
    return model->tensors.count == 0 ? STATUS_OK : set_names(model, err);
}

/* The end of a history is an action, and not the name of an event. */
static enum status check_end(const struct trained_model *model, struct error *err)
{
    const struct field *field = schema_find(model->schema, "event");
    bool is_action = false;
    for (uint32_t i = 0; i < model->action_count; i++)
        is_action = is_action || strcmp(model->actions[i], END_OF_HISTORY) == 0;
    if (is_action && field_id(field, END_OF_HISTORY) == SCHEMA_UNKNOWN)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "/actions",
                     "the target \"continue\" needs the action \"" END_OF_HISTORY
                     "\", which is no event");
}

/* A schema of the field "event" alone, which shares the memory of the model's schema. */
static enum status make_events(struct trained_model *model, struct error *err)
{
    RETURN_IF_ERROR(check_end(model, err));
    struct schema *events = arena_array(&model->arena, 1, sizeof *events);
    struct field *field = arena_array(&model->arena, 1, sizeof *field);
    if (!events || !field)
        return error_no_memory(err);
    *field = *schema_find(model->schema, "event");
    field->index = 0;
    events->fields = field;
    events->field_count = 1;
    events->categories = 1;
    model->events = events;
    return STATUS_OK;
}

enum status trained_model_list_tensors(struct trained_model *model, struct error *err)
{
    if (model->task == TASK_CONTINUE)
        RETURN_IF_ERROR(make_events(model, err));
    RETURN_IF_ERROR(tensors_init_decoder(&model->tensors, &model->spec, model->schema,
                                         model->events, model->action_count,
                                         &model->arena, err));
    return set_names(model, err);
}

float *trained_model_zeros(const struct trained_model *model)
{
    size_t bytes = model->tensors.floats * model->members * sizeof(float);
    float *block = aligned_alloc(64, bytes);
    if (block)
        memset(block, 0, bytes);
    return block;
}

enum status trained_model_allocate(struct trained_model *model, struct error *err)
{
    if (model->tensors.floats > SIZE_MAX / 64 / model->members)
        return error_set(err, STATUS_TOO_LARGE, "", "the tensors are too large");
    model->params = trained_model_zeros(model);
    return model->params ? STATUS_OK : error_no_memory(err);
}

struct trained_model trained_model_member(const struct trained_model *model,
                                          uint32_t member)
{
    struct trained_model one = *model;
    one.members = 1;
    one.names = model->names + member * model->tensors.count;
    one.params = model->params + member * model->tensors.floats;
    return one;
}

struct trained_model trained_model_encoder(const struct trained_model *model)
{
    struct trained_model encoder = *model;
    encoder.tensors = tensors_of_encoder(&model->tensors);
    return encoder;
}

struct trained_model trained_model_decoder(const struct trained_model *model)
{
    struct trained_model decoder = *model;
    decoder.schema = model->events;
    decoder.tensors = tensors_of_decoder(&model->tensors);
    return decoder;
}

size_t trained_model_find(const struct trained_model *model, const char *name)
{
    size_t count = model->tensors.count;
    unsigned long member = 0;
    if (model->members > 1 && strncmp(name, "member.", 7) == 0)
        member = strtoul(name + 7, NULL, 10);
    for (size_t i = 0; i < count && member < model->members; i++)
        if (strcmp(model->names[member * count + i], name) == 0)
            return member * count + i;
    return SIZE_MAX;
}

float *trained_model_floats_at(const struct trained_model *model, size_t index)
{
    size_t count = model->tensors.count;
    return model->params + index / count * model->tensors.floats +
           model->tensors.items[index % count].offset;
}
