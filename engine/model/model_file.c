/*
 * See model_file.h.  A model file is a safetensors file (safetensors.c has its byte table)
 * whose __metadata__ holds strings:
 *
 *     "format"    "triage"
 *     "version"   "1"
 *     "model"     a JSON text: {"numerics": 1, "schema": {...}, "network": {...},
 *                 "target": "last" | "next" | "every", "actions": [...], "temperature": 1.0,
 *                 "report": {...}, "golden": {"events": [...], "probabilities": [...]}}
 *
 * and whose tensors are exactly those of params.h, all F32 and finite.  "numerics",
 * "temperature", "target", "report" and "golden" may be left out, and so may settings of the
 * network that have a default.  No clock goes in: the same training gives the same bytes.
 */
#include "model/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_table.h"
#include "model/safetensors.h"
#include "trainer.h"

static enum status bad(struct error *err, const char *where, const char *text)
{
    return error_set(err, STATUS_BAD_FORMAT, where, "%s", text);
}

/* A complaint of another room about a part of the file is about the format here. */
static enum status as_format(enum status status, const struct error *inner,
                             struct error *err)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status == STATUS_OK ? status : error_no_memory(err);
    return error_mismatch(err, STATUS_BAD_FORMAT, inner->where, inner->expected,
                          inner->received, "%s", inner->text);
}

static enum status read_actions(struct trained_model *model, const json_t *array,
                                struct error *err)
{
    size_t count = json_array_size(array);
    const char **actions = calloc(count + 1, sizeof *actions);
    struct error inner = {0};
    enum status status = STATUS_OK;

    if (actions == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        actions[i] = json_string_value(json_array_get(array, i));
        if (actions[i] == NULL)
            status = bad(err, "/actions", "an action's name must be a string");
    }
    if (status == STATUS_OK)
        status = as_format(trained_model_set_actions(model, actions, count, &inner),
                           &inner, err);
    free(actions);
    return status;
}

static enum status read_network(struct trained_model *model, const json_t *object,
                                struct error *err)
{
    const struct option_table set = {"network", triage_spec_options, &model->spec,
                                     &model->arena, NULL};
    struct error inner = {0};
    enum status status = option_table_default(&set, &inner);

    if (status == STATUS_OK && !json_is_object(object))
        return bad(err, "/network", "expected an object");
    if (status == STATUS_OK)
        status = option_table_read_json(&set, object, "/network", &inner);
    return as_format(status, &inner, err);
}

static enum status read_schema(struct trained_model *model, const json_t *object,
                               struct error *err)
{
    struct error inner = {0};

    model->schema = triage_schema_read(object, "/schema", &inner);
    return model->schema != NULL ? STATUS_OK : as_format(inner.status, &inner, err);
}

/* text may be NULL: no string. */
static bool find_target(const char *text, enum task *target)
{
    for (size_t i = 0; text != NULL && triage_task_names[i] != NULL; i++)
        if (strcmp(triage_task_names[i], text) == 0) {
            *target = (enum task)i;
            return true;
        }
    return false;
}

static enum status read_numbers(struct trained_model *model, const json_t *text,
                                struct error *err)
{
    const json_t *numerics = json_object_get(text, "numerics");
    const json_t *target = json_object_get(text, "target");
    const json_t *temperature = json_object_get(text, "temperature");

    if (numerics != NULL &&
        (!json_is_integer(numerics) || json_integer_value(numerics) < 0 ||
         json_integer_value(numerics) > NUMERICS))
        return error_set(
            err, STATUS_BAD_FORMAT, "/numerics",
            "the file's numbers are of another definition, this build has %d", NUMERICS);
    model->numerics = (int)json_integer_value(numerics); /* 0 if there is none */
    if (target != NULL && !find_target(json_string_value(target), &model->task))
        return bad(err, "/target", "expected \"last\", \"next\" or \"every\"");
    if (temperature != NULL) {
        model->temperature = (float)json_number_value(temperature);
        if (!json_is_number(temperature) || !(model->temperature > 0.0f) ||
            !isfinite(model->temperature) || !isfinite(1.0f / model->temperature))
            return bad(err, "/temperature", "expected a number greater than 0");
    }
    return STATUS_OK;
}

static enum status keep_report(struct trained_model *model, const json_t *report,
                               struct error *err)
{
    if (report == NULL)
        return STATUS_OK;
    if (!json_is_object(report))
        return bad(err, "/report", "expected an object");
    return trained_model_set_report(model, report, err);
}

static enum status keep_golden(struct trained_model *model, json_t *golden,
                               struct error *err)
{
    if (golden == NULL)
        return STATUS_OK;
    if (!json_is_object(golden) ||
        json_array_size(json_object_get(golden, "probabilities")) != model->action_count)
        return bad(err, "/golden/probabilities", "expected one number per action");
    model->golden = json_incref(golden);
    return STATUS_OK;
}

static enum status read_description(struct trained_model *model, const json_t *text,
                                    struct error *err)
{
    struct error inner = {0};
    enum status status;

    if (!json_is_object(text))
        return bad(err, "", "the metadata's \"model\" is not a JSON object");
    if ((status = read_numbers(model, text, err)) != STATUS_OK ||
        (status = read_schema(model, json_object_get(text, "schema"), err)) !=
            STATUS_OK ||
        (status = read_network(model, json_object_get(text, "network"), err)) !=
            STATUS_OK ||
        (status = as_format(trained_model_check_task(model, &inner), &inner, err)) !=
            STATUS_OK ||
        (status = read_actions(model, json_object_get(text, "actions"), err)) !=
            STATUS_OK ||
        (status = keep_report(model, json_object_get(text, "report"), err)) != STATUS_OK)
        return status;
    return keep_golden(model, json_object_get(text, "golden"), err);
}

static enum status read_metadata(struct trained_model *model,
                                 const struct safetensors *file, const char *name,
                                 struct error *err)
{
    const char *format = json_string_value(json_object_get(file->metadata, "format"));
    const char *version = json_string_value(json_object_get(file->metadata, "version"));
    const json_t *description = json_object_get(file->metadata, "model");
    struct error inner = {0};
    json_t *text;
    enum status status;

    if (format == NULL || strcmp(format, "triage") != 0 || description == NULL)
        return bad(err, name,
                   "the metadata has no \"format\": \"triage\" with a \"model\"");
    if (version == NULL || strcmp(version, "1") != 0)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "version \"%.16s\" of the format, this build reads \"1\"",
                         version == NULL ? "" : version);
    text = json_read(json_string_value(description), json_string_length(description),
                     &inner);
    if (text == NULL && inner.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (text == NULL)
        return error_set(err, STATUS_BAD_FORMAT, name,
                         "the metadata's \"model\", line %u: %s", inner.line, inner.text);
    status = read_description(model, text, err);
    json_decref(text);
    return status;
}

static void shape_text(const uint64_t *shape, size_t rank, char *room, size_t size)
{
    size_t used = 0;

    room[0] = '\0';
    for (size_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(room + used, size - used, "[%llu]",
                                 (unsigned long long)shape[i]);
}

static float read_f32(const unsigned char *bytes)
{
    uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                    (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t tensor_shape(const struct tensor *tensor, uint64_t shape[2])
{
    shape[0] = tensor->rows;
    shape[1] = tensor->columns;
    return tensor->is_vector ? 1 : 2;
}

static enum status check_tensor(const struct tensor *tensor,
                                const struct stored_tensor *stored, struct error *err)
{
    char expected[48], received[64];
    uint64_t shape[2];
    size_t rank = tensor_shape(tensor, shape);

    if (stored == NULL)
        return bad(err, tensor->name, "this tensor is missing");
    shape_text(shape, rank, expected, sizeof expected);
    shape_text(stored->shape, stored->rank, received, sizeof received);
    if (strcmp(stored->dtype, "F32") != 0)
        return error_mismatch(err, STATUS_BAD_FORMAT, tensor->name, "F32", stored->dtype,
                              "the tensor's dtype is %s, expected F32", stored->dtype);
    if (stored->rank != rank || memcmp(stored->shape, shape, rank * sizeof *shape) != 0)
        return error_mismatch(err, STATUS_BAD_FORMAT, tensor->name, expected, received,
                              "the tensor has shape %s, expected %s", received, expected);
    return STATUS_OK;
}

static enum status copy_tensor(struct trained_model *model, const struct tensor *tensor,
                               const struct stored_tensor *stored, struct error *err)
{
    float *floats = trained_model_floats(model, tensor);

    for (size_t i = 0; i < (size_t)tensor->rows * tensor->columns; i++) {
        floats[i] = read_f32(stored->data + 4 * i);
        if (!isfinite(floats[i]))
            return error_set(err, STATUS_BAD_FORMAT, tensor->name,
                             "element %zu is not finite", i);
    }
    return STATUS_OK;
}

/* Every shape is checked before memory for the weights is asked for. */
static enum status read_tensors(struct trained_model *model,
                                const struct safetensors *file, struct error *err)
{
    const struct tensor_list *tensors = &model->tensors;
    struct error inner = {0};
    enum status status = tensors_init(&model->tensors, &model->spec, model->schema,
                                      model->action_count, &model->arena, &inner);

    if (status != STATUS_OK)
        return as_format(status, &inner, err);
    for (size_t i = 0; i < file->count; i++)
        if (tensors_find(tensors, file->tensors[i].name) == NULL)
            return bad(err, file->tensors[i].name, "the network has no such tensor");
    for (size_t i = 0; i < tensors->count && status == STATUS_OK; i++)
        status = check_tensor(&tensors->items[i],
                              safetensors_find(file, tensors->items[i].name), err);
    if (status != STATUS_OK)
        return status;
    model->params = tensors_zeros(tensors);
    if (model->params == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < tensors->count && status == STATUS_OK; i++)
        status = copy_tensor(model, &tensors->items[i],
                             safetensors_find(file, tensors->items[i].name), err);
    return status;
}

struct trained_model *model_file_parse(const char *name, const unsigned char *bytes,
                                       size_t length, struct error *err)
{
    struct trained_model *model = trained_model_new(err);
    struct safetensors file;
    char hex[SHA256_HEX];
    enum status status;

    if (model == NULL)
        return NULL;
    status = safetensors_read(&file, name, bytes, length, err);
    if (status == STATUS_OK) {
        status = read_metadata(model, &file, name, err);
        if (status == STATUS_OK)
            status = read_tensors(model, &file, err);
        safetensors_release(&file);
    }
    if (status != STATUS_OK) {
        trained_model_free(model);
        return NULL;
    }
    sha256_hex(bytes, length, hex);
    (void)snprintf(model->digest, sizeof model->digest, "sha256:%s", hex);
    return model;
}

static void write_data(const struct trained_model *model, struct strbuf *text)
{
    for (size_t t = 0; t < model->tensors.count; t++) {
        const struct tensor *tensor = &model->tensors.items[t];
        const float *floats = trained_model_floats(model, tensor);
        for (size_t i = 0; i < (size_t)tensor->rows * tensor->columns; i++) {
            uint32_t bits;
            memcpy(&bits, &floats[i], sizeof bits);
            const char bytes[4] = {(char)(bits & 255), (char)(bits >> 8 & 255),
                                   (char)(bits >> 16 & 255), (char)(bits >> 24)};
            strbuf_add_bytes(text, bytes, sizeof bytes);
        }
    }
}

void model_file_write(const struct trained_model *model, const char *golden,
                      struct strbuf *text)
{
    struct strbuf description;
    uint64_t shape[2], offset = 0;

    strbuf_init(&description, SIZE_MAX);
    trained_model_describe(model, &description);
    if (golden != NULL && !description.has_failed) {
        description.length--; /* the last brace goes behind the golden history */
        strbuf_printf(&description, ", \"golden\": %s}", golden);
    }
    safetensors_begin(text);
    strbuf_add(text,
               "\"__metadata__\":{\"format\":\"triage\",\"version\":\"1\",\"model\":");
    if (!description.has_failed)
        strbuf_json_string(text, description.bytes, description.length);
    text->has_failed = text->has_failed || description.has_failed;
    strbuf_add(text, "}");
    strbuf_release(&description);
    for (size_t i = 0; i < model->tensors.count; i++) {
        const struct tensor *tensor = &model->tensors.items[i];
        safetensors_entry(text, tensor->name, shape, tensor_shape(tensor, shape),
                          &offset);
    }
    safetensors_end(text);
    write_data(model, text);
}
