/*
 * From a model file to a model that can be run: read the file, pack the weights, check the golden
 * history.  The golden history must give the very bits of the probabilities in the file.  Two
 * exceptions are compared with a tolerance: files older than the definition ("numerics" 0), and
 * kernels that do not have the bits of the definition (amx).
 */
#include "infer/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/elementary.h"
#include "base/file.h"
#include "base/json.h"
#include "model/answer.h"
#include "model/decoder.h"
#include "model/json_schema.h"
#include "model/model_file.h"
#include "model/safetensors.h"
#include "trainer.h"

static const double tolerance_before_numerics = 1e-5, tolerance_of_inexact_kernels = 1e-3;
enum { DOUBLE_DIGITS = 17 }; /* so that every double is read back */

static const size_t max_file_bytes = (size_t)4 << 30;

/* Classify one decoded history: probabilities [C]. */
static enum status classify(const struct model *model, const struct history *history,
                            float *probabilities, struct error *err)
{
    struct classifier *classifier = triage_classifier_new(model, 1, history->length, err);
    if (!classifier)
        return STATUS_NO_MEMORY;
    enum status status =
        triage_classifier_run(classifier, history, 1, probabilities, err);
    triage_classifier_free(classifier);
    return status;
}

enum status model_replay(const struct model *model, const json_t *golden,
                         float *probabilities, struct error *err)
{
    struct arena arena;
    struct history history;
    struct strbuf text;
    struct error inner = {0};
    strbuf_init(&text, SIZE_MAX);
    arena_init(&arena, SIZE_MAX);
    json_write(&text, golden, DOUBLE_DIGITS);
    enum status status = STATUS_NO_MEMORY;
    if (text.has_failed)
        error_no_memory(&inner);
    else
        status = decoder_decode_golden(&history, model->trained->schema, text.bytes,
                                       text.length, &arena, &inner);
    if (status == STATUS_OK) {
        status = classify(model, &history, probabilities, err);
    } else {
        char where[sizeof inner.where];
        snprintf(where, sizeof where, "/golden%.88s", inner.where);
        error_set(err, status, where, "%s", inner.text);
    }
    arena_release(&arena);
    strbuf_release(&text);
    return status;
}

char *triage_answer_json(const struct model *model, const char *name, const char *json,
                         size_t length, struct error *err)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct strbuf answer;
    strbuf_init(&answer, SIZE_MAX);
    char *text = NULL;
    struct history history;
    float *probabilities =
        arena_array(&arena, model->trained->action_count, sizeof *probabilities);
    if (!probabilities) {
        error_no_memory(err);
        goto out;
    }
    if (triage_history_decode(&history, model->trained->schema, json, length,
                              MODEL_MAX_EVENTS, &arena, err) != STATUS_OK ||
        classify(model, &history, probabilities, err) != STATUS_OK)
        goto out;
    triage_answer_write(&answer, model, name, &history, probabilities);
    text = strbuf_take(&answer, &length);
    if (!text)
        error_no_memory(err);
out:
    strbuf_release(&answer);
    arena_release(&arena);
    return text;
}

/* Compare probabilities [C], computed from the golden history, with those in the file. */
static enum status compare_golden(const struct model *model, const char *name,
                                  const float *probabilities, struct error *err)
{
    const struct trained_model *trained = model->trained;
    const json_t *stored = json_object_get(trained->golden, "probabilities");
    double tolerance = model->kernel            ? tolerance_of_inexact_kernels
                       : trained->numerics == 0 ? tolerance_before_numerics
                                                : 0.0;
    for (uint32_t i = 0; i < trained->action_count; i++) {
        const json_t *number = json_array_get(stored, i);
        float expected = (float)json_number_value(number);
        double difference = (double)expected - (double)probabilities[i];
        bool is_same = tolerance > 0.0
                           ? difference >= -tolerance && difference <= tolerance
                           : float_bits(expected) == float_bits(probabilities[i]);
        if (json_is_number(number) && is_same)
            continue;
        if (tolerance > 0.0)
            return error_set(err, STATUS_BAD_FORMAT, name,
                             "golden history: the probability of \"%.64s\" differs from "
                             "the file by more than %g",
                             trained->actions[i], tolerance);
        return error_set(
            err, STATUS_BAD_FORMAT, name,
            "golden history: the probability of \"%.64s\" is not that of the "
            "file bit for bit",
            trained->actions[i]);
    }
    return STATUS_OK;
}

static enum status check_golden(const struct model *model, const char *name,
                                struct error *err)
{
    if (!model->trained->golden)
        return STATUS_OK;
    float *probabilities = calloc(model->trained->action_count, sizeof *probabilities);
    if (!probabilities)
        return error_no_memory(err);
    struct error inner = {0};
    enum status status =
        model_replay(model, model->trained->golden, probabilities, &inner);
    if (status == STATUS_OK)
        status = compare_golden(model, name, probabilities, err);
    else if (status == STATUS_NO_MEMORY)
        error_no_memory(err);
    else
        status = error_set(err, STATUS_BAD_FORMAT, inner.where, "%s", inner.text);
    free(probabilities);
    return status;
}

/* The index of an action by its name, or ACTION_OTHER. */
static uint32_t find_action(const struct trained_model *trained,
                            const struct strmap_key *name)
{
    for (uint32_t i = 0; i < trained->action_count; i++)
        if (strlen(trained->actions[i]) == name->length &&
            memcmp(trained->actions[i], name->bytes, name->length) == 0)
            return i;
    return ACTION_OTHER;
}

/* Of a model that predicts events: which action is which event. */
static enum status map_events(struct model *model, struct error *err)
{
    const struct trained_model *trained = model->trained;
    const struct field *field = schema_find(trained->schema, "event");
    model->end_action = ACTION_NONE;
    if (triage_task_labels(trained->task) != TASK_NEXT || !field ||
        field->kind != FIELD_CATEGORY)
        return STATUS_OK;
    const struct strmap *events = &field->values;
    uint32_t *map = calloc(SCHEMA_FIRST + (size_t)events->count, sizeof *map);
    if (!map)
        return error_no_memory(err);
    map[SCHEMA_UNKNOWN] = ACTION_OTHER;
    map[SCHEMA_MISSING] = ACTION_NONE;
    bool is_same_order = true; /* as nearly always: the actions are the events in order */
    for (uint32_t i = 0; i < events->count && is_same_order; i++) {
        const struct strmap_key *key = &events->keys[i];
        is_same_order = i < trained->action_count &&
                        strlen(trained->actions[i]) == key->length &&
                        memcmp(trained->actions[i], key->bytes, key->length) == 0;
    }
    for (uint32_t i = 0; i < events->count; i++)
        map[SCHEMA_FIRST + i] =
            is_same_order ? i : find_action(trained, &events->keys[i]);
    for (uint32_t i = 0; i < trained->action_count; i++)
        if (strcmp(trained->actions[i], END_OF_HISTORY) == 0 &&
            field_id(field, END_OF_HISTORY) == SCHEMA_UNKNOWN)
            model->end_action = i;
    model->event_actions = map;
    model->event_column = field->index;
    return STATUS_OK;
}

/* A decoder reads the names of events alone. */
static struct packed_weights *pack_decoder(const struct trained_model *member,
                                           size_t floats, struct error *err)
{
    const struct trained_model decoder = trained_model_decoder(member);
    struct packed_weights *packed = packed_weights_new(&decoder, floats, err);
    if (!packed)
        return NULL;
    packed->ids_stride = member->schema->categories;
    packed->ids_first = schema_find(member->schema, "event")->index;
    return packed;
}

/* Pack the weights of each member. */
static enum status pack_members(struct model *model, struct error *err)
{
    const struct trained_model *trained = model->trained;
    const bool has_decoder = trained->task == TASK_CONTINUE;
    size_t floats = 0;
    model->packed = calloc(trained->members, sizeof *model->packed);
    if (has_decoder)
        model->decoders = calloc(trained->members, sizeof *model->decoders);
    if (!model->packed || (has_decoder && !model->decoders))
        return error_no_memory(err);
    for (uint32_t m = 0; m < trained->members; m++) {
        const struct trained_model member = trained_model_member(trained, m);
        const struct trained_model encoder = trained_model_encoder(&member);
        model->packed[m] = packed_weights_new(&encoder, floats, err);
        if (!model->packed[m])
            return STATUS_NO_MEMORY;
        floats += model->packed[m]->floats;
        if (!has_decoder)
            continue;
        model->decoders[m] = pack_decoder(&member, floats, err);
        if (!model->decoders[m])
            return STATUS_NO_MEMORY;
        floats += model->decoders[m]->floats;
    }
    if (!model->packed[0]->kernels->is_exact)
        model->kernel = model->packed[0]->kernels->name;
    return STATUS_OK;
}

struct model *triage_model_read(const char *name, const void *bytes, size_t length,
                                struct error *err)
{
    struct model *model = calloc(1, sizeof *model);
    if (!model) {
        error_no_memory(err);
        return NULL;
    }
    model->trained = model_file_read(name, bytes, length, err);
    if (!model->trained)
        goto fail;
    if (pack_members(model, err) != STATUS_OK)
        goto fail;
    if (map_events(model, err) != STATUS_OK)
        goto fail;
    if (check_golden(model, name, err) == STATUS_OK)
        return model;
fail:
    triage_model_free(model);
    return NULL;
}

void triage_init(void)
{
    json_init();
}

/* Read the file into bytes [file->bytes]: the start, the header, then the tensors. */
static enum status read_checked(struct file *file, char *bytes, struct error *err)
{
    const unsigned char *start = (const unsigned char *)bytes;
    size_t header_end = 0;
    RETURN_IF_ERROR(file_read_next(file, bytes, SAFETENSORS_START, err));
    RETURN_IF_ERROR(safetensors_check_start(file->path, start, file->position,
                                            file->bytes, &header_end, err));
    if (header_end > file->position)
        RETURN_IF_ERROR(file_read_next(file, bytes + file->position,
                                       header_end - file->position, err));
    RETURN_IF_ERROR(model_file_check_header(file->path, start, file->bytes, err));
    return file_read_next(file, bytes + file->position, file->bytes, err);
}

static struct model *load_file(struct file *file, struct error *err)
{
    char *bytes = malloc(file->bytes + 1); /* not touched before the header is known */
    if (!bytes) {
        error_no_memory(err);
        return NULL;
    }
    struct model *model = NULL;
    if (read_checked(file, bytes, err) == STATUS_OK)
        model = triage_model_read(file->path, bytes, file->bytes, err);
    free(bytes);
    return model;
}

struct model *triage_model_load(const char *path, struct error *err)
{
    struct file file;
    if (file_open(&file, path, max_file_bytes, err) != STATUS_OK)
        return NULL;
    struct model *model = load_file(&file, err);
    file_close(&file);
    return model;
}

void triage_model_free(struct model *model)
{
    if (!model)
        return;
    for (uint32_t m = 0; model->packed && m < model->trained->members; m++)
        packed_weights_free(model->packed[m]);
    for (uint32_t m = 0; model->decoders && m < model->trained->members; m++)
        packed_weights_free(model->decoders[m]);
    free(model->packed);
    free(model->decoders);
    trained_model_free(model->trained);
    free(model->event_actions);
    free(model);
}

const struct schema *triage_model_schema(const struct model *model)
{
    return model->trained->schema;
}

const char *triage_model_digest(const struct model *model)
{
    return model->trained->digest;
}

size_t triage_model_actions(const struct model *model)
{
    return model->trained->action_count;
}

const char *triage_model_action(const struct model *model, size_t action)
{
    return model->trained->actions[action];
}

enum task triage_model_task(const struct model *model)
{
    return model->trained->task;
}

uint32_t triage_model_members(const struct model *model)
{
    return model->trained->members;
}

size_t triage_model_state_size(const struct model *model)
{
    return triage_spec_head_width(&model->trained->spec);
}

void triage_model_describe(const struct model *model, struct strbuf *out)
{
    model_file_describe(model->trained, out);
}

const struct spec *triage_model_spec(const struct model *model)
{
    return &model->trained->spec;
}

size_t triage_model_categories(const struct model *model)
{
    return model->trained->schema->categories;
}

size_t triage_model_inputs(const struct model *model)
{
    return schema_inputs(model->trained->schema);
}

bool triage_model_has_golden(const struct model *model)
{
    return model->trained->golden != NULL;
}

size_t triage_model_tensor_count(const struct model *model)
{
    return model->trained->members * model->trained->tensors.count;
}

struct tensor_view triage_model_tensor(const struct model *model, size_t index)
{
    const struct tensor_list *tensors = &model->trained->tensors;
    const struct tensor *tensor = &tensors->items[index % tensors->count];
    return (struct tensor_view){.name = model->trained->names[index],
                                .data = trained_model_floats_at(model->trained, index),
                                .rows = tensor->rows,
                                .columns = tensor->columns,
                                .is_vector = tensor->is_vector};
}

const char *triage_answer_action(const struct model *model, const struct history *history,
                                 const float *probabilities)
{
    int64_t action = answer_action(model->trained, history, probabilities);
    return action < 0 ? NULL : model->trained->actions[action];
}

void triage_answer_write(struct strbuf *out, const struct model *model, const char *name,
                         const struct history *history, const float *probabilities)
{
    answer_write(out, model->trained, model->kernel, name, history, probabilities);
}

bool triage_forecast_write(struct strbuf *out, struct forecast_answer *answer,
                           size_t bytes)
{
    const struct model *model = answer->model;
    return answer_write_forecast(out, model->trained, model->kernel, answer, bytes);
}

enum status triage_includes_check(const struct model *model, unsigned includes,
                                  const char *where, struct error *err)
{
    if (includes & 1U << INCLUDE_SURPRISE && !model->event_actions)
        return error_mismatch(err, STATUS_BAD_INPUT, where,
                              "a model with the target \"next\"",
                              triage_task_names[model->trained->task],
                              "\"surprise\" needs a model that predicts the next event");
    if (includes & 1U << INCLUDE_ATTENTION && model->trained->spec.head != HEAD_ATTENTION)
        return error_mismatch(err, STATUS_BAD_INPUT, where,
                              "a model with the head \"attention\"", "final",
                              "\"attention\" needs a model with an attention head");
    return STATUS_OK;
}

enum status triage_included_init(struct included *included, const struct model *model,
                                 const struct history *history, unsigned includes,
                                 struct arena *arena, struct error *err)
{
    const size_t length = history->length;
    *included = (struct included){.includes = includes};
    if (includes & 1U << INCLUDE_SURPRISE) {
        included->surprises =
            arena_alloc(arena, (length + 1) * sizeof *included->surprises);
        if (!included->surprises)
            return error_no_memory(err);
    }
    if (includes & 1U << INCLUDE_ATTENTION) {
        included->weights = arena_alloc(arena, length * sizeof *included->weights);
        included->scores = arena_floats(arena, model->trained->members, length);
        if (!included->weights || !included->scores)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

bool triage_included_write(struct strbuf *out, const struct model *model,
                           const struct history *history, const struct included *included,
                           uint32_t *next, size_t bytes)
{
    const uint32_t counts[INCLUDES] = {
        [INCLUDE_SURPRISE] = triage_surprise_count(model, history),
        [INCLUDE_ATTENTION] = history->length,
    };
    return answer_add_included(out, included, counts, next, bytes);
}

uint32_t triage_surprise_count(const struct model *model, const struct history *history)
{
    return history->length + (model->end_action != ACTION_NONE);
}

void triage_json_schema_write(struct strbuf *out, const struct model *model,
                              const char *name)
{
    json_schema_write(model->trained, name, out);
}
