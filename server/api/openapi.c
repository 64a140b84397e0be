/*
 * The paths of the document come from the routes, its statuses and headers from the tables below,
 * and the JSON Schemas of events and answers from the loaded models: "Event.lesson" is that of the
 * model "lesson".
 *
 * The JSON is written with strbuf_quoted, which writes each ' as ".
 */
#include "api/openapi.h"

#include <string.h>

#include "api/router.h"
#include "engine.h"
#include "service/context.h"
#include "service/reply.h"

static const char description[] =
    "Event histories in, action probabilities out. HEAD is answered wherever GET is. "
    "Requests that are not described here get a problem too: 404 for another path, 405 "
    "with Allow for another method, 501 for an unknown method. Requests that are not "
    "valid HTTP get a short HTML page from the HTTP library.";

/* The operations that can fail with a status. */
enum operations {
    EVERY_OPERATION,
    OPERATIONS_NAMING_A_MODEL,
    OPERATIONS_TAKING_HISTORIES
};

static const struct failure {
    int code;
    enum operations operations;
    const char *description;
} problems[] = {
    {.code = 400,
     .operations = EVERY_OPERATION,
     .description =
         "An ambiguous request head, or a body that is not JSON, with line and column."},
    {.code = 403,
     .operations = EVERY_OPERATION,
     .description = "A page of another origin, or another host."},
    {.code = 404,
     .operations = OPERATIONS_NAMING_A_MODEL,
     .description = "There is no such model; the known ones are listed."},
    {.code = 408,
     .operations = EVERY_OPERATION,
     .description = "The request did not arrive in time."},
    {.code = 413,
     .operations = EVERY_OPERATION,
     .description = "More bytes, events or histories than the limit."},
    {.code = 415,
     .operations = OPERATIONS_TAKING_HISTORIES,
     .description = "By its Content-Type the body is not JSON."},
    {.code = 417,
     .operations = EVERY_OPERATION,
     .description = "An Expect other than 100-continue."},
    {.code = 422,
     .operations = OPERATIONS_TAKING_HISTORIES,
     .description = "JSON, but not a history; a pointer says where."},
    {.code = 431,
     .operations = EVERY_OPERATION,
     .description = "The request head is larger than the limit."},
    {.code = 500,
     .operations = OPERATIONS_TAKING_HISTORIES,
     .description = "The answer of the model is not a number."},
    {.code = 503,
     .operations = EVERY_OPERATION,
     .description =
         "Overload, shutdown or out of memory; Retry-After says when to try again."},
    {.code = 504,
     .operations = EVERY_OPERATION,
     .description = "The answer was not ready in time."},
};

enum { PROBLEMS = sizeof problems / sizeof *problems };

static bool can_fail_with(const struct route *route, const struct failure *problem)
{
    bool takes_histories = route->method == METHOD_POST;
    switch (problem->operations) {
    case EVERY_OPERATION:
        return true;
    case OPERATIONS_NAMING_A_MODEL:
        return takes_histories || strchr(route->path, '{') != NULL;
    case OPERATIONS_TAKING_HISTORIES:
        return takes_histories;
    }
    return false;
}

/* ---- headers and parameters ------------------------------------------------------------ */

static const struct {
    const char *name, *description, *schema;
} headers[] = {
    {.name = "X-Request-Id",
     .description = "of the request, or a new one",
     .schema = "{'type': 'string', 'pattern': '^[A-Za-z0-9._-]{1,128}$'}"},
    {.name = "traceparent",
     .description = "span of the request in its W3C trace",
     .schema = "{'type': 'string', 'pattern': "
               "'^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'}"},
    {.name = "Server-Timing",
     .description = "milliseconds spent in each phase",
     .schema = "{'type': 'string', 'pattern': "
               "'^[a-z]+;dur=[0-9]+[.][0-9]{3}(, [a-z]+;dur=[0-9]+[.][0-9]{3})*$'}"},
    {.name = "Cache-Control",
     .description = "answers must not be cached",
     .schema = "{'const': 'no-store'}"},
    {.name = "Retry-After",
     .description = "seconds to wait before trying again",
     .schema = "{'type': 'integer', 'minimum': 1}"},
};

/* Only 503 has Retry-After, the last of the table. */
enum { HEADERS_ALL = sizeof headers / sizeof *headers, HEADERS_ALWAYS = HEADERS_ALL - 1 };

static void add_header_references(struct strbuf *text, size_t count)
{
    strbuf_quoted(text, ", 'headers': {");
    for (size_t i = 0; i < count; i++)
        strbuf_quoted(text, "%s'%s': {'$ref': '#/components/headers/%s'}",
                      i > 0 ? ", " : "", headers[i].name, headers[i].name);
    strbuf_add(text, "}");
}

static void add_headers(struct strbuf *text)
{
    strbuf_quoted(text, "'headers': {");
    for (size_t i = 0; i < HEADERS_ALL; i++) {
        strbuf_quoted(text, "%s'%s': {'description': '%s', 'required': true, 'schema': ",
                      i > 0 ? ", " : "", headers[i].name, headers[i].description);
        strbuf_quoted(text, "%s}", headers[i].schema);
    }
    strbuf_add(text, "}");
}

static void add_parameters(struct strbuf *text)
{
    strbuf_quoted(
        text, "'parameters': {'id': {'name': 'X-Request-Id', 'in': 'header', "
              "'description': 'returned in the answer and written to the log, if it has "
              "only letters, digits, dots, dashes and underscores', 'schema': "
              "{'type': 'string', 'minLength': 1, 'maxLength': 128}}, ");
    strbuf_quoted(
        text,
        "'timeout': {'name': 'X-Request-Timeout-Ms', 'in': 'header', "
        "'description': 'time until the answer must be ready, from the request head', "
        "'schema': {'type': 'integer', 'minimum': 1, 'maximum': 86400000}}, ");
    strbuf_quoted(text, "'trace': {'name': 'traceparent', 'in': 'header', 'description': "
                        "'W3C trace that the request belongs to', 'schema': "
                        "{'type': 'string'}}, ");
    strbuf_quoted(text, "'verbose': {'name': 'verbose', 'in': 'query', 'description': "
                        "'adds version, kernel and numbers', 'allowEmptyValue': true, "
                        "'schema': {'type': 'string'}}}");
}

/* ---- responses ------------------------------------------------------------------------- */

static void add_responses(struct strbuf *text)
{
    strbuf_quoted(text, "'responses': {");
    for (size_t i = 0; i < PROBLEMS; i++) {
        int code = problems[i].code;
        strbuf_quoted(text, "%s'%d': {'description': '%s'", i > 0 ? ", " : "", code,
                      problems[i].description);
        add_header_references(text, code == 503 ? HEADERS_ALL : HEADERS_ALWAYS);
        strbuf_quoted(text,
                      ", 'content': {'application/problem+json': {'schema': {'allOf': "
                      "[{'$ref': '#/components/schemas/Problem'}, {'type': 'object', "
                      "'properties': {'status': {'const': %d}}}]}}}}",
                      code);
    }
    strbuf_add(text, "}");
}

static void add_content(struct strbuf *text, const struct route *route)
{
    strbuf_quoted(text, ", 'content': {");
    if (!route->answers)
        strbuf_quoted(text, "'text/plain': {'schema': {'type': 'string'}}");
    else
        strbuf_quoted(
            text, "'application/json': {'schema': {'$ref': '#/components/schemas/%s'}}",
            route->answers);
    if (route->handle_stream)
        strbuf_quoted(
            text,
            ", 'application/x-ndjson': {'schema': {'type': 'string', "
            "'description': 'one line per line of the request', 'contentMediaType': "
            "'application/x-ndjson', 'contentSchema': "
            "{'$ref': '#/components/schemas/LineAnswer'}}}");
    strbuf_add(text, "}");
}

static void add_operation_responses(struct strbuf *text, const struct route *route,
                                    bool has_content)
{
    strbuf_quoted(text, "'responses': {'200': {'description': 'The answer.'");
    add_header_references(text, HEADERS_ALWAYS);
    if (has_content)
        add_content(text, route);
    strbuf_add(text, "}");
    for (size_t i = 0; i < PROBLEMS; i++)
        if (can_fail_with(route, &problems[i]))
            strbuf_quoted(text, ", '%d': {'$ref': '#/components/responses/%d'}",
                          problems[i].code, problems[i].code);
    strbuf_add(text, "}");
}

/* ---- paths ----------------------------------------------------------------------------- */

static void add_body(struct strbuf *text)
{
    strbuf_quoted(
        text,
        "'requestBody': {'required': true, 'description': 'JSON. Content types "
        "that end in +json and the one of curl -d are accepted too.', 'content': "
        "{'application/json': {'schema': {'$ref': '#/components/schemas/Request'}}, "
        "'application/x-ndjson': {'schema': {'type': 'string', 'description': "
        "'one history per line', 'contentMediaType': 'application/x-ndjson', "
        "'contentSchema': {'$ref': '#/components/schemas/Line'}}}}}, ");
}

static void add_operation(struct strbuf *text, const struct route *route,
                          const char *method, const char *prefix, bool has_content)
{
    strbuf_quoted(text,
                  ", '%s': {'operationId': '%s%s', 'summary': '%s', 'description': "
                  "'%s', 'tags': ['%s'], ",
                  method, prefix, route->id, route->title, route->about,
                  route->is_probe ? "probes" : "models");
    if (route->method == METHOD_POST)
        add_body(text);
    add_operation_responses(text, route, has_content);
    strbuf_add(text, "}");
}

/* The parameter {name} of a path. */
static void add_name_parameter(struct strbuf *text, const struct registry *registry)
{
    strbuf_quoted(text, ", {'name': 'name', 'in': 'path', 'required': true, 'schema': "
                        "{'type': 'string', 'enum': [");
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s'%s'", i > 0 ? ", " : "", registry_at(registry, i)->name);
    strbuf_add(text, "]}}");
}

static void add_path(struct strbuf *text, const struct route *route,
                     const struct registry *registry)
{
    strbuf_quoted(text,
                  "'%s': {'parameters': [{'$ref': '#/components/parameters/id'}, "
                  "{'$ref': '#/components/parameters/timeout'}, "
                  "{'$ref': '#/components/parameters/trace'}",
                  route->path);
    if (strchr(route->path, '{'))
        add_name_parameter(text, registry);
    if (route->answers && strcmp(route->answers, "Health") == 0)
        strbuf_quoted(text, ", {'$ref': '#/components/parameters/verbose'}");
    strbuf_add(text, "]");
    if (route->method == METHOD_POST) {
        add_operation(text, route, "post", "", true);
    } else {
        add_operation(text, route, "get", "", true);
        add_operation(text, route, "head", "headOf_", false);
    }
    strbuf_add(text, "}");
}

/* ---- schemas --------------------------------------------------------------------------- */

/* Schemas that do not depend on the models. */
static const char *const fixed_schemas[] = {
    "'Problem': {'type': 'object', 'description': 'RFC 9457', "
    "'additionalProperties': false, "
    "'required': ['type', 'title', 'status', 'code', 'detail'], 'properties': {"
    "'type': {'type': 'string', 'pattern': '^/problems/[a-z-]+$'}, "
    "'code': {'type': 'string', 'pattern': '^[a-z-]+$'}, "
    "'title': {'type': 'string', 'minLength': 1}, "
    "'status': {'type': 'integer', 'minimum': 400, 'maximum': 599}, "
    "'detail': {'type': 'string', 'minLength': 1}, "
    "'errors': {'type': 'array', 'minItems': 1, "
    "'items': {'$ref': '#/components/schemas/Place'}}, "
    "'line': {'type': 'integer', 'minimum': 1}, "
    "'column': {'type': 'integer', 'minimum': 0}, "
    "'request_id': {'type': 'string', 'minLength': 1}}}",

    "'Place': {'type': 'object', 'additionalProperties': false, "
    "'required': ['pointer', 'detail'], 'properties': {"
    "'pointer': {'type': 'string', 'pattern': '^(/.*)?$', "
    "'description': 'JSON Pointer into the request body'}, "
    "'detail': {'type': 'string', 'minLength': 1}, "
    "'expected': {'type': 'string'}, "
    "'received': {'type': 'string'}}}",

    "'Health': {'type': 'object', 'additionalProperties': false, "
    "'required': ['status'], 'properties': {"
    "'status': {'enum': ['alive', 'ready']}, "
    "'version': {'type': 'string'}, "
    "'kernel': {'type': 'string'}, "
    "'models': {'type': 'integer', 'minimum': 1}, "
    "'loops': {'type': 'integer', 'minimum': 1}, "
    "'connections': {'type': 'integer', 'minimum': 0}, "
    "'jobs': {'type': 'integer', 'minimum': 0}, "
    "'uptime_seconds': {'type': 'integer', 'minimum': 0}}}",

    "'Models': {'type': 'object', 'additionalProperties': false, "
    "'required': ['models'], 'properties': {"
    "'models': {'type': 'array', 'minItems': 1, 'items': "
    "{'type': 'object', 'additionalProperties': false, "
    "'required': ['name', 'digest', 'default', 'ready'], 'properties': {"
    "'name': {'$ref': '#/components/schemas/Name'}, "
    "'digest': {'$ref': '#/components/schemas/Digest'}, "
    "'default': {'type': 'boolean'}, "
    "'ready': {'type': 'boolean'}}}}}}",

    "'Digest': {'type': 'string', 'description': 'SHA-256 of the model file', "
    "'pattern': '^sha256:[0-9a-f]{64}$'}",

    "'Model': {'type': 'object', 'additionalProperties': false, "
    "'required': ['name', 'digest', 'default', 'ready', 'numerics', 'schema', "
    "'network', 'target', 'actions', 'temperature'], 'properties': {"
    "'name': {'$ref': '#/components/schemas/Name'}, "
    "'digest': {'$ref': '#/components/schemas/Digest'}, "
    "'default': {'type': 'boolean'}, "
    "'ready': {'type': 'boolean'}, "
    "'numerics': {'type': 'integer', 'minimum': 0}, "
    "'schema': {'type': 'object', 'required': ['fields', 'time'], 'properties': {"
    "'fields': {'type': 'array', 'minItems': 1, 'items': "
    "{'type': 'object', 'required': ['name', 'kind'], 'properties': {"
    "'name': {'type': 'string'}, "
    "'kind': {'enum': ['category', 'number']}, "
    "'values': {'type': 'array', 'items': {'type': 'string'}}, "
    "'mean': {'type': 'number'}, "
    "'scale': {'type': 'number'}}}}, "
    "'time': {'type': 'array', 'items': "
    "{'type': 'object', 'required': ['name', 'mean', 'scale'], 'properties': {"
    "'name': {'type': 'string'}, "
    "'mean': {'type': 'number'}, "
    "'scale': {'type': 'number'}}}}}}, "
    "'network': {'type': 'object', "
    "'required': ['cell', 'embedding', 'hidden', 'layers', 'directions'], "
    "'properties': {"
    "'cell': {'type': 'string'}, "
    "'embedding': {'type': 'integer', 'minimum': 0}, "
    "'hidden': {'type': 'integer', 'minimum': 1}, "
    "'layers': {'type': 'integer', 'minimum': 1}, "
    "'directions': {'type': 'integer', 'minimum': 1, 'maximum': 2}}}, "
    "'target': {'type': 'string'}, "
    "'actions': {'type': 'array', 'minItems': 2, 'items': {'type': 'string'}}, "
    "'temperature': {'type': 'number'}, "
    "'report': {'type': 'object', 'description': 'results of the training'}}}",

    "'Time': {'description': 'RFC 3339, or seconds since the epoch; either all events "
    "of a history have one or none has', "
    "'type': ['string', 'number', 'null'], "
    "'examples': ['2026-11-22T10:04:00Z', 1795341840]}",

    "'Id': {'type': ['string', 'integer', 'null'], "
    "'description': 'returned in the answer'}",

    "'Predictions': {'anyOf': [{'$ref': '#/components/schemas/Prediction'}, "
    "{'type': 'object', 'additionalProperties': false, "
    "'required': ['predictions'], 'properties': {"
    "'predictions': {'type': 'array', 'minItems': 1, "
    "'items': {'$ref': '#/components/schemas/Prediction'}}}}]}",

    "'LineAnswer': {'anyOf': [{'$ref': '#/components/schemas/Prediction'}, "
    "{'type': 'object', 'additionalProperties': false, "
    "'required': ['line', 'error'], 'properties': {"
    "'line': {'type': 'integer', 'minimum': 1}, "
    "'id': {'type': ['string', 'integer']}, "
    "'error': {'$ref': '#/components/schemas/Problem'}}}]}",

    "'Document': {'type': 'object', 'description': 'this document', "
    "'required': ['openapi', 'info', 'paths', 'components'], 'properties': {"
    "'openapi': {'const': '3.1.0'}, "
    "'info': {'type': 'object'}, "
    "'paths': {'type': 'object'}, "
    "'components': {'type': 'object'}}}",
};

/* A schema such as "Request", which accepts what "Request.NAME" of any model accepts. */
static void add_any_model(struct strbuf *text, const char *kind,
                          const struct registry *registry)
{
    strbuf_quoted(text, ", '%s': {'anyOf': [", kind);
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s{'$ref': '#/components/schemas/%s.%s'}", i > 0 ? ", " : "",
                      kind, registry_at(registry, i)->name);
    strbuf_add(text, "]}");
}

static void add_name_schema(struct strbuf *text, const struct registry *registry)
{
    strbuf_quoted(text, ", 'Name': {'description': 'name of a model', 'enum': [");
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s'%s'", i > 0 ? ", " : "", registry_at(registry, i)->name);
    strbuf_add(text, "]}");
}

/* The input of a model: the fields of an event, an event, a history. */
static void add_history_schemas(struct strbuf *text, const struct registry_entry *entry,
                                const struct options *options)
{
    const char *name = entry->name;
    strbuf_quoted(text, ", 'Fields.%s': ", name);
    triage_json_schema_fields(entry->model, text);
    strbuf_quoted(text,
                  ", 'Event.%s': {'anyOf': [{'type': 'string', 'description': 'its name, "
                  "see event in Fields.%s'}, {'allOf': [{'$ref': "
                  "'#/components/schemas/Fields.%s'}, {'type': 'object', 'properties': "
                  "{'time': {'$ref': '#/components/schemas/Time'}}}]}]}",
                  name, name, name);
    strbuf_quoted(
        text,
        ", 'History.%s': {'type': 'object', 'required': ['events'], 'properties': "
        "{'id': {'$ref': '#/components/schemas/Id'}, 'events': {'type': 'array', "
        "'minItems': 1, 'maxItems': %u, 'items': {'$ref': "
        "'#/components/schemas/Event.%s'}, 'description': 'oldest first, unless they "
        "have times'}, 'fields': {'description': 'fields that hold for every event', "
        "'anyOf': [{'$ref': '#/components/schemas/Fields.%s'}, {'type': 'null'}]}}}",
        name, (unsigned)options->max_events, name, name);
}

/* A line and a request for one model; only for the default model they may omit "model". */
static void add_request_schemas(struct strbuf *text, const struct registry_entry *entry,
                                bool is_default, const struct options *options)
{
    const char *name = entry->name;
    const char *required = is_default ? "" : "'required': ['model'], ";
    strbuf_quoted(text,
                  ", 'Line.%s': {'allOf': [{'$ref': '#/components/schemas/History.%s'}, "
                  "{'type': 'object', %s'properties': {'model': {'const': '%s'}, "
                  "'histories': false}}]}",
                  name, name, required, name);
    strbuf_quoted(
        text,
        ", 'Request.%s': {'anyOf': [{'$ref': '#/components/schemas/Line.%s'}, "
        "{'allOf': [{'type': 'object', 'required': ['histories'], 'properties': "
        "{'events': false, 'histories': {'type': 'array', 'minItems': 1, "
        "'maxItems': %u, 'items': {'$ref': '#/components/schemas/History.%s'}}}}, "
        "{'type': 'object', %s'properties': {'model': {'const': '%s'}}}]}]}",
        name, name, (unsigned)options->max_histories, name, required, name);
}

/* The names of models need no escaping in references: see check_name in registry.c. */
static void add_schemas(struct strbuf *text, const struct registry *registry,
                        const struct options *options)
{
    strbuf_quoted(text, "'schemas': {");
    for (size_t i = 0; i < sizeof fixed_schemas / sizeof *fixed_schemas; i++)
        strbuf_quoted(text, "%s%s", i > 0 ? ", " : "", fixed_schemas[i]);
    add_name_schema(text, registry);
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct registry_entry *entry = registry_at(registry, i);
        add_history_schemas(text, entry, options);
        add_request_schemas(text, entry, entry == registry_default(registry), options);
        strbuf_quoted(text, ", 'Prediction.%s': ", entry->name);
        triage_json_schema_answer(entry->model, entry->name, text);
    }
    add_any_model(text, "Request", registry);
    add_any_model(text, "Line", registry);
    add_any_model(text, "Prediction", registry);
    strbuf_add(text, "}");
}

/* ---- the document ---------------------------------------------------------------------- */

void openapi_write(struct strbuf *text, const struct router *router,
                   const struct registry *registry, const struct options *options)
{
    strbuf_quoted(text,
                  "{'openapi': '3.1.0', 'info': {'title': 'triage', 'version': '%s', "
                  "'description': '%s', 'license': {'name': 'Apache-2.0', 'identifier': "
                  "'Apache-2.0'}}, 'servers': [{'url': '/'}], 'security': [], 'tags': "
                  "[{'name': 'models', 'description': 'Decisions, and the models that "
                  "make them.'}, "
                  "{'name': 'probes', 'description': 'Health and metrics.'}], "
                  "'paths': {",
                  TRIAGE_VERSION, description);
    for (size_t i = 0, count = 0; i < router->count; i++) {
        const struct route *route = router_at(router, i);
        if (!route)
            continue;
        strbuf_add(text, count++ ? ", " : "");
        add_path(text, route, registry);
    }
    strbuf_quoted(text, "}, 'components': {");
    add_parameters(text);
    strbuf_add(text, ", ");
    add_headers(text);
    strbuf_add(text, ", ");
    add_responses(text);
    strbuf_add(text, ", ");
    add_schemas(text, registry, options);
    strbuf_add(text, "}}\n");
}

void openapi_show(struct context *context, struct request *request)
{
    openapi_write(&request->answer, context->router, context->registry, context->options);
    reply_json(request, 200);
}
