/* Both schemas are JSON; the model's is written, and then changed. */
#include "data/schema/schema_growth.h"

#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "trainer.h"

enum { MAX_LISTED = 8 }; /* values in a note */

/* The item of a list with that name, or NULL. */
static json_t *find(const json_t *list, const char *name)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0)
            return item;
    }
    return NULL;
}

/* The schema as JSON, without what it says of the training data; NULL if memory runs out. */
static json_t *write_plain(const struct schema *schema)
{
    static const char *const of_schema[] = {"time_range", "length_deciles", "hours"};
    static const char *const of_field[] = {"deciles", "histories", "most_frequent",
                                           "missing_share"};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, NULL);
    json_t *field;
    size_t i;
    for (size_t k = 0; k < sizeof of_schema / sizeof *of_schema; k++)
        (void)json_object_del(json, of_schema[k]);
    json_array_foreach(json_object_get(json, "fields"), i, field)
    {
        for (size_t k = 0; k < sizeof of_field / sizeof *of_field; k++)
            (void)json_object_del(field, of_field[k]);
    }
    strbuf_release(&text);
    return json;
}

/* Append the values that the model does not have.  False if memory runs out. */
static bool add_values(json_t *field, const struct field *known, const json_t *inferred,
                       struct messages *messages)
{
    json_t *values = json_object_get(field, "values"), *value;
    struct strbuf names;
    size_t i, count = 0;
    strbuf_init(&names, SIZE_MAX);
    strbuf_add(&names, "");
    bool is_complete = true;
    json_array_foreach(json_object_get(inferred, "values"), i, value)
    {
        if (field_id(known, json_string_value(value)) != SCHEMA_UNKNOWN)
            continue;
        is_complete = json_array_append(values, value) == 0 && is_complete;
        if (count++ < MAX_LISTED)
            strbuf_printf(&names, "%s \"%.64s\"", count > 1 ? "," : "",
                          json_string_value(value));
    }
    is_complete = is_complete && !names.has_failed;
    if (count > 0 && is_complete)
        messages_note(messages, "field \"%s\": %zu value%s new to the model:%s%s",
                      known->name, count, count == 1 ? " is" : "s are", names.bytes,
                      count > MAX_LISTED ? ", ..." : "");
    strbuf_release(&names);
    return is_complete;
}

/* A field of the model. */
static enum status grow_field(json_t *field, const struct field *known,
                              const json_t *inferred, struct messages *messages,
                              const char *file, struct error *err)
{
    const json_t *found = find(json_object_get(inferred, "fields"), known->name);
    if (!found)
        return error_set(err, STATUS_BAD_INPUT, file,
                         "no training history has a value of the field \"%.64s\", which "
                         "the model has",
                         known->name);
    bool is_number =
        strcmp(json_string_value(json_object_get(found, "kind")), "number") == 0;
    if (is_number != (known->kind == FIELD_NUMBER))
        return error_mismatch(
            err, STATUS_BAD_INPUT, file, is_number ? "a category" : "a number",
            is_number ? "a number" : "a category",
            "the field \"%.64s\" is a %s here, and a %s in the model", known->name,
            is_number ? "number" : "category", is_number ? "category" : "number");
    if (known->kind == FIELD_CATEGORY)
        return add_values(field, known, found, messages) ? STATUS_OK
                                                         : error_no_memory(err);
    if (json_object_get(found, "booleans") &&
        json_object_set(field, "booleans", json_true()) != 0)
        return error_no_memory(err);
    return STATUS_OK;
}

static enum status grow(json_t *schema, const struct schema *from, const json_t *inferred,
                        struct messages *messages, const char *file, struct error *err)
{
    json_t *fields = json_object_get(schema, "fields"), *field;
    size_t i;
    for (uint32_t f = 0; f < from->field_count; f++)
        RETURN_IF_ERROR(grow_field(json_array_get(fields, f), &from->fields[f], inferred,
                                   messages, file, err));
    json_array_foreach(json_object_get(inferred, "fields"), i, field)
    {
        const char *name = json_string_value(json_object_get(field, "name"));
        if (schema_find(from, name))
            continue;
        messages_note(messages, "field \"%s\" is new to the model", name);
        if (json_array_append(fields, field) != 0)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

json_t *schema_grow(const struct schema *from, const json_t *inferred,
                    struct messages *messages, const char *file, struct error *err)
{
    json_t *schema = write_plain(from);
    enum status status =
        schema ? grow(schema, from, inferred, messages, file, err) : error_no_memory(err);
    if (status == STATUS_OK)
        return schema;
    json_decref(schema);
    return NULL;
}
