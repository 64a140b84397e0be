/*
 * A model file is a safetensors file whose "__metadata__" holds these strings:
 *
 *     "format"    "triage"
 *     "version"   "1"
 *     "model"     the description, a JSON text: {"numerics": 1, "schema": {...},
 *                 "network": {...}, "target": "last" | "next" | "every" | "continue", "actions": [...],
 *                 "temperature": 1.0, "decision": {...}, "report": {...},
 *                 "golden": {"events": [...], "probabilities": [...]}}
 *     "training_..."  optional: training_histories.c
 *
 * and whose tensors are exactly those of tensors.h, all F32 and finite.  "numerics", "target",
 * "temperature", "decision" (decision.h), "report" and "golden" are optional, and so are the settings of "network" that
 * have a default.  The file contains no time of day: the same training gives the same bytes.
 *
 * A model of several networks has "numerics": 2 and "members": their number, from 2 on.  The names of
 * its tensors begin with the member, as in "member.0.rnn.weight_ih_l0": the names of a PyTorch module
 * whose `member` is a ModuleList.  Builds that do not know such models refuse them by their numerics.
 */
#include "model/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "model/safetensors.h"
#include "model/training_histories.h"
#include "trainer.h"

#define FORMAT "triage"
#define VERSION "1"

enum { FLOAT_BYTES = 4, SHAPE_BYTES = 64 };

static enum status bad_format(struct error *err, const char *where, const char *text)
{
    return error_set(err, STATUS_BAD_FORMAT, where, "%s", text);
}

/* ---- reading the description ------------------------------------------------------------- */

static enum status read_actions(struct trained_model *model, const json_t *array,
                                struct error *err)
{
    size_t count = json_array_size(array);
    const char **actions = calloc(count + 1, sizeof *actions);
    if (!actions)
        return error_no_memory(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        actions[i] = json_string_value(json_array_get(array, i));
        if (!actions[i])
            status = bad_format(err, "/actions", "an action must be a string");
    }
    if (status == STATUS_OK)
        status = trained_model_set_actions(model, actions, count, err);
    free(actions);
    return status;
}

static enum status read_network(struct trained_model *model, const json_t *object,
                                struct error *err)
{
    const struct option_table table = {
        .options = triage_spec_options, .values = &model->spec, .arena = &model->arena};
    RETURN_IF_ERROR(option_table_set_defaults(&table, err));
    if (!json_is_object(object))
        return bad_format(err, "/network", "expected an object");
    RETURN_IF_ERROR(option_table_read_json(&table, object, "/network", err));
    const bool has_layers = model->spec.cell == CELL_ATTENTION;
    if (has_layers != (model->numerics == NUMERICS_SELF_ATTENTION))
        return error_set(err, STATUS_BAD_FORMAT, "/network/cell",
                         "\"cell\": \"attention\" and \"numerics\": %d need each other",
                         NUMERICS_SELF_ATTENTION);
    const bool has_head = model->spec.head == HEAD_ATTENTION && !has_layers;
    if (has_head != (model->numerics == NUMERICS_ATTENTION))
        return error_set(err, STATUS_BAD_FORMAT, "/network/head",
                         "\"head\": \"attention\" and \"numerics\": %d need each other",
                         NUMERICS_ATTENTION);
    if ((model->task == TASK_CONTINUE) != (model->numerics == NUMERICS_CONTINUE))
        return error_set(err, STATUS_BAD_FORMAT, "/target",
                         "\"target\": \"continue\" and \"numerics\": %d need each other",
                         NUMERICS_CONTINUE);
    return triage_network_check(&model->spec, model->task, err);
}

static enum status read_numerics(struct trained_model *model, const json_t *numerics,
                                 struct error *err)
{
    json_int_t number = json_integer_value(numerics); /* 0 if there is none */
    if (numerics && (!json_is_integer(numerics) || number < 0 || number > NUMERICS_MOST))
        return error_set(err, STATUS_BAD_FORMAT, "/numerics",
                         "this build supports \"numerics\" up to %d", NUMERICS_MOST);
    model->numerics = (int)number;
    return STATUS_OK;
}

/* A number of members, with the numerics that define the mean of their probabilities. */
static enum status read_members(struct trained_model *model, const json_t *members,
                                struct error *err)
{
    json_int_t count = json_integer_value(members);
    if (members && (!json_is_integer(members) || count < 2 || count > MEMBERS_MOST))
        return error_set(err, STATUS_BAD_FORMAT, "/members",
                         "expected a whole number from 2 to %d", MEMBERS_MOST);
    if (members ? model->numerics < NUMERICS_MEMBERS
                : model->numerics == NUMERICS_MEMBERS)
        return error_set(err, STATUS_BAD_FORMAT, "/members",
                         "\"members\" and \"numerics\": %d need each other",
                         NUMERICS_MEMBERS);
    if (members)
        model->members = (uint32_t)count;
    return STATUS_OK;
}

static enum status read_task(struct trained_model *model, const json_t *target,
                             struct error *err)
{
    if (!target)
        return STATUS_OK;
    const char *name = json_string_value(target);
    for (size_t i = 0; name && triage_task_names[i]; i++)
        if (strcmp(triage_task_names[i], name) == 0) {
            model->task = (enum task)i;
            return STATUS_OK;
        }
    return bad_format(err, "/target",
                      "expected \"last\", \"next\", \"every\" or \"continue\"");
}

static enum status read_temperature(struct trained_model *model,
                                    const json_t *temperature, struct error *err)
{
    if (!temperature)
        return STATUS_OK;
    model->temperature = (float)json_number_value(temperature);
    if (!json_is_number(temperature) || !(model->temperature > 0.0f) ||
        !isfinite(model->temperature) || !isfinite(1.0f / model->temperature))
        return bad_format(err, "/temperature", "expected a number greater than 0");
    return STATUS_OK;
}

static enum status read_decision(struct trained_model *model, const json_t *decision,
                                 struct error *err)
{
    if (!decision)
        return STATUS_OK;
    return decision_policy_read(&model->decision, decision, "/decision", model->actions,
                                model->action_count, &model->arena, err);
}

static enum status read_report(struct trained_model *model, const json_t *report,
                               struct error *err)
{
    if (!report)
        return STATUS_OK;
    if (!json_is_object(report))
        return bad_format(err, "/report", "expected an object");
    return trained_model_set_report(model, report, err);
}

static enum status read_golden(struct trained_model *model, json_t *golden,
                               struct error *err)
{
    if (!golden)
        return STATUS_OK;
    if (!json_is_object(golden) ||
        json_array_size(json_object_get(golden, "probabilities")) != model->action_count)
        return bad_format(err, "/golden/probabilities", "expected one number per action");
    model->golden = json_incref(golden);
    return STATUS_OK;
}

static enum status check_member(const json_t *object, const char *key, struct error *err)
{
    char where[32];
    if (json_object_get(object, key))
        return STATUS_OK;
    return error_set(err, STATUS_BAD_FORMAT, pointer_join(where, sizeof where, "", key),
                     "\"%s\" is missing in the description of the model", key);
}

/* err is not NULL. */
static enum status read_description(struct trained_model *model, const json_t *object,
                                    struct error *err)
{
    if (!json_is_object(object))
        return bad_format(err, "", "\"model\" in the metadata is not a JSON object");
    static const char *const required[] = {"schema", "network", "actions", NULL};
    for (size_t i = 0; required[i]; i++)
        RETURN_IF_ERROR(check_member(object, required[i], err));
    RETURN_IF_ERROR(read_numerics(model, json_object_get(object, "numerics"), err));
    RETURN_IF_ERROR(read_members(model, json_object_get(object, "members"), err));
    RETURN_IF_ERROR(read_task(model, json_object_get(object, "target"), err));
    RETURN_IF_ERROR(read_temperature(model, json_object_get(object, "temperature"), err));
    model->schema = triage_schema_read(json_object_get(object, "schema"), "/schema", err);
    if (!model->schema)
        return err->status;
    RETURN_IF_ERROR(read_network(model, json_object_get(object, "network"), err));
    RETURN_IF_ERROR(read_actions(model, json_object_get(object, "actions"), err));
    RETURN_IF_ERROR(read_decision(model, json_object_get(object, "decision"), err));
    RETURN_IF_ERROR(read_report(model, json_object_get(object, "report"), err));
    return read_golden(model, json_object_get(object, "golden"), err);
}

/* The metadata is that of a model that this build reads. */
static enum status check_format(const struct safetensors *file, const char *name,
                                struct error *err)
{
    const char *format = json_string_value(json_object_get(file->metadata, "format"));
    const char *version = json_string_value(json_object_get(file->metadata, "version"));
    if (format && strcmp(format, "pt") == 0)
        return bad_format(
            err, name,
            "weights of PyTorch (\"format\": \"pt\"), which have no schema: "
            "not a \"" FORMAT "\" model");
    if (!format || strcmp(format, FORMAT) != 0 ||
        !json_object_get(file->metadata, "model"))
        return bad_format(
            err, name, "the metadata has no \"format\": \"" FORMAT "\" with a \"model\"");
    if (!version || strcmp(version, VERSION) != 0)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "format version \"%.16s\", this build reads \"" VERSION "\"",
                         version ? version : "");
    return STATUS_OK;
}

static enum status read_metadata(struct trained_model *model,
                                 const struct safetensors *file, const char *name,
                                 struct error *err)
{
    RETURN_IF_ERROR(check_format(file, name, err));
    const json_t *text = json_object_get(file->metadata, "model");
    struct error inner = {0};
    json_t *description =
        json_read(json_string_value(text), json_string_length(text), &inner);
    if (!description && inner.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (!description)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "\"model\" in the metadata, line %u: %s", inner.line,
                         inner.text);
    enum status status = read_description(model, description, err);
    json_decref(description);
    if (status == STATUS_OK)
        status = training_histories_read(model, file->metadata, err);
    return status;
}

/* ---- reading the tensors ----------------------------------------------------------------- */

/* Write the shape of a tensor, and return its rank. */
static size_t tensor_shape(const struct tensor *tensor, uint64_t shape[2])
{
    shape[0] = tensor->rows;
    shape[1] = tensor->columns;
    return tensor->is_vector ? 1 : 2;
}

/* "[192][64]" */
static void format_shape(const uint64_t *shape, size_t rank, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "[%llu]",
                                 (unsigned long long)shape[i]);
}

/* name is that in the file. */
static enum status check_tensor(const char *name, const struct tensor *tensor,
                                const struct stored_tensor *stored, struct error *err)
{
    if (!stored)
        return bad_format(err, name, "tensor is missing");
    if (strcmp(stored->dtype, "F32") != 0)
        return error_mismatch(err, STATUS_BAD_FORMAT, name, "F32", stored->dtype,
                              "tensor has dtype %s, expected F32", stored->dtype);
    uint64_t shape[2];
    size_t rank = tensor_shape(tensor, shape);
    if (stored->rank == rank && memcmp(stored->shape, shape, rank * sizeof *shape) == 0)
        return STATUS_OK;
    char expected[SHAPE_BYTES], received[SHAPE_BYTES];
    format_shape(shape, rank, expected, sizeof expected);
    format_shape(stored->shape, stored->rank, received, sizeof received);
    return error_mismatch(err, STATUS_BAD_FORMAT, name, expected, received,
                          "tensor has shape %s, expected %s", received, expected);
}

static float read_f32(const unsigned char *bytes)
{
    uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                    (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* index is one of model->names. */
static enum status copy_tensor(struct trained_model *model, size_t index,
                               const struct stored_tensor *stored, struct error *err)
{
    const struct tensor *tensor = &model->tensors.items[index % model->tensors.count];
    float *floats = trained_model_floats_at(model, index);
    for (size_t i = 0; i < (size_t)tensor->rows * tensor->columns; i++) {
        floats[i] = read_f32(stored->data + FLOAT_BYTES * i);
        if (!isfinite(floats[i]))
            return error_set(err, STATUS_BAD_FORMAT, model->names[index],
                             "element %zu is not finite", i);
    }
    return STATUS_OK;
}

/* Check all shapes first, so that a bad file does not cause a large allocation. */
static enum status read_tensors(struct trained_model *model,
                                const struct safetensors *file, struct error *err)
{
    RETURN_IF_ERROR(trained_model_list_tensors(model, err));
    const struct tensor_list *tensors = &model->tensors;
    size_t count = model->members * tensors->count;
    const struct stored_tensor **stored =
        arena_array(&model->arena, count, sizeof *stored);
    if (!stored)
        return error_no_memory(err);
    for (size_t i = 0; i < file->count; i++) {
        size_t index = trained_model_find(model, file->tensors[i].name);
        if (index == SIZE_MAX)
            return bad_format(err, file->tensors[i].name,
                              "the network has no such tensor");
        stored[index] = &file->tensors[i];
    }
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(check_tensor(model->names[i], &tensors->items[i % tensors->count],
                                     stored[i], err));
    RETURN_IF_ERROR(trained_model_allocate(model, err));
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(copy_tensor(model, i, stored[i], err));
    return STATUS_OK;
}

/* ---- files ------------------------------------------------------------------------------- */

static enum status read_file(struct trained_model *model, const char *name,
                             const unsigned char *bytes, size_t length, struct error *err)
{
    struct safetensors file;
    RETURN_IF_ERROR(safetensors_read(&file, name, bytes, length, err));
    enum status status = read_metadata(model, &file, name, err);
    if (status == STATUS_OK)
        status = read_tensors(model, &file, err);
    safetensors_release(&file);
    return status;
}

enum status model_file_check_header(const char *name, const unsigned char *bytes,
                                    size_t length, struct error *err)
{
    struct safetensors file;
    RETURN_IF_ERROR(safetensors_read(&file, name, bytes, length, err));
    enum status status = check_format(&file, name, err);
    safetensors_release(&file);
    return status;
}

struct trained_model *model_file_read(const char *name, const unsigned char *bytes,
                                      size_t length, struct error *err)
{
    struct trained_model *model = trained_model_new(err);
    if (!model)
        return NULL;
    /* A part of the file may fail with another status; the caller gets STATUS_BAD_FORMAT. */
    struct error inner = {0};
    enum status status = read_file(model, name, bytes, length, &inner);
    if (status == STATUS_NO_MEMORY)
        error_no_memory(err);
    else if (status != STATUS_OK)
        error_mismatch(err, STATUS_BAD_FORMAT, inner.where, inner.expected,
                       inner.received, "%s", inner.text);
    if (status != STATUS_OK) {
        trained_model_free(model);
        return NULL;
    }
    char hex[SHA256_HEX];
    sha256_hex(bytes, length, hex);
    snprintf(model->digest, sizeof model->digest, "sha256:%s", hex);
    return model;
}

void model_file_describe(const struct trained_model *model, struct strbuf *out)
{
    strbuf_printf(out, "{\"numerics\": %d, ", model->numerics);
    if (model->members > 1)
        strbuf_printf(out, "\"members\": %u, ", (unsigned)model->members);
    strbuf_add(out, "\"schema\": ");
    triage_schema_write(model->schema, out);
    strbuf_add(out, ", \"network\": ");
    option_table_write_json(triage_spec_options, &model->spec, out);
    strbuf_printf(out, ", \"target\": \"%s\", \"actions\": [",
                  triage_task_names[model->task]);
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        strbuf_add(out, model->action_texts[i]);
    }
    strbuf_add(out, "], \"temperature\": ");
    strbuf_float(out, model->temperature);
    if (model->decision.exists) {
        strbuf_add(out, ", \"decision\": ");
        decision_policy_write(&model->decision, model->action_texts, model->action_count,
                              out);
    }
    if (model->report) {
        strbuf_add(out, ", \"report\": ");
        strbuf_add(out, model->report);
    }
    strbuf_add(out, "}");
}

static void write_metadata(const struct trained_model *model, const char *golden,
                           struct strbuf *out)
{
    struct strbuf description;
    strbuf_init(&description, SIZE_MAX);
    model_file_describe(model, &description);
    if (golden && !description.has_failed) {
        description.length--; /* remove the closing brace */
        strbuf_printf(&description, ", \"golden\": %s}", golden);
    }
    strbuf_add(out, "\"__metadata__\":{\"format\":\"" FORMAT "\",\"version\":\"" VERSION
                    "\",\"model\":");
    if (!description.has_failed)
        strbuf_json_string(out, description.bytes, description.length);
    out->has_failed = out->has_failed || description.has_failed;
    training_histories_write(model, out);
    strbuf_add(out, "}");
    strbuf_release(&description);
}

/* index is one of model->names. */
static void write_tensor(const struct trained_model *model, size_t index,
                         struct strbuf *out)
{
    const struct tensor *tensor = &model->tensors.items[index % model->tensors.count];
    const float *floats = trained_model_floats_at(model, index);
    for (size_t i = 0; i < (size_t)tensor->rows * tensor->columns; i++) {
        uint32_t bits;
        memcpy(&bits, &floats[i], sizeof bits);
        const char bytes[FLOAT_BYTES] = {(char)(bits & 255), (char)(bits >> 8 & 255),
                                         (char)(bits >> 16 & 255), (char)(bits >> 24)};
        strbuf_add_bytes(out, bytes, sizeof bytes);
    }
}

void model_file_write(const struct trained_model *model, const char *golden,
                      struct strbuf *out)
{
    const struct tensor_list *tensors = &model->tensors;
    safetensors_write_begin(out);
    write_metadata(model, golden, out);
    uint64_t offset = 0;
    for (size_t i = 0; i < model->members * tensors->count; i++) {
        uint64_t shape[2];
        size_t rank = tensor_shape(&tensors->items[i % tensors->count], shape);
        safetensors_write_entry(out, model->names[i], shape, rank, &offset);
    }
    safetensors_write_end(out);
    for (size_t i = 0; i < model->members * tensors->count; i++)
        write_tensor(model, i, out);
}
