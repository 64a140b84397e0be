/* See schema.h. */
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

#include "model/features.h"
#include "trainer.h"

const char *const time_names[TIME_KINDS] = {
    "since_previous", "since_first", "hour_sin", "hour_cos",
    "weekday_sin",    "weekday_cos", "missing",
};

uint32_t schema_inputs(const struct schema *schema)
{
    return 2 * schema->numbers + schema->time_count;
}

const struct field *schema_category(const struct schema *schema, uint32_t k)
{
    const struct field *column = schema->fields;

    while (column->kind != FIELD_CATEGORY || column->index != k)
        column++;
    return column;
}

uint32_t schema_rows(const struct schema *schema, uint32_t k)
{
    return SCHEMA_FIRST + schema_category(schema, k)->values.count;
}

const struct field *schema_find(const struct schema *schema, const char *name)
{
    return schema_find_bytes(schema, name, strlen(name));
}

const struct field *schema_find_bytes(const struct schema *schema, const char *name,
                                      size_t length)
{
    uint32_t index = strmap_find(&schema->field_names, name, length);

    return index == MAP_NONE ? NULL : &schema->fields[index];
}

bool triage_schema_is_category(const struct schema *schema, const char *name)
{
    const struct field *column = schema_find(schema, name);

    return column != NULL && column->kind == FIELD_CATEGORY;
}

uint32_t triage_schema_event_count(const struct schema *schema)
{
    return schema_find(schema, "event")->values.count;
}

const char *triage_schema_event(const struct schema *schema, uint32_t index)
{
    return schema_find(schema, "event")->values.keys[index].bytes;
}

int64_t triage_schema_event_at(const struct schema *schema, const struct history *history,
                               uint32_t t)
{
    const struct field *event = schema_find(schema, "event");
    uint32_t id = history->ids[(size_t)t * schema->categories + event->index];

    return (int64_t)id - SCHEMA_FIRST < 0 ? -1 : (int64_t)id - SCHEMA_FIRST;
}

const char *triage_schema_field(const struct schema *schema, uint32_t index)
{
    return index < schema->field_count ? schema->fields[index].name : NULL;
}

bool triage_schema_has_field(const struct schema *schema, uint32_t index,
                             const struct history *history, uint32_t t)
{
    const struct field *column = &schema->fields[index];
    size_t K = schema->categories, F = schema_inputs(schema), place = column->index;

    if (column->kind == FIELD_CATEGORY)
        return history->ids[t * K + place] != SCHEMA_MISSING;
    return history->values[t * F + 2 * place + 1] != column->flags[1];
}

uint32_t field_id(const struct field *column, const char *value)
{
    return field_id_bytes(column, value, strlen(value));
}

uint32_t field_id_bytes(const struct field *column, const char *value, size_t length)
{
    uint32_t index = strmap_find(&column->values, value, length);

    return index == MAP_NONE ? SCHEMA_UNKNOWN : index + SCHEMA_FIRST;
}

void schema_update(struct schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct field *column = &schema->fields[i];
        for (int flag = 0; column->kind == FIELD_NUMBER && flag < 2; flag++)
            column->flags[flag] = schema_scale(schema, &column->missing, flag);
    }
    features_settle(schema);
}

void triage_schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    arena_release(&schema->arena);
    free(schema);
}

static void write_scale(struct strbuf *text, const char *prefix,
                        const struct scale *scale)
{
    strbuf_printf(text, ", \"%smean\": ", prefix);
    strbuf_float(text, scale->mean);
    strbuf_printf(text, ", \"%sscale\": ", prefix);
    strbuf_float(text, scale->scale);
}

static void write_column(struct strbuf *text, const struct field *column)
{
    strbuf_add(text, "{\"name\": ");
    strbuf_json_string(text, column->name, strlen(column->name));
    if (column->kind == FIELD_CATEGORY) {
        strbuf_add(text, ", \"kind\": \"category\", \"values\": [");
        for (uint32_t i = 0; i < column->values.count; i++) {
            const struct strmap_key *value = &column->values.keys[i];
            strbuf_add(text, i == 0 ? "" : ", ");
            strbuf_json_string(text, value->bytes, value->length);
        }
        strbuf_add(text, "]}");
    } else {
        strbuf_add(text, ", \"kind\": \"number\"");
        write_scale(text, "", &column->number);
        write_scale(text, "missing_", &column->missing);
        strbuf_add(text, "}");
    }
}

void triage_schema_write(const struct schema *schema, struct strbuf *text)
{
    strbuf_add(text, "{\"fields\": [");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        write_column(text, &schema->fields[i]);
    }
    strbuf_add(text, "], \"time\": [");
    for (uint32_t i = 0; i < schema->time_count; i++) {
        strbuf_printf(text, "%s{\"name\": \"%s\"", i == 0 ? "" : ", ",
                      time_names[schema->times[i].kind]);
        write_scale(text, "", &schema->times[i].scale);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]}");
}
