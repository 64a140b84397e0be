/*
 * Two JSON Schemas of a model: of the fields that triage_history_decode reads, and of the object
 * that answer_write appends.  The first is not stricter than the decoder: unknown values and fields
 * are valid input, so the known values are "examples", and other fields are allowed.
 */
#include "model/json_schema.h"

#include <string.h>

enum { EXAMPLES = 100 }; /* the most values of a field that are listed */

static void add_strings(struct strbuf *out, const char *const *strings, uint32_t count)
{
    strbuf_add(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        strbuf_json_string(out, strings[i], strlen(strings[i]));
    }
    strbuf_add(out, "]");
}

static void add_field(struct strbuf *out, const struct field *field)
{
    uint32_t count = field->values.count;
    strbuf_json_string(out, field->name, strlen(field->name));
    if (field->kind == FIELD_NUMBER) {
        strbuf_quoted(out, ": {'type': ['number', 'null']}");
        return;
    }
    strbuf_quoted(out,
                  ": {'type': ['string', 'boolean', 'null'], 'description': "
                  "'%u known values%s'",
                  (unsigned)count, count > EXAMPLES ? ", the first as examples" : "");
    if (count > 0) {
        strbuf_quoted(out, ", 'examples': ");
        strbuf_add(out, "[");
        for (uint32_t i = 0; i < count && i < EXAMPLES; i++) {
            const struct strmap_key *value = &field->values.keys[i];
            strbuf_add(out, i == 0 ? "" : ", ");
            strbuf_json_string(out, value->bytes, value->length);
        }
        strbuf_add(out, "]");
    }
    strbuf_add(out, "}");
}

void json_schema_fields(const struct trained_model *model, struct strbuf *out)
{
    const struct schema *schema = model->schema;
    strbuf_quoted(out, "{'type': 'object', 'properties': {");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        add_field(out, &schema->fields[i]);
    }
    strbuf_add(out, "}}");
}

static void add_probabilities(struct strbuf *out, const struct trained_model *model)
{
    strbuf_quoted(out, "{'type': 'object', 'additionalProperties': false, 'required': ");
    add_strings(out, model->actions, model->action_count);
    strbuf_quoted(out, ", 'properties': {");
    for (uint32_t i = 0; i < model->action_count; i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        strbuf_json_string(out, model->actions[i], strlen(model->actions[i]));
        strbuf_quoted(out, ": {'type': 'number', 'minimum': 0, 'maximum': 1}");
    }
    strbuf_add(out, "}}");
}

static void add_model(struct strbuf *out, const struct trained_model *model,
                      const char *name)
{
    strbuf_quoted(out, "{'type': 'object', 'additionalProperties': false, "
                       "'required': ['name', 'digest'], 'properties': "
                       "{'name': {'const': ");
    strbuf_json_string(out, name, strlen(name));
    strbuf_quoted(out, "}, 'digest': {'const': ");
    strbuf_json_string(out, model->digest, strlen(model->digest));
    strbuf_quoted(out, "}, 'kernel': {'type': 'string', 'description': "
                       "'only if its bits differ from the definition'}}}");
}

void json_schema_answer(const struct trained_model *model, const char *name,
                        struct strbuf *out)
{
    strbuf_quoted(out, "{'type': 'object', 'additionalProperties': false, 'required': "
                       "['action', 'probabilities', 'events', 'reordered', 'unknown', "
                       "'unknown_count', 'ignored', 'model'], 'properties': "
                       "{'id': {'type': ['string', 'integer']}, 'action': {'enum': ");
    add_strings(out, model->actions, model->action_count);
    strbuf_quoted(out, "}, 'probabilities': ");
    add_probabilities(out, model);
    strbuf_quoted(out, ", 'events': {'type': 'integer', 'minimum': 1}, "
                       "'reordered': {'type': 'boolean', 'description': "
                       "'times moved an event'}, ");
    strbuf_quoted(out, "'unknown': {'type': 'array', 'maxItems': 100, 'description': "
                       "'values that are not in the schema', 'items': "
                       "{'type': 'object', 'additionalProperties': false, "
                       "'required': ['pointer', 'value'], 'properties': "
                       "{'pointer': {'type': 'string', 'pattern': '^/'}, "
                       "'value': {'type': 'string'}}}}, ");
    strbuf_quoted(out, "'unknown_count': {'type': 'integer', 'minimum': 0}, "
                       "'ignored': {'type': 'object', 'maxProperties': 100, "
                       "'description': 'fields that are not in the schema, and how "
                       "often they occur', 'additionalProperties': "
                       "{'type': 'integer', 'minimum': 1}}, 'model': ");
    add_model(out, model, name);
    strbuf_add(out, "}}");
}
