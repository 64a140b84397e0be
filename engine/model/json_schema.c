/*
 * What a model takes and gives, as JSON Schemas (2020-12): the fields that history_decode knows
 * and the object that answer_write appends.  They say no more than the code does: unknown values
 * and fields are no mistakes, so values are examples here and other fields are allowed.
 */
#include <string.h>

#include "base/strbuf.h"
#include "engine.h"
#include "model/trained_model.h"

enum {
    EXAMPLES = 100
}; /* values of a field that are named; a field may know a million */

static void add_strings(struct strbuf *text, const char *const *strings, uint32_t count)
{
    strbuf_add(text, "[");
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_json_string(text, strings[i], strlen(strings[i]));
    }
    strbuf_add(text, "]");
}

static void add_column(struct strbuf *text, const struct field *column)
{
    uint32_t count = column->values.count;

    strbuf_json_string(text, column->name, strlen(column->name));
    if (column->kind == FIELD_NUMBER) {
        strbuf_quoted(text, ": {'type': ['number', 'null']}");
        return;
    }
    strbuf_quoted(text,
                  ": {'type': ['string', 'boolean', 'null'], 'description': "
                  "'%u known values%s'",
                  (unsigned)count, count > EXAMPLES ? ", the first as examples" : "");
    if (count > 0) {
        strbuf_quoted(text, ", 'examples': ");
        strbuf_add(text, "[");
        for (uint32_t i = 0; i < count && i < EXAMPLES; i++) {
            const struct strmap_key *value = &column->values.keys[i];
            strbuf_add(text, i == 0 ? "" : ", ");
            strbuf_json_string(text, value->bytes, value->length);
        }
        strbuf_add(text, "]");
    }
    strbuf_add(text, "}");
}

void json_schema_fields(const struct trained_model *model, struct strbuf *text)
{
    const struct schema *schema = model->schema;

    strbuf_quoted(text, "{'type': 'object', 'properties': {");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        add_column(text, &schema->fields[i]);
    }
    strbuf_add(text, "}}");
}

static void add_probabilities(struct strbuf *text, const struct trained_model *model)
{
    strbuf_quoted(text, "{'type': 'object', 'additionalProperties': false, 'required': ");
    add_strings(text, model->actions, model->action_count);
    strbuf_quoted(text, ", 'properties': {");
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_json_string(text, model->actions[i], strlen(model->actions[i]));
        strbuf_quoted(text, ": {'type': 'number', 'minimum': 0, 'maximum': 1}");
    }
    strbuf_add(text, "}}");
}

static void add_source(struct strbuf *text, const struct trained_model *model,
                       const char *name)
{
    strbuf_quoted(text, "{'type': 'object', 'additionalProperties': false, "
                        "'required': ['name', 'digest'], 'properties': "
                        "{'name': {'const': ");
    strbuf_json_string(text, name, strlen(name));
    strbuf_quoted(text, "}, 'digest': {'const': ");
    strbuf_json_string(text, model->digest, strlen(model->digest));
    strbuf_quoted(text, "}, 'kernel': {'type': 'string', 'description': "
                        "'there when its bits differ from those of the definition'}}}");
}

void json_schema_answer(const struct trained_model *model, const char *name,
                        struct strbuf *text)
{
    strbuf_quoted(text, "{'type': 'object', 'additionalProperties': false, 'required': "
                        "['action', 'probabilities', 'events', 'reordered', 'unknown', "
                        "'unknown_count', 'ignored', 'model'], 'properties': "
                        "{'id': {'type': ['string', 'integer']}, 'action': {'enum': ");
    add_strings(text, model->actions, model->action_count);
    strbuf_quoted(text, "}, 'probabilities': ");
    add_probabilities(text, model);
    strbuf_quoted(text, ", 'events': {'type': 'integer', 'minimum': 1}, "
                        "'reordered': {'type': 'boolean', 'description': "
                        "'times moved an event'}, ");
    strbuf_quoted(text, "'unknown': {'type': 'array', 'maxItems': 100, 'description': "
                        "'values that the model has not learnt', 'items': "
                        "{'type': 'object', 'additionalProperties': false, "
                        "'required': ['pointer', 'value'], 'properties': "
                        "{'pointer': {'type': 'string', 'pattern': '^/'}, "
                        "'value': {'type': 'string'}}}}, ");
    strbuf_quoted(text, "'unknown_count': {'type': 'integer', 'minimum': 0}, "
                        "'ignored': {'type': 'object', 'maxProperties': 100, "
                        "'description': 'fields that the model does not know, and how "
                        "often they came', 'additionalProperties': "
                        "{'type': 'integer', 'minimum': 1}}, 'model': ");
    add_source(text, model, name);
    strbuf_add(text, "}}");
}
