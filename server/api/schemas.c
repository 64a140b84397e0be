#include "api/schemas.h"

#include "engine.h"

/* Names stand in references, and need no escape there: registry.c sees to it. */
static const char *const fixed[] = {
    "'Problem': {'type': 'object', 'description': 'RFC 9457', 'additionalProperties': "
    "false, "
    "'required': ['type', 'title', 'status', 'detail'], 'properties': {"
    "'type': {'const': 'about:blank'}, 'title': {'type': 'string', 'minLength': 1}, "
    "'status': {'type': 'integer', 'minimum': 400, 'maximum': 599}, "
    "'detail': {'type': 'string', 'minLength': 1}, "
    "'errors': {'type': 'array', 'minItems': 1, 'items': {'$ref': "
    "'#/components/schemas/Place'}}, "
    "'line': {'type': 'integer', 'minimum': 1}, 'column': {'type': 'integer', 'minimum': "
    "0}, "
    "'request_id': {'type': 'string', 'minLength': 1}}}",

    "'Place': {'type': 'object', 'additionalProperties': false, "
    "'required': ['pointer', 'detail'], 'properties': {"
    "'pointer': {'type': 'string', 'pattern': '^(/.*)?$', 'description': "
    "'JSON Pointer into the body'}, 'detail': {'type': 'string', 'minLength': 1}, "
    "'expected': {'type': 'string'}, 'received': {'type': 'string'}}}",

    "'Health': {'type': 'object', 'additionalProperties': false, 'required': ['status'], "
    "'properties': {'status': {'enum': ['alive', 'ready']}, 'version': {'type': "
    "'string'}, "
    "'kernel': {'type': 'string'}, 'models': {'type': 'integer', 'minimum': 1}, "
    "'loops': {'type': 'integer', 'minimum': 1}, "
    "'connections': {'type': 'integer', 'minimum': 0}, "
    "'jobs': {'type': 'integer', 'minimum': 0}, "
    "'uptime_seconds': {'type': 'integer', 'minimum': 0}}}",

    "'Models': {'type': 'object', 'additionalProperties': false, 'required': ['models'], "
    "'properties': {'models': {'type': 'array', 'minItems': 1, 'items': "
    "{'type': 'object', 'additionalProperties': false, "
    "'required': ['name', 'digest', 'default', 'ready'], 'properties': "
    "{'name': {'$ref': '#/components/schemas/Name'}, "
    "'digest': {'$ref': '#/components/schemas/Digest'}, "
    "'default': {'type': 'boolean'}, 'ready': {'type': 'boolean'}}}}}}",

    "'Digest': {'type': 'string', 'description': 'of the file', 'pattern': "
    "'^sha256:[0-9a-f]{64}$'}",

    "'Model': {'type': 'object', 'additionalProperties': false, 'required': "
    "['name', 'digest', 'default', 'ready', 'numerics', 'schema', 'network', 'target', "
    "'actions', 'temperature'], 'properties': "
    "{'name': {'$ref': '#/components/schemas/Name'}, "
    "'digest': {'$ref': '#/components/schemas/Digest'}, "
    "'default': {'type': 'boolean'}, 'ready': {'type': 'boolean'}, "
    "'numerics': {'type': 'integer', 'minimum': 0}, "
    "'schema': {'type': 'object', 'required': ['fields', 'time'], 'properties': "
    "{'fields': {'type': 'array', 'minItems': 1, 'items': "
    "{'type': 'object', 'required': ['name', 'kind'], 'properties': "
    "{'name': {'type': 'string'}, 'kind': {'enum': ['category', 'number']}, "
    "'values': {'type': 'array', 'items': {'type': 'string'}}, "
    "'mean': {'type': 'number'}, 'scale': {'type': 'number'}}}}, "
    "'time': {'type': 'array', 'items': {'type': 'object', "
    "'required': ['name', 'mean', 'scale'], 'properties': {'name': {'type': 'string'}, "
    "'mean': {'type': 'number'}, 'scale': {'type': 'number'}}}}}}, "
    "'network': {'type': 'object', 'required': ['cell', 'embedding', 'hidden', 'layers', "
    "'directions'], 'properties': {'cell': {'type': 'string'}, "
    "'embedding': {'type': 'integer', 'minimum': 0}, "
    "'hidden': {'type': 'integer', 'minimum': 1}, "
    "'layers': {'type': 'integer', 'minimum': 1}, "
    "'directions': {'type': 'integer', 'minimum': 1, 'maximum': 2}}}, "
    "'target': {'type': 'string'}, "
    "'actions': {'type': 'array', 'minItems': 2, 'items': {'type': 'string'}}, "
    "'temperature': {'type': 'number'}, "
    "'report': {'type': 'object', 'description': 'of its training'}}}",

    "'Time': {'description': 'RFC 3339, or seconds since the epoch; all events of a "
    "history "
    "have one, or none', 'type': ['string', 'number', 'null'], "
    "'examples': ['2026-11-22T10:04:00Z', 1795341840]}",

    "'Id': {'type': ['string', 'integer', 'null'], 'description': 'comes back'}",

    "'Predictions': {'anyOf': [{'$ref': '#/components/schemas/Prediction'}, "
    "{'type': 'object', 'additionalProperties': false, 'required': ['predictions'], "
    "'properties': {'predictions': {'type': 'array', 'minItems': 1, 'items': "
    "{'$ref': '#/components/schemas/Prediction'}}}}]}",

    "'LineAnswer': {'anyOf': [{'$ref': '#/components/schemas/Prediction'}, "
    "{'type': 'object', 'additionalProperties': false, 'required': ['line', 'error'], "
    "'properties': {'line': {'type': 'integer', 'minimum': 1}, "
    "'id': {'type': ['string', 'integer']}, "
    "'error': {'$ref': '#/components/schemas/Problem'}}}]}",

    "'Document': {'type': 'object', 'description': 'this document', "
    "'required': ['openapi', 'info', 'paths', 'components'], 'properties': "
    "{'openapi': {'const': '3.1.0'}, 'info': {'type': 'object'}, "
    "'paths': {'type': 'object'}, 'components': {'type': 'object'}}}",
};

/* One of several: a schema of that kind for each model. */
static void add_choice(struct strbuf *text, const char *kind,
                       const struct registry *registry)
{
    strbuf_quoted(text, ", '%s': {'anyOf': [", kind);
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s{'$ref': '#/components/schemas/%s.%s'}", i ? ", " : "",
                      kind, registry_at(registry, i)->name);
    strbuf_add(text, "]}");
}

static void add_name(struct strbuf *text, const struct registry *registry)
{
    strbuf_quoted(text, ", 'Name': {'description': 'of a model', 'enum': [");
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s'%s'", i ? ", " : "", registry_at(registry, i)->name);
    strbuf_add(text, "]}");
}

/* What a model takes. */
static void add_history(struct strbuf *text, const struct registry_entry *entry,
                        const struct options *options)
{
    const char *name = entry->name;
    strbuf_quoted(text, ", 'Fields.%s': ", name);
    triage_json_schema_fields(entry->model, text);
    strbuf_quoted(
        text,
        ", 'Event.%s': {'anyOf': [{'type': 'string', 'description': 'its name: see "
        "event in Fields.%s'}, {'allOf': [{'$ref': "
        "'#/components/schemas/Fields.%s'}, {'type': 'object', 'properties': "
        "{'time': {'$ref': '#/components/schemas/Time'}}}]}]}",
        name, name, name);
    strbuf_quoted(
        text,
        ", 'History.%s': {'type': 'object', 'required': ['events'], 'properties': "
        "{'id': {'$ref': '#/components/schemas/Id'}, 'events': {'type': 'array', "
        "'minItems': 1, 'maxItems': %u, 'items': {'$ref': "
        "'#/components/schemas/Event.%s'}, 'description': 'oldest first, unless they "
        "have times'}, 'fields': {'description': 'what is true of every event', "
        "'anyOf': [{'$ref': '#/components/schemas/Fields.%s'}, {'type': 'null'}]}}}",
        name, (unsigned)options->max_events, name, name);
}

/* A request may leave out the name of the default model. */
static void add_request(struct strbuf *text, const struct registry_entry *entry,
                        bool is_default, const struct options *options)
{
    const char *name = entry->name, *needs = is_default ? "" : "'required': ['model'], ";
    strbuf_quoted(text,
                  ", 'Line.%s': {'allOf': [{'$ref': '#/components/schemas/History.%s'}, "
                  "{'type': 'object', %s'properties': {'model': {'const': '%s'}, "
                  "'histories': false}}]}",
                  name, name, needs, name);
    strbuf_quoted(
        text,
        ", 'Request.%s': {'anyOf': [{'$ref': '#/components/schemas/Line.%s'}, "
        "{'allOf': [{'type': 'object', 'required': ['histories'], 'properties': "
        "{'events': false, 'histories': {'type': 'array', 'minItems': 1, "
        "'maxItems': %u, 'items': {'$ref': '#/components/schemas/History.%s'}}}}, "
        "{'type': 'object', %s'properties': {'model': {'const': '%s'}}}]}]}",
        name, name, (unsigned)options->max_histories, name, needs, name);
}

void schemas_write(struct strbuf *text, const struct registry *registry,
                   const struct options *options)
{
    strbuf_add(text, "{");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        strbuf_quoted(text, "%s%s", i ? ", " : "", fixed[i]);
    add_name(text, registry);
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct registry_entry *entry = registry_at(registry, i);
        add_history(text, entry, options);
        add_request(text, entry, entry == registry_default(registry), options);
        strbuf_quoted(text, ", 'Prediction.%s': ", entry->name);
        triage_json_schema_answer(entry->model, entry->name, text);
    }
    add_choice(text, "Request", registry);
    add_choice(text, "Line", registry);
    add_choice(text, "Prediction", registry);
    strbuf_add(text, "}");
}
