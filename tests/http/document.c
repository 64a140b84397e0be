/* Finds the operation, the response and the schema for an answer, and validates it. */
#include "http/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/openapi.h"
#include "api/router.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "service/registry.h"
#include "service/target.h"
#include "support/json_schema_validator.h"

/* The member of the document in memory that has the schemas of the models, by name. */
#define MODEL_SCHEMAS "x-models"

/* An answer that is validated, and the buffer for the reason why it is invalid. */
struct validation {
    const json_t *document;
    const struct sent_request *request;
    const struct answer *answer;
    char *text;
    size_t size;
};

static bool wrong(const struct validation *validation, const char *what, const char *why)
{
    snprintf(validation->text, validation->size, "%s %s: %d: %s: %s\n%s%.500s",
             validation->request->method, validation->request->path,
             validation->answer->code, what, why, validation->answer->head,
             validation->answer->body ? validation->answer->body : "");
    return false;
}

/* Keep the JSON Schema of a model beside the components. */
static void add_model_schema(json_t *document, const struct registry_entry *entry)
{
    struct error err = {0};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_json_schema_write(&text, entry->model, entry->name);
    json_t *schemas = json_object_get(document, MODEL_SCHEMAS);
    if (!schemas) {
        schemas = json_object();
        json_object_set_new(document, MODEL_SCHEMAS, schemas);
    }
    json_object_set_new(schemas, entry->name, json_read(text.bytes, text.length, &err));
    strbuf_release(&text);
}

json_t *document_read(const struct options *options)
{
    struct error err = {0};
    size_t length;
    const char *bytes = openapi_text(&length);
    json_t *document = json_read(bytes, length, &err);
    struct registry *registry = registry_load(options->models, options->model, &err);
    for (size_t i = 0; registry && i < registry_count(registry); i++)
        add_model_schema(document, registry_at(registry, i));
    registry_release(registry);
    return document;
}

/* The value, or the value that its "$ref" refers to. */
static const json_t *follow(const json_t *document, const json_t *value)
{
    const json_t *reference = json_object_get(value, "$ref");
    return reference ? json_pointer_resolve(document, json_string_value(reference))
                     : value;
}

static bool is_path(const char *pattern, const char *path)
{
    size_t fixed = strcspn(pattern, "{");
    if (!pattern[fixed])
        return strcmp(pattern, path) == 0;
    size_t length = strncmp(pattern, path, fixed) == 0 ? strcspn(path + fixed, "/") : 0;
    return length > 0 &&
           strcmp(strchr(pattern + fixed, '}') + 1, path + fixed + length) == 0;
}

static const json_t *find_path(const json_t *document, const char *path)
{
    json_t *paths = json_object_get(document, "paths"), *item;
    const char *pattern;
    json_object_foreach(paths, pattern, item)
    {
        if (is_path(pattern, path))
            return item;
    }
    return NULL;
}

static const json_t *find_operation(const json_t *document,
                                    const struct sent_request *request)
{
    char method[REQUESTS_METHOD], path[REQUESTS_PATH];
    for (size_t i = 0; i < sizeof method; i++) {
        char c = request->method[i];
        method[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    snprintf(path, sizeof path, "%s", request->path);
    target_normalise(path);
    const char *name = strcmp(method, "head") == 0 ? "get" : method;
    return json_object_get(find_path(document, path), name);
}

/* ---- headers --------------------------------------------------------------------------- */

static bool check_header(const struct validation *validation, const char *name,
                         const json_t *header)
{
    char value[512], *end = NULL;
    struct violation violation;
    const json_t *schema = json_object_get(header, "schema");
    if (!answer_header(validation->answer, name, value, sizeof value))
        return !json_is_true(json_object_get(header, "required")) ||
               wrong(validation, name, "is missing");
    const char *type = json_string_value(json_object_get(schema, "type"));
    long long number = strtoll(value, &end, 10);
    bool is_number = type && strcmp(type, "integer") == 0 && *value && !*end;
    json_t *given = is_number ? json_integer(number) : json_string(value);
    bool is_accepted =
        json_schema_accepts(validation->document, schema, given, &violation);
    json_decref(given);
    return is_accepted || wrong(validation, name, violation.text);
}

static bool check_headers(const struct validation *validation, const json_t *response)
{
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        if (!check_header(validation, name, follow(validation->document, header)))
            return false;
    }
    return true;
}

/* ---- bodies ---------------------------------------------------------------------------- */

/* A prediction or a forecast must also be described by the schema of its model. */
static bool is_prediction_of_model(const json_t *document, const json_t *prediction,
                                   struct violation *violation)
{
    const json_t *name = json_object_get(json_object_get(prediction, "model"), "name");
    const json_t *schema = json_object_get(json_object_get(document, MODEL_SCHEMAS),
                                           name ? json_string_value(name) : "");
    const char *definition =
        json_object_get(prediction, "probabilities")   ? "/$defs/Prediction"
        : json_object_get(prediction, "continuations") ? "/$defs/Forecast"
                                                       : NULL;
    if (!definition)
        return true;
    return json_schema_describes(schema, json_pointer_resolve(schema, definition),
                                 prediction, violation);
}

static bool are_predictions_of_models(const json_t *document, const json_t *answer,
                                      struct violation *violation)
{
    size_t i;
    json_t *prediction;
    json_array_foreach(json_object_get(answer, "predictions"), i, prediction)
    {
        if (!is_prediction_of_model(document, prediction, violation))
            return false;
    }
    return is_prediction_of_model(document, answer, violation);
}

static bool check_json(const struct validation *validation, const json_t *schema,
                       const char *bytes, size_t length)
{
    struct violation violation;
    struct error err = {0};
    json_t *value = json_read(bytes, length, &err);
    if (!value)
        return wrong(validation, "not JSON", err.text);
    bool is_described =
        json_schema_describes(validation->document, schema, value, &violation) &&
        are_predictions_of_models(validation->document, value, &violation);
    json_decref(value);
    return is_described || wrong(validation, violation.pointer, violation.text);
}

static bool check_lines(const struct validation *validation, const json_t *schema)
{
    const char *line = validation->answer->body ? validation->answer->body : "";
    const json_t *one = json_object_get(schema, "contentSchema");
    while (*line) {
        size_t length = strcspn(line, "\n");
        if (!check_json(validation, one, line, length))
            return false;
        line += length + (line[length] == '\n');
    }
    return true;
}

static bool check_body(const struct validation *validation, const json_t *response,
                       const char *type)
{
    const json_t *content = json_object_get(response, "content");
    const json_t *schema = json_object_get(json_object_get(content, type), "schema");
    if (strcmp(validation->request->method, "HEAD") == 0)
        return validation->answer->body_length == 0 ||
               wrong(validation, type, "HEAD has a body");
    if (!content)
        return validation->answer->body_length == 0 ||
               wrong(validation, type, "a body is not declared");
    if (!schema)
        return wrong(validation, type, "Content-Type is not declared");
    if (strcmp(type, "application/x-ndjson") == 0)
        return check_lines(validation, schema);
    if (strncmp(type, "text/", 5) == 0)
        return validation->answer->body_length > 0 || wrong(validation, type, "is empty");
    return check_json(validation, schema, validation->answer->body,
                      validation->answer->body_length);
}

/* The status and the request id in a problem equal those in the head. */
static bool check_problem(const struct validation *validation)
{
    char id[160] = "";
    json_t *problem =
        json_loadb(validation->answer->body, validation->answer->body_length, 0, NULL);
    const json_t *status = json_object_get(problem, "status");
    const char *own = json_string_value(json_object_get(problem, "request_id"));
    answer_header(validation->answer, "X-Request-Id", id, sizeof id);
    bool is_same = json_integer_value(status) == validation->answer->code &&
                   (!own || strcmp(own, id) == 0);
    json_decref(problem);
    return is_same ||
           wrong(validation, "problem", "status or request_id differs from the head");
}

/* ---- whole answers ------------------------------------------------------------------------- */

/* An operation that the document does not have must be answered with a problem. */
static bool check_undeclared(const struct validation *validation, const char *type)
{
    static const int codes[] = {204, 400, 403, 404, 405, 408, 413, 417, 431, 501, 503};
    const json_t *response =
        json_pointer_resolve(validation->document, "/components/responses/BadRequest");
    const json_t *problem =
        json_pointer_resolve(validation->document, "/components/schemas/Problem");
    bool is_known = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        is_known |= codes[i] == validation->answer->code;
    if (!is_known)
        return wrong(validation, "status", "not a status for an undeclared operation");
    char allow[64];
    bool is_empty = validation->answer->code == 204;
    if ((is_empty || validation->answer->code == 405) &&
        !answer_header(validation->answer, "Allow", allow, sizeof allow))
        return wrong(validation, "Allow", "is missing");
    if (!check_headers(validation, response))
        return false;
    if (strcmp(validation->request->method, "HEAD") == 0)
        return true;
    if (is_empty)
        return validation->answer->body_length == 0 || wrong(validation, type, "a body");
    return (strcmp(type, "application/problem+json") == 0 ||
            wrong(validation, type, "not a problem")) &&
           check_json(validation, problem, validation->answer->body,
                      validation->answer->body_length) &&
           check_problem(validation);
}

static bool is_problem(const struct validation *validation, const char *type)
{
    return strcmp(type, "application/problem+json") == 0 &&
           strcmp(validation->request->method, "HEAD") != 0;
}

/* libmicrohttpd refuses invalid HTTP and large heads itself, with an HTML page. */
static bool is_library_page(const struct answer *answer, const char *type)
{
    static const int codes[] = {400, 413, 414, 431, 501, 505};
    bool is_known = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        is_known |= codes[i] == answer->code;
    return is_known && !*type && strncmp(answer->body, "<html>", 6) == 0;
}

bool document_allows(const json_t *document, const struct sent_request *request,
                     const struct answer *answer, char *text, size_t size)
{
    const struct validation validation = {document, request, answer, text, size};
    const json_t *operation = find_operation(document, request);
    char type[64] = "", code[16];
    answer_header(answer, "Content-Type", type, sizeof type);
    type[strcspn(type, "; ")] = '\0';
    if (is_library_page(answer, type))
        return true;
    if (!operation)
        return check_undeclared(&validation, type);
    snprintf(code, sizeof code, "%d", answer->code);
    const json_t *response =
        json_object_get(json_object_get(operation, "responses"), code);
    response = follow(document, response);
    if (!response)
        return wrong(&validation, "status", "is not declared");
    return check_headers(&validation, response) &&
           check_body(&validation, response, type) &&
           (!is_problem(&validation, type) || check_problem(&validation));
}

bool document_describes(const json_t *document, const char *model, const char *definition,
                        const char *body, char *text, size_t size)
{
    struct violation violation = {0};
    json_t *value = json_loads(body, JSON_DECODE_ANY, NULL);
    const json_t *named = json_object_get(value, "model");
    const json_t *schema =
        json_object_get(json_object_get(document, MODEL_SCHEMAS),
                        json_is_string(named) ? json_string_value(named) : model);
    const json_t *request = json_object_get(
        json_pointer_resolve(document, "/components/schemas"), definition);
    const json_t *own = json_object_get(json_object_get(schema, "$defs"), definition);
    bool is_described = own && value &&
                        json_schema_accepts(document, request, value, &violation) &&
                        json_schema_accepts(schema, own, value, &violation);
    snprintf(text, size, "%s: %s: %.500s", value ? violation.pointer : "",
             value ? violation.text : "not JSON", body);
    json_decref(value);
    return is_described;
}
