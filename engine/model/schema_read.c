/* A schema from its JSON: nothing is taken that is not understood.  See schema.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/schema.h"
#include "trainer.h"

enum { WHERE = 96, COUNT = 24 };

static enum status read_float(const json_t *object, const char *key, float fallback,
                              const char *where, float *value, struct error *err)
{
    const json_t *number = json_object_get(object, key);
    char place[WHERE];

    *value = fallback;
    if (number == NULL)
        return STATUS_OK;
    *value = json_is_number(number) ? (float)json_number_value(number) : NAN;
    if (isfinite(*value))
        return STATUS_OK;
    return error_mismatch(err, STATUS_BAD_INPUT,
                          pointer_join(place, sizeof place, where, key), "a number",
                          json_kind(number), "expected a number that fits a float");
}

static enum status read_scale(const json_t *object, const char *mean_key,
                              const char *scale_key, const char *where,
                              struct scale *scale, struct error *err)
{
    char place[WHERE];
    enum status status = read_float(object, mean_key, 0.0f, where, &scale->mean, err);

    if (status == STATUS_OK)
        status = read_float(object, scale_key, 1.0f, where, &scale->scale, err);
    if (status == STATUS_OK && scale->scale <= 0.0f)
        return error_set(err, STATUS_BAD_INPUT,
                         pointer_join(place, sizeof place, where, scale_key),
                         "a scale must be greater than 0");
    return status;
}

/* What an array is that has too few or too many: its length; of anything else the kind. */
static const char *count_or_kind(const json_t *json, char room[COUNT])
{
    if (!json_is_array(json))
        return json_kind(json);
    (void)snprintf(room, COUNT, "%zu", json_array_size(json));
    return room;
}

static enum status read_values(struct field *column, const json_t *array,
                               const char *where, struct arena *arena, struct error *err)
{
    size_t count = json_array_size(array);
    char place[WHERE], item[WHERE], room[COUNT];

    pointer_join(place, sizeof place, where, "values");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_MAX_VALUES)
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array of strings",
                              count_or_kind(array, room),
                              "expected 1 to %d distinct strings", SCHEMA_MAX_VALUES);
    const char **values = arena_array(arena, count, sizeof *values);
    if (values == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_string(value))
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join_index(item, sizeof item, place, i),
                                  "a string", json_kind(value), "expected a string");
        values[i] =
            arena_text(arena, json_string_value(value), json_string_length(value));
        if (values[i] == NULL)
            return error_no_memory(err);
    }
    struct error twice = {0};
    enum status status =
        strmap_init(&column->values, values, (uint32_t)count, arena, &twice);
    return status == STATUS_OK ? status : error_set(err, status, place, "%s", twice.text);
}

static const char *const category_keys[] = {"name", "kind", "values", NULL};
static const char *const number_keys[] = {
    "name", "kind", "mean", "scale", "missing_mean", "missing_scale", NULL};

static enum status read_column(struct schema *schema, struct field *column,
                               const json_t *object, const char *where, struct error *err)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    enum status status;

    if (name == NULL || *name == '\0' || strlen(name) > SCHEMA_NAME_BYTES ||
        strcmp(name, "time") == 0)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "a field needs a \"name\" of 1 to %d bytes, and not \"time\"",
                         SCHEMA_NAME_BYTES);
    column->name = arena_text(&schema->arena, name, strlen(name));
    if (column->name == NULL)
        return error_no_memory(err);
    if (kind != NULL && strcmp(kind, "category") == 0) {
        status =
            json_check_keys(object, category_keys, "name, kind or values", where, err);
        if (status != STATUS_OK)
            return status;
        column->kind = FIELD_CATEGORY;
        column->index = schema->categories++;
        return read_values(column, json_object_get(object, "values"), where,
                           &schema->arena, err);
    }
    if (kind == NULL || strcmp(kind, "number") != 0)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "category or number",
                              kind == NULL ? "nothing" : kind,
                              "field \"%s\" has no known \"kind\"", name);
    column->kind = FIELD_NUMBER;
    column->index = schema->numbers++;
    status = json_check_keys(object, number_keys,
                             "mean, scale, missing_mean, missing_scale", where, err);
    if (status == STATUS_OK)
        status = read_scale(object, "mean", "scale", where, &column->number, err);
    return status != STATUS_OK ? status
                               : read_scale(object, "missing_mean", "missing_scale",
                                            where, &column->missing, err);
}

static enum status read_columns(struct schema *schema, const json_t *array,
                                const char *where, struct error *err)
{
    size_t count = json_array_size(array);
    char place[WHERE], item[WHERE], room[COUNT];
    const char **names = arena_array(&schema->arena, SCHEMA_MAX_FIELDS, sizeof *names);

    pointer_join(place, sizeof place, where, "fields");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_MAX_FIELDS)
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array",
                              count_or_kind(array, room), "expected 1 to %d fields",
                              SCHEMA_MAX_FIELDS);
    schema->fields = arena_array(&schema->arena, count, sizeof *schema->fields);
    if (schema->fields == NULL || names == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        enum status status =
            read_column(schema, &schema->fields[i], json_array_get(array, i),
                        pointer_join_index(item, sizeof item, place, i), err);
        if (status != STATUS_OK)
            return status;
        names[i] = schema->fields[i].name;
    }
    schema->field_count = (uint32_t)count;
    struct error twice = {0};
    enum status status =
        strmap_init(&schema->field_names, names, (uint32_t)count, &schema->arena, &twice);
    if (status != STATUS_OK)
        return error_set(err, status, place, "%s", twice.text);
    const struct field *event = schema_find(schema, "event");
    if (event == NULL || event->kind != FIELD_CATEGORY)
        return error_set(err, STATUS_BAD_INPUT, place,
                         "there must be a field \"event\" of kind \"category\"");
    return STATUS_OK;
}

static const char *const time_keys[] = {"name", "mean", "scale", NULL};

static enum status read_times(struct schema *schema, const json_t *array,
                              const char *where, struct error *err)
{
    char place[WHERE], item[WHERE], room[COUNT];

    pointer_join(place, sizeof place, where, "time");
    if (array != NULL && (!json_is_array(array) || json_array_size(array) > TIME_KINDS))
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array",
                              count_or_kind(array, room),
                              "expected at most %d time features", TIME_KINDS);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *object = json_array_get(array, i);
        const char *name = json_string_value(json_object_get(object, "name"));
        struct time_input *input = &schema->times[i];
        int kind = 0;
        while (kind < TIME_KINDS && (name == NULL || strcmp(name, time_names[kind]) != 0))
            kind++;
        pointer_join_index(item, sizeof item, place, i);
        if (kind == TIME_KINDS)
            return json_is_object(object) && name != NULL
                       ? error_mismatch(err, STATUS_BAD_INPUT, item,
                                        "since_previous, hour_sin, ...", name,
                                        "no such time feature")
                       : error_mismatch(err, STATUS_BAD_INPUT, item,
                                        "an object with a \"name\"", json_kind(object),
                                        "a time feature is an object");
        for (size_t j = 0; j < i; j++)
            if ((int)schema->times[j].kind == kind)
                return error_set(err, STATUS_BAD_INPUT, item, "\"%s\" is given twice",
                                 name);
        input->kind = (enum time_kind)kind;
        enum status status =
            json_check_keys(object, time_keys, "name, mean or scale", item, err);
        if (status == STATUS_OK)
            status = read_scale(object, "mean", "scale", item, &input->scale, err);
        if (status != STATUS_OK)
            return status;
        schema->time_count++;
    }
    return STATUS_OK;
}

static const char *const schema_keys[] = {"fields", "time", NULL};

struct schema *triage_schema_read(const struct json_t *object, const char *where,
                                  struct error *err)
{
    struct schema *schema = calloc(1, sizeof *schema);

    if (schema == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&schema->arena, SIZE_MAX);
    if (!json_is_object(object))
        error_mismatch(err, STATUS_BAD_INPUT, where, "an object", json_kind(object),
                       "a schema is an object");
    else if (json_check_keys(object, schema_keys, "fields or time", where, err) ==
                 STATUS_OK &&
             read_columns(schema, json_object_get(object, "fields"), where, err) ==
                 STATUS_OK &&
             read_times(schema, json_object_get(object, "time"), where, err) ==
                 STATUS_OK) {
        schema_update(schema);
        return schema;
    }
    triage_schema_free(schema);
    return NULL;
}
