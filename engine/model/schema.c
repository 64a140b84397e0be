/* See schema.h. */
#include "model/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "trainer.h"

static const char *const time_names[TIME_KINDS] = {
    "since_previous", "since_first", "hour_sin", "hour_cos",
    "weekday_sin",    "weekday_cos", "missing",
};

enum { WHERE = 96 };

uint32_t schema_inputs(const struct schema *schema)
{
    return 2 * schema->numbers + schema->time_count;
}

const struct column *schema_category(const struct schema *schema, uint32_t k)
{
    const struct column *column = schema->columns;

    while (column->kind != COLUMN_CATEGORY || column->place != k)
        column++;
    return column;
}

uint32_t schema_rows(const struct schema *schema, uint32_t k)
{
    return SCHEMA_FIRST + schema_category(schema, k)->values.count;
}

const struct column *schema_column(const struct schema *schema, const char *name)
{
    int64_t place = names_find(&schema->column_names, name);

    return place < 0 ? NULL : &schema->columns[place];
}

uint32_t column_id(const struct column *column, const char *value)
{
    int64_t place = names_find(&column->values, value);

    return place < 0 ? SCHEMA_UNKNOWN : (uint32_t)place + SCHEMA_FIRST;
}

float schema_scale(const struct schema *schema, const struct scale *scale, double x)
{
    if (schema->is_raw)
        return (float)x;
    x = (x - (double)scale->mean) / (double)scale->scale;
    x = x > 16.0 ? 16.0 : x;
    x = x < -16.0 ? -16.0 : x;
    return (float)x;
}

void schema_miss(const struct schema *schema, const struct column *column, float pair[2])
{
    pair[0] = 0.0f;
    pair[1] = schema_scale(schema, &column->missing, 1.0);
}

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

static enum status read_values(struct column *column, const json_t *array,
                               const char *where, struct arena *arena, struct error *err)
{
    size_t count = json_array_size(array);
    char place[WHERE], item[WHERE];

    pointer_join(place, sizeof place, where, "values");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_VALUES)
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array of strings",
                              json_kind(array), "expected 1 to %d distinct strings",
                              SCHEMA_VALUES);
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
        names_init(&column->values, values, (uint32_t)count, arena, &twice);
    return status == STATUS_OK ? status : error_set(err, status, place, "%s", twice.text);
}

static enum status read_column(struct schema *schema, struct column *column,
                               const json_t *object, const char *where, struct error *err)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    enum status status;

    if (name == NULL || *name == '\0' || strlen(name) > SCHEMA_NAME ||
        strcmp(name, "time") == 0)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "a field needs a \"name\" of 1 to %d bytes, and not \"time\"",
                         SCHEMA_NAME);
    column->name = arena_text(&schema->arena, name, strlen(name));
    if (column->name == NULL)
        return error_no_memory(err);
    if (kind != NULL && strcmp(kind, "category") == 0) {
        column->kind = COLUMN_CATEGORY;
        column->place = schema->categories++;
        return read_values(column, json_object_get(object, "values"), where,
                           &schema->arena, err);
    }
    if (kind == NULL || strcmp(kind, "number") != 0)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "category or number",
                              kind == NULL ? "nothing" : kind,
                              "field \"%s\" has no known \"kind\"", name);
    column->kind = COLUMN_NUMBER;
    column->place = schema->numbers++;
    status = read_scale(object, "mean", "scale", where, &column->number, err);
    return status != STATUS_OK ? status
                               : read_scale(object, "missing_mean", "missing_scale",
                                            where, &column->missing, err);
}

static enum status read_columns(struct schema *schema, const json_t *array,
                                const char *where, struct error *err)
{
    size_t count = json_array_size(array);
    char place[WHERE], item[WHERE];
    const char **names = arena_array(&schema->arena, SCHEMA_COLUMNS, sizeof *names);

    pointer_join(place, sizeof place, where, "fields");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_COLUMNS)
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array", json_kind(array),
                              "expected 1 to %d fields", SCHEMA_COLUMNS);
    schema->columns = arena_array(&schema->arena, count, sizeof *schema->columns);
    if (schema->columns == NULL || names == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        enum status status =
            read_column(schema, &schema->columns[i], json_array_get(array, i),
                        pointer_join_index(item, sizeof item, place, i), err);
        if (status != STATUS_OK)
            return status;
        names[i] = schema->columns[i].name;
    }
    schema->column_count = (uint32_t)count;
    struct error twice = {0};
    enum status status =
        names_init(&schema->column_names, names, (uint32_t)count, &schema->arena, &twice);
    if (status != STATUS_OK)
        return error_set(err, status, place, "%s", twice.text);
    const struct column *event = schema_column(schema, "event");
    if (event == NULL || event->kind != COLUMN_CATEGORY)
        return error_set(err, STATUS_BAD_INPUT, place,
                         "there must be a field \"event\" of kind \"category\"");
    return STATUS_OK;
}

static enum status read_times(struct schema *schema, const json_t *array,
                              const char *where, struct error *err)
{
    char place[WHERE], item[WHERE];

    pointer_join(place, sizeof place, where, "time");
    if (array != NULL && (!json_is_array(array) || json_array_size(array) > TIME_KINDS))
        return error_mismatch(err, STATUS_BAD_INPUT, place, "an array", json_kind(array),
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
            return error_mismatch(
                err, STATUS_BAD_INPUT, item, "since_previous, hour_sin, ...",
                name == NULL ? "nothing" : name, "no such time feature");
        for (size_t j = 0; j < i; j++)
            if ((int)schema->times[j].kind == kind)
                return error_set(err, STATUS_BAD_INPUT, item, "\"%s\" stands there twice",
                                 name);
        input->kind = (enum time_kind)kind;
        enum status status =
            read_scale(object, "mean", "scale", item, &input->scale, err);
        if (status != STATUS_OK)
            return status;
        schema->time_count++;
    }
    return STATUS_OK;
}

struct schema *schema_read(const struct json_t *object, const char *where,
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
    else if (read_columns(schema, json_object_get(object, "fields"), where, err) ==
                 STATUS_OK &&
             read_times(schema, json_object_get(object, "time"), where, err) == STATUS_OK)
        return schema;
    schema_free(schema);
    return NULL;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    arena_release(&schema->arena);
    free(schema);
}

static void write_scale(struct text *text, const char *prefix, const struct scale *scale)
{
    text_printf(text, ", \"%smean\": ", prefix);
    text_float(text, scale->mean);
    text_printf(text, ", \"%sscale\": ", prefix);
    text_float(text, scale->scale);
}

static void write_column(struct text *text, const struct column *column)
{
    text_add(text, "{\"name\": ");
    text_json(text, column->name, strlen(column->name));
    if (column->kind == COLUMN_CATEGORY) {
        text_add(text, ", \"kind\": \"category\", \"values\": [");
        for (uint32_t i = 0; i < column->values.count; i++) {
            const char *value = column->values.names[i];
            text_add(text, i == 0 ? "" : ", ");
            text_json(text, value, strlen(value));
        }
        text_add(text, "]}");
    } else {
        text_add(text, ", \"kind\": \"number\"");
        write_scale(text, "", &column->number);
        write_scale(text, "missing_", &column->missing);
        text_add(text, "}");
    }
}

void schema_write(const struct schema *schema, struct text *text)
{
    text_add(text, "{\"fields\": [");
    for (uint32_t i = 0; i < schema->column_count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        write_column(text, &schema->columns[i]);
    }
    text_add(text, "], \"time\": [");
    for (uint32_t i = 0; i < schema->time_count; i++) {
        text_printf(text, "%s{\"name\": \"%s\"", i == 0 ? "" : ", ",
                    time_names[schema->times[i].kind]);
        write_scale(text, "", &schema->times[i].scale);
        text_add(text, "}");
    }
    text_add(text, "]}");
}
