#include "api/openapi.h"

#include <stdio.h>
#include <string.h>

#include "api/routes.h"
#include "api/schemas.h"
#include "engine.h"
#include "service/context.h"
#include "service/reply.h"

static const char about[] = "Event histories in, action probabilities out. HEAD works "
                            "wherever GET does. Whatever is "
                            "not written here is answered with a problem too: 404 for "
                            "another path, 405 with Allow for "
                            "another method, 501 for an unknown one. Heads that are no "
                            "HTTP are refused by the HTTP "
                            "library with a small page of HTML.";

/* What can go wrong, and where. */
enum place { ANYWHERE, WITH_A_MODEL, WITH_HISTORIES };

static const struct problem {
    int code;
    enum place where;
    const char *about;
} problems[] = {
    {400, ANYWHERE,
     "An ambiguous head, or a body that is not JSON, with line and column."},
    {404, WITH_A_MODEL, "There is no such model; the known ones are named."},
    {408, ANYWHERE, "The request did not arrive in time."},
    {413, ANYWHERE, "More bytes, events or histories than may be."},
    {415, WITH_HISTORIES, "By its Content-Type the body is not JSON."},
    {417, ANYWHERE, "An Expect other than 100-continue."},
    {422, WITH_HISTORIES, "JSON that is no history; a pointer says where."},
    {431, ANYWHERE, "The head is larger than may be."},
    {500, WITH_HISTORIES, "The answer of the model is not a number."},
    {503, ANYWHERE,
     "Overload, stopping, or out of memory; Retry-After says when to return."},
    {504, ANYWHERE, "The answer was not ready in time."},
};

enum { PROBLEMS = sizeof problems / sizeof *problems };

static bool may_have(const struct route *route, const struct problem *problem)
{
    bool takes_histories = route->method == METHOD_POST;
    bool names_a_model = takes_histories || strchr(route->path, '{');
    return problem->where == ANYWHERE || takes_histories ||
           (problem->where == WITH_A_MODEL && names_a_model);
}

/* ---- headers and parameters ------------------------------------------------------------ */

static const struct {
    const char *name, *about, *schema;
} headers[] = {
    {"X-Request-Id", "of the request, or a new one",
     "{'type': 'string', 'pattern': '^[A-Za-z0-9._-]{1,128}$'}"},
    {"traceparent", "the span of the request in its W3C trace",
     "{'type': 'string', 'pattern': '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'}"},
    {"Server-Timing", "where the time went, in milliseconds",
     "{'type': 'string', 'pattern': "
     "'^[a-z]+;dur=[0-9]+[.][0-9]{3}(, [a-z]+;dur=[0-9]+[.][0-9]{3})*$'}"},
    {"Cache-Control", "nothing is to be kept", "{'const': 'no-store'}"},
    {"Retry-After", "seconds until it makes sense to ask again",
     "{'type': 'integer', 'minimum': 1}"},
};

enum { HEADERS_EVERYWHERE = 4, HEADERS_ALL = sizeof headers / sizeof *headers };

static void add_header_references(struct strbuf *text, size_t count)
{
    strbuf_quoted(text, ", 'headers': {");
    for (size_t i = 0; i < count; i++)
        strbuf_quoted(text, "%s'%s': {'$ref': '#/components/headers/%s'}", i ? ", " : "",
                      headers[i].name, headers[i].name);
    strbuf_add(text, "}");
}

static void add_headers(struct strbuf *text)
{
    strbuf_quoted(text, "'headers': {");
    for (size_t i = 0; i < HEADERS_ALL; i++) {
        strbuf_quoted(text, "%s'%s': {'description': '%s', 'required': true, 'schema': ",
                      i ? ", " : "", headers[i].name, headers[i].about);
        strbuf_quoted(text, "%s}", headers[i].schema);
    }
    strbuf_add(text, "}");
}

static void add_parameters(struct strbuf *text)
{
    strbuf_quoted(
        text, "'parameters': {'id': {'name': 'X-Request-Id', 'in': 'header', "
              "'description': 'comes back in the answer and stands in the log, if it is "
              "of letters, digits, dots, dashes and underscores', 'schema': "
              "{'type': 'string', 'minLength': 1, 'maxLength': 128}}, ");
    strbuf_quoted(
        text, "'timeout': {'name': 'X-Request-Timeout-Ms', 'in': 'header', "
              "'description': 'the answer is wanted that soon, counted from the head', "
              "'schema': {'type': 'integer', 'minimum': 1, 'maximum': 86400000}}, ");
    strbuf_quoted(text, "'trace': {'name': 'traceparent', 'in': 'header', 'description': "
                        "'the W3C trace that the request takes part in', 'schema': "
                        "{'type': 'string'}}, ");
    strbuf_quoted(text, "'verbose': {'name': 'verbose', 'in': 'query', 'description': "
                        "'with version, kernel and numbers', 'allowEmptyValue': true, "
                        "'schema': {'type': 'string'}}}");
}

/* ---- responses ------------------------------------------------------------------------- */

static void add_responses(struct strbuf *text)
{
    strbuf_quoted(text, "'responses': {");
    for (size_t i = 0; i < PROBLEMS; i++) {
        int code = problems[i].code;
        strbuf_quoted(text, "%s'%d': {'description': '%s'", i ? ", " : "", code,
                      problems[i].about);
        add_header_references(text, code == 503 ? HEADERS_ALL : HEADERS_EVERYWHERE);
        strbuf_quoted(
            text,
            ", 'content': {'application/problem+json': {'schema': {'allOf': "
            "[{'$ref': '#/components/schemas/Problem'}, {'type': 'object', "
            "'properties': {'status': {'const': %d}, 'title': {'const': '%s'}}}]}}}}",
            code, reply_title(code));
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
    if (route->accepts_stream)
        strbuf_quoted(text, ", 'application/x-ndjson': {'schema': {'type': 'string', "
                            "'description': 'a line for each line', 'contentMediaType': "
                            "'application/x-ndjson', 'contentSchema': "
                            "{'$ref': '#/components/schemas/LineAnswer'}}}");
    strbuf_add(text, "}");
}

static void add_operation_responses(struct strbuf *text, const struct route *route,
                                    bool has_content)
{
    strbuf_quoted(text, "'responses': {'200': {'description': 'The answer.'");
    add_header_references(text, HEADERS_EVERYWHERE);
    if (has_content)
        add_content(text, route);
    strbuf_add(text, "}");
    for (size_t i = 0; i < PROBLEMS; i++)
        if (may_have(route, &problems[i]))
            strbuf_quoted(text, ", '%d': {'$ref': '#/components/responses/%d'}",
                          problems[i].code, problems[i].code);
    strbuf_add(text, "}");
}

/* ---- paths ----------------------------------------------------------------------------- */

static void add_body(struct strbuf *text)
{
    strbuf_quoted(
        text,
        "'requestBody': {'required': true, 'description': 'JSON by any name that "
        "ends in +json, too, and what a bare curl -d sends.', 'content': "
        "{'application/json': {'schema': {'$ref': '#/components/schemas/Request'}}, "
        "'application/x-ndjson': {'schema': {'type': 'string', 'description': "
        "'a history a line', 'contentMediaType': 'application/x-ndjson', "
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

/* The part of the path that is left open is the name of a model. */
static void add_name(struct strbuf *text, const struct registry *registry)
{
    strbuf_quoted(text, ", {'name': 'name', 'in': 'path', 'required': true, 'schema': "
                        "{'type': 'string', 'enum': [");
    for (size_t i = 0; i < registry_count(registry); i++)
        strbuf_quoted(text, "%s'%s'", i ? ", " : "", registry_at(registry, i)->name);
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
        add_name(text, registry);
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

void openapi_write(struct strbuf *text, const struct registry *registry,
                   const struct options *options)
{
    strbuf_quoted(
        text,
        "{'openapi': '3.1.0', 'info': {'title': 'triage', 'version': '%s', "
        "'description': '%s', 'license': {'name': 'Apache-2.0', 'identifier': "
        "'Apache-2.0'}}, 'servers': [{'url': '/'}], 'security': [], 'tags': "
        "[{'name': 'models', 'description': 'Decisions, and what makes them.'}, "
        "{'name': 'probes', 'description': 'For those who watch the service.'}], "
        "'paths': {",
        TRIAGE_VERSION, about);
    for (size_t i = 0, count = 0; i < routes_count(); i++) {
        if (!route_at(i))
            continue;
        strbuf_add(text, count++ ? ", " : "");
        add_path(text, route_at(i), registry);
    }
    strbuf_quoted(text, "}, 'components': {");
    add_parameters(text);
    strbuf_add(text, ", ");
    add_headers(text);
    strbuf_add(text, ", ");
    add_responses(text);
    strbuf_quoted(text, ", 'schemas': ");
    schemas_write(text, registry, options);
    strbuf_add(text, "}}\n");
}

void openapi_show(struct context *context, struct request *request)
{
    openapi_write(&request->answer, context->registry, context->options);
    reply_json(request, 200);
}
