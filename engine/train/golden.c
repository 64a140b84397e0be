/* See golden.h. */
#include "train/golden.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "infer/model.h"

enum { MARKS = 8 };

/* A text that a categorical field does not know. */
static const char *unknown_text(const struct field *field)
{
    static const char marks[MARKS + 1] = "????????";
    const char *text = marks + MARKS - 1;

    while (text > marks && field_id(field, text) != SCHEMA_UNKNOWN)
        text--;
    return text;
}

/* value as it may be kept; a new reference, or NULL when memory has run out. */
static json_t *kept_value(const struct field *field, json_t *value)
{
    bool is_unknown = field->kind == FIELD_CATEGORY && json_is_string(value) &&
                      field_id(field, json_string_value(value)) == SCHEMA_UNKNOWN;

    return is_unknown ? json_string(unknown_text(field)) : json_incref(value);
}

static json_t *kept_fields(const struct schema *schema, const json_t *object)
{
    json_t *kept = json_object(), *value;
    const char *key;
    bool is_whole = kept != NULL;

    json_object_foreach(json_iterable(object), key, value)
    {
        const struct field *field = schema_find(schema, key);
        if (is_whole && field != NULL)
            is_whole = json_object_set_new(kept, key, kept_value(field, value)) == 0;
        else if (is_whole && strcmp(key, "time") == 0)
            is_whole = json_object_set(kept, key, value) == 0;
    }
    if (is_whole)
        return kept;
    json_decref(kept);
    return NULL;
}

/* One of which only the name is kept is written as its name, however it was given. */
static json_t *kept_event(const struct schema *schema, json_t *event)
{
    json_t *kept, *name;

    if (!json_is_object(event))
        return kept_value(schema_find(schema, "event"), event);
    kept = kept_fields(schema, event);
    name = json_object_get(kept, "event");
    if (json_object_size(kept) != 1 || !json_is_string(name))
        return kept;
    json_incref(name);
    json_decref(kept);
    return name;
}

/* {"events", "fields"} with what the schema knows; NULL when memory has run out. */
static json_t *kept_history(const struct schema *schema, const json_t *history)
{
    const json_t *fields = json_object_get(history, "fields");
    json_t *kept = json_object(), *events = json_array(), *event;
    bool is_whole = json_object_set_new(kept, "events", events) == 0;
    size_t i;

    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        is_whole =
            is_whole && json_array_append_new(events, kept_event(schema, event)) == 0;
    }
    if (json_is_object(fields))
        is_whole = is_whole &&
                   json_object_set_new(kept, "fields", kept_fields(schema, fields)) == 0;
    if (is_whole)
        return kept;
    json_decref(kept);
    return NULL;
}

enum status golden_write(const struct model *model, const json_t *history,
                         struct strbuf *text, struct error *err)
{
    size_t count = triage_model_actions(model);
    float *probabilities = calloc(count, sizeof *probabilities);
    enum status status = probabilities == NULL
                             ? error_no_memory(err)
                             : model_replay(model, history, probabilities, err);
    json_t *kept =
        status == STATUS_OK ? kept_history(model->trained->schema, history) : NULL;

    if (status == STATUS_OK && kept == NULL)
        status = error_no_memory(err);
    if (status == STATUS_OK) {
        json_write(text, kept, 17);
        if (!text->has_failed)
            text->length--; /* the probabilities go in before the last brace */
        strbuf_add(text, ", \"probabilities\": [");
        for (size_t i = 0; i < count; i++) {
            strbuf_add(text, i == 0 ? "" : ", ");
            strbuf_float(text, probabilities[i]);
        }
        strbuf_add(text, "]}");
        status = text->has_failed ? error_no_memory(err) : STATUS_OK;
    }
    json_decref(kept);
    free(probabilities);
    return status;
}
