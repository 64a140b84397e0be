#include "http/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/openapi.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "service/registry.h"
#include "support/valid.h"

/* One answer under the eye. */
struct look {
    const json_t *document;
    const struct question *question;
    const struct answer *answer;
    char *room;
    size_t size;
};

static bool wrong(const struct look *look, const char *what, const char *why)
{
    snprintf(look->room, look->size, "%s %s: %d: %s: %s\n%s%.500s",
             look->question->method, look->question->path, look->answer->code, what, why,
             look->answer->head, look->answer->body ? look->answer->body : "");
    return false;
}

json_t *document_read(const struct options *options)
{
    struct error err = {0};
    struct strbuf text;
    struct registry *registry = registry_load(options->models, options->model, &err);
    if (!registry)
        return NULL;
    strbuf_init(&text, SIZE_MAX);
    openapi_write(&text, registry, options);
    json_t *document = json_read(text.bytes, text.length, &err);
    strbuf_release(&text);
    registry_release(registry);
    return document;
}

/* What stands at a pointer, or where the "$ref" there leads. */
static const json_t *follow(const json_t *document, const json_t *value)
{
    const json_t *reference = json_object_get(value, "$ref");
    return reference ? valid_resolve(document, json_string_value(reference)) : value;
}

static bool is_path(const char *pattern, const char *path)
{
    size_t fixed = strcspn(pattern, "{");
    if (!pattern[fixed])
        return strcmp(pattern, path) == 0;
    return strncmp(pattern, path, fixed) == 0 && path[fixed] &&
           !strchr(path + fixed, '/');
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
                                    const struct question *question)
{
    char method[ASKED_METHOD];
    for (size_t i = 0; i < sizeof method; i++) {
        char c = question->method[i];
        method[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return json_object_get(find_path(document, question->path), method);
}

/* ---- headers --------------------------------------------------------------------------- */

static bool check_header(const struct look *look, const char *name, const json_t *header)
{
    char value[512], *end = NULL;
    struct complaint complaint;
    const json_t *schema = json_object_get(header, "schema");
    if (!answer_header(look->answer, name, value, sizeof value))
        return !json_is_true(json_object_get(header, "required")) ||
               wrong(look, name, "is not there");
    const char *type = json_string_value(json_object_get(schema, "type"));
    long long number = strtoll(value, &end, 10);
    bool is_number = type && strcmp(type, "integer") == 0 && *value && !*end;
    json_t *given = is_number ? json_integer(number) : json_string(value);
    bool is_fitting = valid_fits(look->document, schema, given, &complaint);
    json_decref(given);
    return is_fitting || wrong(look, name, complaint.text);
}

static bool check_headers(const struct look *look, const json_t *response)
{
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        if (!check_header(look, name, follow(look->document, header)))
            return false;
    }
    return true;
}

/* ---- bodies ---------------------------------------------------------------------------- */

static bool check_json(const struct look *look, const json_t *schema, const char *bytes,
                       size_t length)
{
    struct complaint complaint;
    struct error err = {0};
    json_t *value = json_read(bytes, length, &err);
    if (!value)
        return wrong(look, "no JSON", err.text);
    bool is_fitting = valid_fits(look->document, schema, value, &complaint);
    json_decref(value);
    return is_fitting || wrong(look, complaint.where, complaint.text);
}

static bool check_lines(const struct look *look, const json_t *schema)
{
    const char *line = look->answer->body ? look->answer->body : "";
    const json_t *one = json_object_get(schema, "contentSchema");
    while (*line) {
        size_t length = strcspn(line, "\n");
        if (!check_json(look, one, line, length))
            return false;
        line += length + (line[length] == '\n');
    }
    return true;
}

static bool check_body(const struct look *look, const json_t *response, const char *type)
{
    const json_t *content = json_object_get(response, "content");
    const json_t *schema = json_object_get(json_object_get(content, type), "schema");
    if (strcmp(look->question->method, "HEAD") == 0)
        return look->answer->body_length == 0 || wrong(look, type, "HEAD has a body");
    if (!schema)
        return wrong(look, type, "this Content-Type is not declared");
    if (strcmp(type, "application/x-ndjson") == 0)
        return check_lines(look, schema);
    if (strcmp(type, "text/plain") == 0)
        return look->answer->body_length > 0 || wrong(look, type, "is empty");
    return check_json(look, schema, look->answer->body, look->answer->body_length);
}

/* A problem says what its head says. */
static bool check_problem(const struct look *look)
{
    char id[160] = "";
    json_t *problem = json_loadb(look->answer->body, look->answer->body_length, 0, NULL);
    const json_t *status = json_object_get(problem, "status");
    const char *own = json_string_value(json_object_get(problem, "request_id"));
    answer_header(look->answer, "X-Request-Id", id, sizeof id);
    bool is_same = json_integer_value(status) == look->answer->code &&
                   (!own || strcmp(own, id) == 0);
    json_decref(problem);
    return is_same || wrong(look, "problem", "its status or request_id is another");
}

/* ---- all of it ------------------------------------------------------------------------- */

/* Not there, not by that method, or no HTTP: the document promises a problem all the same. */
static bool check_undeclared(const struct look *look, const char *type)
{
    static const int codes[] = {400, 404, 405, 408, 413, 417, 431, 501, 503};
    const json_t *response = valid_resolve(look->document, "/components/responses/400");
    const json_t *problem = valid_resolve(look->document, "/components/schemas/Problem");
    bool is_known = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        is_known |= codes[i] == look->answer->code;
    if (!is_known)
        return wrong(look, "status", "nothing that is not declared gets it");
    char allow[64];
    if (look->answer->code == 405 &&
        !answer_header(look->answer, "Allow", allow, sizeof allow))
        return wrong(look, "Allow", "is not there");
    if (!check_headers(look, response))
        return false;
    if (strcmp(look->question->method, "HEAD") == 0)
        return true;
    return (strcmp(type, "application/problem+json") == 0 ||
            wrong(look, type, "is no problem")) &&
           check_json(look, problem, look->answer->body, look->answer->body_length) &&
           check_problem(look);
}

static bool is_problem(const struct look *look, const char *type)
{
    return strcmp(type, "application/problem+json") == 0 &&
           strcmp(look->question->method, "HEAD") != 0;
}

/* The library refuses what is no HTTP, or too large a head, by itself, with a page of its own. */
static bool is_by_the_library(const struct answer *answer, const char *type)
{
    static const int codes[] = {400, 413, 414, 431, 501, 505};
    bool is_known = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        is_known |= codes[i] == answer->code;
    return is_known && !*type && strncmp(answer->body, "<html>", 6) == 0;
}

bool document_allows(const json_t *document, const struct question *question,
                     const struct answer *answer, char *room, size_t size)
{
    const struct look look = {document, question, answer, room, size};
    const json_t *operation = find_operation(document, question);
    char type[64] = "", code[16];
    answer_header(answer, "Content-Type", type, sizeof type);
    type[strcspn(type, "; ")] = '\0';
    if (is_by_the_library(answer, type))
        return true;
    if (!operation)
        return check_undeclared(&look, type);
    snprintf(code, sizeof code, "%d", answer->code);
    const json_t *response =
        json_object_get(json_object_get(operation, "responses"), code);
    response = follow(document, response);
    if (!response)
        return wrong(&look, "status", "it is not declared");
    return check_headers(&look, response) && check_body(&look, response, type) &&
           (!is_problem(&look, type) || check_problem(&look));
}

bool document_describes(const json_t *document, const char *body, char *room, size_t size)
{
    struct complaint complaint;
    json_t *value = json_loads(body, JSON_DECODE_ANY, NULL);
    bool is_fitting =
        value &&
        valid_fits(document, valid_resolve(document, "/components/schemas/Request"),
                   value, &complaint);
    snprintf(room, size, "%s: %s: %.500s", value ? complaint.where : "",
             value ? complaint.text : "no JSON", body);
    json_decref(value);
    return is_fitting;
}
