/*
 * Reading a schema from JSON and writing it; schema.h shows the JSON.  Unknown keys are refused.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time_format.h"
#include "base/value.h"
#include "model/schema.h"
#include "trainer.h"

enum { POINTER_BYTES = 96, COUNT_BYTES = 24 };

static enum status read_float(const json_t *object, const char *key, float fallback,
                              const char *where, float *value, struct error *err)
{
    const json_t *number = json_object_get(object, key);
    *value = fallback;
    if (!number)
        return STATUS_OK;
    *value = json_is_number(number) ? (float)json_number_value(number) : NAN;
    if (isfinite(*value))
        return STATUS_OK;
    char pointer[POINTER_BYTES];
    return error_mismatch(err, STATUS_BAD_INPUT,
                          pointer_join(pointer, sizeof pointer, where, key), "a number",
                          json_kind(number), "expected a number that fits a float");
}

static enum status read_scale(const json_t *object, const char *mean_key,
                              const char *scale_key, const char *where,
                              struct scale *scale, struct error *err)
{
    RETURN_IF_ERROR(read_float(object, mean_key, 0.0f, where, &scale->mean, err));
    RETURN_IF_ERROR(read_float(object, scale_key, 1.0f, where, &scale->scale, err));
    if (scale->scale > 0.0f)
        return STATUS_OK;
    char pointer[POINTER_BYTES];
    return error_set(err, STATUS_BAD_INPUT,
                     pointer_join(pointer, sizeof pointer, where, scale_key),
                     "a scale must be greater than 0");
}

/* For an error about an array of the wrong length: its length, or the kind if it is no array. */
static const char *length_or_kind(const json_t *json, char buffer[COUNT_BYTES])
{
    if (!json_is_array(json))
        return json_kind(json);
    snprintf(buffer, COUNT_BYTES, "%zu", json_array_size(json));
    return buffer;
}

static enum status read_values(struct field *field, const json_t *array,
                               const char *where, struct arena *arena, struct error *err)
{
    size_t count = json_array_size(array);
    char pointer[POINTER_BYTES], item[POINTER_BYTES], received[COUNT_BYTES];
    pointer_join(pointer, sizeof pointer, where, "values");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_MAX_VALUES)
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an array of strings",
                              length_or_kind(array, received),
                              "expected 1 to %d distinct strings", SCHEMA_MAX_VALUES);
    const char **values = arena_array(arena, count, sizeof *values);
    if (!values)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_string(value))
            return error_mismatch(err, STATUS_BAD_INPUT,
                                  pointer_join_index(item, sizeof item, pointer, i),
                                  "a string", json_kind(value), "expected a string");
        values[i] =
            arena_string(arena, json_string_value(value), json_string_length(value));
        if (!values[i])
            return error_no_memory(err);
    }
    struct error inner = {0};
    double number;
    for (size_t i = 0; i < count && !field->has_numbers; i++)
        field->has_numbers =
            value_number(values[i], strlen(values[i]), DECIMAL_POINT, &number);
    enum status status =
        strmap_init(&field->values, values, (uint32_t)count, arena, &inner);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, pointer, "%s", inner.text);
}

static enum status read_category(struct schema *schema, struct field *field,
                                 const json_t *object, const char *where,
                                 struct error *err)
{
    static const char *const keys[] = {"name",          "kind",          "values",
                                       "most_frequent", "missing_share", NULL};
    RETURN_IF_ERROR(json_check_keys(
        object, keys, "name, kind, values, most_frequent or missing_share", where, err));
    field->kind = FIELD_CATEGORY;
    field->index = schema->categories++;
    field->most_frequent = field->missing_share = -1.0f;
    RETURN_IF_ERROR(
        profile_read_share(object, "most_frequent", &field->most_frequent, where, err));
    RETURN_IF_ERROR(
        profile_read_share(object, "missing_share", &field->missing_share, where, err));
    return read_values(field, json_object_get(object, "values"), where, &schema->arena,
                       err);
}

static enum status read_number(struct schema *schema, struct field *field,
                               const json_t *object, const char *where, struct error *err)
{
    static const char *const keys[] = {
        "name",          "kind",     "mean",    "scale",     "missing_mean",
        "missing_scale", "booleans", "deciles", "histories", NULL};
    const json_t *booleans = json_object_get(object, "booleans");
    field->kind = FIELD_NUMBER;
    field->index = schema->numbers++;
    RETURN_IF_ERROR(json_check_keys(
        object, keys,
        "mean, scale, missing_mean, missing_scale, booleans, deciles or histories", where,
        err));
    if (booleans && !json_is_boolean(booleans)) {
        char pointer[POINTER_BYTES];
        return error_mismatch(err, STATUS_BAD_INPUT,
                              pointer_join(pointer, sizeof pointer, where, "booleans"),
                              "true or false", json_kind(booleans),
                              "expected true or false");
    }
    field->has_booleans = json_is_true(booleans);
    RETURN_IF_ERROR(read_scale(object, "mean", "scale", where, &field->number, err));
    RETURN_IF_ERROR(
        read_scale(object, "missing_mean", "missing_scale", where, &field->missing, err));
    RETURN_IF_ERROR(
        profile_read_count(object, "histories", &field->histories, where, err));
    return profile_read(object, "deciles", PROFILE_DECILES, &field->deciles,
                        &schema->arena, where, err);
}

static enum status read_field(struct schema *schema, struct field *field,
                              const json_t *object, const char *where, struct error *err)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    if (!name || *name == '\0' || strlen(name) > SCHEMA_NAME_BYTES ||
        strcmp(name, "time") == 0)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "a field needs a \"name\" of 1 to %d bytes that is not \"time\"",
                         SCHEMA_NAME_BYTES);
    field->name = arena_string(&schema->arena, name, strlen(name));
    if (!field->name)
        return error_no_memory(err);
    if (kind && strcmp(kind, "category") == 0)
        return read_category(schema, field, object, where, err);
    if (kind && strcmp(kind, "number") == 0)
        return read_number(schema, field, object, where, err);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "category or number",
                          kind ? kind : "nothing", "field \"%s\" has no known \"kind\"",
                          name);
}

static enum status read_fields(struct schema *schema, const json_t *array,
                               const char *where, struct error *err)
{
    size_t count = json_array_size(array);
    char pointer[POINTER_BYTES], item[POINTER_BYTES], received[COUNT_BYTES];
    pointer_join(pointer, sizeof pointer, where, "fields");
    if (!json_is_array(array) || count == 0 || count > SCHEMA_MAX_FIELDS)
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an array",
                              length_or_kind(array, received), "expected 1 to %d fields",
                              SCHEMA_MAX_FIELDS);
    schema->fields = arena_array(&schema->arena, count, sizeof *schema->fields);
    const char **names = arena_array(&schema->arena, count, sizeof *names);
    if (!schema->fields || !names)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        pointer_join_index(item, sizeof item, pointer, i);
        RETURN_IF_ERROR(
            read_field(schema, &schema->fields[i], json_array_get(array, i), item, err));
        names[i] = schema->fields[i].name;
    }
    schema->field_count = (uint32_t)count;
    struct error inner = {0};
    enum status status =
        strmap_init(&schema->field_names, names, (uint32_t)count, &schema->arena, &inner);
    if (status != STATUS_OK)
        return error_set(err, status, pointer, "%s", inner.text);
    const struct field *event = schema_find(schema, "event");
    if (!event || event->kind != FIELD_CATEGORY)
        return error_set(err, STATUS_BAD_INPUT, pointer,
                         "there must be a field \"event\" of kind \"category\"");
    return STATUS_OK;
}

static enum status read_time_feature(struct schema *schema, const json_t *object,
                                     const char *where, struct error *err)
{
    static const char *const keys[] = {"name", "mean", "scale", NULL};
    const char *name = json_string_value(json_object_get(object, "name"));
    if (!name)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "an object with a \"name\"",
                              json_kind(object), "a time feature is an object");
    int kind = 0;
    while (kind < TIME_FEATURE_KINDS && strcmp(name, time_feature_names[kind]) != 0)
        kind++;
    if (kind == TIME_FEATURE_KINDS)
        return error_mismatch(err, STATUS_BAD_INPUT, where,
                              "since_previous, hour_sin, ...", name,
                              "no such time feature: \"%.64s\"", name);
    for (uint32_t i = 0; i < schema->time_count; i++)
        if ((int)schema->times[i].kind == kind)
            return error_set(err, STATUS_BAD_INPUT, where, "\"%s\" is given twice", name);
    struct time_feature *feature = &schema->times[schema->time_count++];
    feature->kind = (enum time_feature_kind)kind;
    RETURN_IF_ERROR(json_check_keys(object, keys, "name, mean or scale", where, err));
    return read_scale(object, "mean", "scale", where, &feature->scale, err);
}

static enum status read_time_features(struct schema *schema, const json_t *array,
                                      const char *where, struct error *err)
{
    size_t count = json_array_size(array);
    char pointer[POINTER_BYTES], item[POINTER_BYTES], received[COUNT_BYTES];
    pointer_join(pointer, sizeof pointer, where, "time");
    if (array && (!json_is_array(array) || count > TIME_FEATURE_KINDS))
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an array",
                              length_or_kind(array, received),
                              "expected at most %d time features", TIME_FEATURE_KINDS);
    for (size_t i = 0; i < count; i++) {
        pointer_join_index(item, sizeof item, pointer, i);
        RETURN_IF_ERROR(read_time_feature(schema, json_array_get(array, i), item, err));
    }
    return STATUS_OK;
}

/* The keys in the order in which they are written, and their places in struct schema_keys. */
static const struct {
    const char *name;
    size_t offset;
} key_names[] = {
    {.name = "id", .offset = offsetof(struct schema_keys, id)},
    {.name = "events", .offset = offsetof(struct schema_keys, events)},
    {.name = "event", .offset = offsetof(struct schema_keys, event)},
    {.name = "time", .offset = offsetof(struct schema_keys, time)},
    {.name = "label", .offset = offsetof(struct schema_keys, label)},
    {.name = "split", .offset = offsetof(struct schema_keys, split)},
    {.name = "time_format", .offset = offsetof(struct schema_keys, time_format)},
};
enum { KEY_NAMES = sizeof key_names / sizeof *key_names };

static const char **key_of(struct schema_keys *keys, size_t i)
{
    return (const char **)(void *)((char *)keys + key_names[i].offset);
}

static enum status read_key(struct schema *schema, size_t i, const json_t *value,
                            const char *where, struct error *err)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) > SCHEMA_NAME_BYTES)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "a string", json_kind(value),
                              "expected a string of at most %d bytes", SCHEMA_NAME_BYTES);
    const char *copy = arena_string(&schema->arena, text, strlen(text));
    if (!copy)
        return error_no_memory(err);
    *key_of(&schema->keys, i) = copy;
    struct time_format format;
    struct error inner = {.status = STATUS_OK};
    if (strcmp(key_names[i].name, "time_format") == 0 &&
        time_format_parse(&format, copy, &inner) != STATUS_OK)
        return error_set(err, STATUS_BAD_INPUT, where, "%s", inner.text);
    return STATUS_OK;
}

/* Write the strings of an array, with "+" between them.  False if they are longer than a name. */
static bool join_strings(const json_t *array, char joined[SCHEMA_NAME_BYTES + 1])
{
    size_t used = 0, i;
    json_t *part;
    json_array_foreach(array, i, part)
    {
        const char *name = json_string_value(part);
        size_t length = name ? strlen(name) : 0;
        if (used + length + 1 > SCHEMA_NAME_BYTES)
            return false;
        used += (size_t)snprintf(joined + used, SCHEMA_NAME_BYTES + 1 - used, "%s%s",
                                 i == 0 ? "" : "+", name ? name : "");
    }
    return used > 0;
}

/* The keys whose values are joined to the name of an event. */
static enum status read_event_parts(struct schema *schema, const json_t *array,
                                    const char *where, struct error *err)
{
    struct name_keys *parts = &schema->event_parts;
    char joined[SCHEMA_NAME_BYTES + 1];
    bool is_valid = join_strings(array, joined);
    if (is_valid)
        name_keys_split(parts, joined);
    if (!is_valid || parts->count != json_array_size(array) || name_keys_repeated(parts))
        return error_mismatch(err, STATUS_BAD_INPUT, where, "an array of keys",
                              "another array",
                              "expected 2 to %d different strings without \"+\", of at "
                              "most %d bytes together",
                              NAME_PARTS, SCHEMA_NAME_BYTES);
    char *own = arena_string(&schema->arena, joined, strlen(joined));
    schema->keys.event = arena_string(&schema->arena, joined, strlen(joined));
    if (!own || !schema->keys.event)
        return error_no_memory(err);
    name_keys_split(parts, own);
    for (uint32_t i = 0; i < parts->count; i++)
        own[(size_t)(parts->list[i].bytes - own) + parts->list[i].length] = '\0';
    return STATUS_OK;
}

static enum status read_keys(struct schema *schema, const json_t *object,
                             const char *where, struct error *err)
{
    char pointer[POINTER_BYTES], item[POINTER_BYTES];
    schema->keys = SCHEMA_KEYS_DEFAULT;
    if (!object)
        return STATUS_OK;
    pointer_join(pointer, sizeof pointer, where, "keys");
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an object",
                              json_kind(object), "expected an object");
    const char *known[KEY_NAMES + 1] = {NULL};
    for (size_t i = 0; i < KEY_NAMES; i++)
        known[i] = key_names[i].name;
    RETURN_IF_ERROR(json_check_keys(object, known, "id, events, event, time, label, ...",
                                    pointer, err));
    for (size_t i = 0; i < KEY_NAMES; i++) {
        const json_t *value = json_object_get(object, known[i]);
        pointer_join(item, sizeof item, pointer, known[i]);
        if (json_is_array(value) && strcmp(known[i], "event") == 0)
            RETURN_IF_ERROR(read_event_parts(schema, value, item, err));
        else if (value)
            RETURN_IF_ERROR(read_key(schema, i, value, item, err));
    }
    return STATUS_OK;
}

/* A time of "time_range". */
static enum status read_instant(const json_t *object, const char *key, const char *where,
                                int64_t *us, struct error *err)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    char pointer[POINTER_BYTES];
    if (text && timestamp_parse(text, strlen(text), us))
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, pointer_join(pointer, sizeof pointer, where, key),
        "a time as RFC 3339 has it", json_kind(value), "cannot be read as a time");
}

/* A duration of "time_range". */
static enum status read_seconds(const json_t *object, const char *key, const char *where,
                                int64_t *us, struct error *err)
{
    const int64_t most = INT64_C(10000) * 366 * 86400;
    const json_t *value = json_object_get(object, key);
    json_int_t seconds = json_integer_value(value);
    char pointer[POINTER_BYTES];
    bool is_fine = json_is_integer(value) && seconds >= 0 && seconds <= most;
    *us = is_fine ? seconds * 1000000 : 0;
    if (is_fine)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, pointer_join(pointer, sizeof pointer, where, key),
        "a whole number of seconds", json_kind(value), "expected a number of seconds");
}

static enum status read_time_range(struct schema *schema, const json_t *object,
                                   const char *where, struct error *err)
{
    static const char *const keys[] = {"first", "last", "longest_gap", "longest_span",
                                       NULL};
    struct time_range *range = &schema->time_range;
    char pointer[POINTER_BYTES];
    if (!object)
        return STATUS_OK;
    pointer_join(pointer, sizeof pointer, where, "time_range");
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_INPUT, pointer, "an object",
                              json_kind(object), "expected an object");
    RETURN_IF_ERROR(json_check_keys(
        object, keys, "first, last, longest_gap or longest_span", pointer, err));
    RETURN_IF_ERROR(read_instant(object, "first", pointer, &range->first, err));
    RETURN_IF_ERROR(read_instant(object, "last", pointer, &range->last, err));
    RETURN_IF_ERROR(
        read_seconds(object, "longest_gap", pointer, &range->longest_gap, err));
    RETURN_IF_ERROR(
        read_seconds(object, "longest_span", pointer, &range->longest_span, err));
    range->is_known = true;
    return STATUS_OK;
}

static enum status read_schema(struct schema *schema, const json_t *object,
                               const char *where, struct error *err)
{
    static const char *const keys[] = {"fields",         "time",  "keys", "time_range",
                                       "length_deciles", "hours", NULL};
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_INPUT, where, "an object",
                              json_kind(object), "a schema must be an object");
    RETURN_IF_ERROR(
        json_check_keys(object, keys, "fields, time, keys, time_range, ...", where, err));
    RETURN_IF_ERROR(read_fields(schema, json_object_get(object, "fields"), where, err));
    RETURN_IF_ERROR(
        read_time_features(schema, json_object_get(object, "time"), where, err));
    RETURN_IF_ERROR(read_keys(schema, json_object_get(object, "keys"), where, err));
    RETURN_IF_ERROR(
        read_time_range(schema, json_object_get(object, "time_range"), where, err));
    RETURN_IF_ERROR(profile_read(object, "length_deciles", PROFILE_LENGTHS,
                                 &schema->length_deciles, &schema->arena, where, err));
    RETURN_IF_ERROR(profile_read(object, "hours", PROFILE_SHARES, &schema->hours,
                                 &schema->arena, where, err));
    schema_update(schema);
    return STATUS_OK;
}

struct schema *triage_schema_read(const struct json_t *object, const char *where,
                                  struct error *err)
{
    struct schema *schema = calloc(1, sizeof *schema);
    if (!schema) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&schema->arena, SIZE_MAX);
    if (read_schema(schema, object, where, err) == STATUS_OK)
        return schema;
    triage_schema_free(schema);
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_scale(struct strbuf *out, const char *prefix, const struct scale *scale)
{
    strbuf_printf(out, ", \"%smean\": ", prefix);
    strbuf_float(out, scale->mean);
    strbuf_printf(out, ", \"%sscale\": ", prefix);
    strbuf_float(out, scale->scale);
}

static void write_share(struct strbuf *out, const char *key, float share)
{
    if (share < 0.0f)
        return;
    strbuf_printf(out, ", \"%s\": ", key);
    strbuf_float(out, share);
}

static void write_field(struct strbuf *out, const struct field *field)
{
    strbuf_add(out, "{\"name\": ");
    strbuf_json_string(out, field->name, strlen(field->name));
    if (field->kind == FIELD_NUMBER) {
        strbuf_add(out, ", \"kind\": \"number\"");
        write_scale(out, "", &field->number);
        write_scale(out, "missing_", &field->missing);
        strbuf_add(out, field->has_booleans ? ", \"booleans\": true" : "");
        profile_write(out, "deciles", PROFILE_DECILES, field->deciles);
        if (field->histories > 0)
            strbuf_printf(out, ", \"histories\": %" PRIu32, field->histories);
        strbuf_add(out, "}");
        return;
    }
    strbuf_add(out, ", \"kind\": \"category\", \"values\": [");
    for (uint32_t i = 0; i < field->values.count; i++) {
        const struct strmap_key *value = &field->values.keys[i];
        strbuf_add(out, i == 0 ? "" : ", ");
        strbuf_json_string(out, value->bytes, value->length);
    }
    strbuf_add(out, "]");
    write_share(out, "most_frequent", field->most_frequent);
    write_share(out, "missing_share", field->missing_share);
    strbuf_add(out, "}");
}

static void write_event_parts(struct strbuf *out, const struct name_keys *parts)
{
    for (uint32_t i = 0; i < parts->count; i++) {
        strbuf_add(out, i == 0 ? "[" : ", ");
        strbuf_json_string(out, parts->list[i].bytes, parts->list[i].length);
    }
    strbuf_add(out, "]");
}

/* Write the keys that differ from the defaults; nothing if none does. */
static void write_keys(struct strbuf *out, const struct schema *schema)
{
    struct schema_keys keys = schema->keys, defaults = SCHEMA_KEYS_DEFAULT;
    bool has_any = false;
    for (size_t i = 0; i < KEY_NAMES; i++) {
        const char *text = *key_of(&keys, i);
        if (strcmp(text, *key_of(&defaults, i)) == 0)
            continue;
        strbuf_printf(out, "%s\"%s\": ", has_any ? ", " : ", \"keys\": {",
                      key_names[i].name);
        if (schema->event_parts.count > 0 && strcmp(key_names[i].name, "event") == 0)
            write_event_parts(out, &schema->event_parts);
        else
            strbuf_json_string(out, text, strlen(text));
        has_any = true;
    }
    strbuf_add(out, has_any ? "}" : "");
}

static void write_time_range(struct strbuf *out, const struct time_range *range)
{
    const int64_t second = 1000000;
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    if (!range->is_known)
        return;
    timestamp_format(first, range->first);
    timestamp_format(last, range->last);
    strbuf_printf(out,
                  ", \"time_range\": {\"first\": \"%s\", \"last\": \"%s\", "
                  "\"longest_gap\": %lld, \"longest_span\": %lld}",
                  first, last, (long long)((range->longest_gap + second - 1) / second),
                  (long long)((range->longest_span + second - 1) / second));
}

void triage_schema_write(const struct schema *schema, struct strbuf *out)
{
    strbuf_add(out, "{\"fields\": [");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        write_field(out, &schema->fields[i]);
    }
    strbuf_add(out, "], \"time\": [");
    for (uint32_t i = 0; i < schema->time_count; i++) {
        const struct time_feature *feature = &schema->times[i];
        strbuf_printf(out, "%s{\"name\": \"%s\"", i == 0 ? "" : ", ",
                      time_feature_names[feature->kind]);
        write_scale(out, "", &feature->scale);
        strbuf_add(out, "}");
    }
    strbuf_add(out, "]");
    write_keys(out, schema);
    write_time_range(out, &schema->time_range);
    profile_write(out, "length_deciles", PROFILE_LENGTHS, schema->length_deciles);
    profile_write(out, "hours", PROFILE_SHARES, schema->hours);
    strbuf_add(out, "}");
}
