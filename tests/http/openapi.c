/*
 * The OpenAPI document: it is served and describes every route and every kind of problem; its
 * examples are what the service answers; the validation against it (document.c) accepts valid
 * answers and requests and rejects invalid ones.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "api/router.h"
#include "base/file.h"
#include "base/json.h"
#include "http/document.h"
#include "http/suites.h"
#include "service/problem.h"
#include "support/json_schema_validator.h"

static json_t *written; /* the document, without a server */

static void set_up_document(void)
{
    set_up();
    written = document_read(&settings);
    ck_assert_ptr_nonnull(written);
}

static void tear_down_document(void)
{
    json_decref(written);
    written = NULL;
    tear_down();
}

/* ---- the document ---------------------------------------------------------------------- */

START_TEST(test_document_is_served)
{
    struct answer answer = {0};
    size_t length;
    const char *text = openapi_text(&length);
    serve();
    ck_assert_int_eq(client_get(url(), "/openapi.json", &answer), 200);
    ck_assert_uint_eq(answer.body_length, length);
    ck_assert_int_eq(memcmp(answer.body, text, length), 0);
    answer_release(&answer);
}
END_TEST

START_TEST(test_document_has_every_route)
{
    const json_t *paths = json_object_get(written, "paths");
    size_t count = 0;
    for (size_t i = 0; i < api_router.count; i++) {
        const struct route *route = &api_router.routes[i];
        const json_t *item = json_object_get(paths, route->path);
        const char *method = route->method == METHOD_POST ? "post" : "get";
        ck_assert_msg(json_object_get(item, method) != NULL, "%s %s", method,
                      route->path);
        count += router_at(&api_router, i) != NULL;
    }
    ck_assert_uint_eq(json_object_size(paths), count);
}
END_TEST

static bool is_identifier(const char *name)
{
    size_t length = 0;
    while (isalnum((unsigned char)name[length]))
        length++;
    return isalpha((unsigned char)name[0]) && !name[length];
}

/* Generators make types and functions of these names. */
START_TEST(test_names_are_identifiers)
{
    const char *kind, *name, *path, *method;
    json_t *components, *component, *item, *operation;
    json_t *seen = json_object();
    json_object_foreach(json_object_get(written, "components"), kind, components)
    {
        json_object_foreach(components, name, component)
            ck_assert_msg(is_identifier(name), "%s %s", kind, name);
    }
    json_object_foreach(json_object_get(written, "paths"), path, item)
    {
        json_object_foreach(item, method, operation)
        {
            const json_t *id = json_object_get(operation, "operationId");
            if (!json_is_object(operation))
                continue;
            ck_assert_msg(id && is_identifier(json_string_value(id)), "%s", path);
            ck_assert_msg(!json_object_get(seen, json_string_value(id)), "%s twice",
                          json_string_value(id));
            json_object_set_new(seen, json_string_value(id), json_true());
        }
    }
    json_decref(seen);
}
END_TEST

/* What one deployment serves, and where, must not be in the clients of others. */
START_TEST(test_document_is_of_no_deployment)
{
    static const char *const absent[] = {"://", "\"enum\"", "\"const\"", "maxProperties"};
    json_t *schemas = json_object_get(json_object_get(written, "components"), "schemas");
    char *text = json_dumps(schemas, 0);
    for (size_t i = 0; i < COUNT(absent); i++)
        ck_assert_msg(!strstr(text, absent[i]), "%s", absent[i]);
    free(text);
    const char *name;
    json_t *schema;
    json_object_foreach(schemas, name, schema)
    {
        if (json_object_get(schema, "properties"))
            ck_assert_msg(json_is_true(json_object_get(schema, "additionalProperties")),
                          "%s is not open", name);
    }
}
END_TEST

/* ---- kinds of problems ----------------------------------------------------------------- */

static bool has_response(const struct problem *problem)
{
    char code[16];
    const char *path;
    json_t *item;
    snprintf(code, sizeof code, "%d", problem->status);
    json_object_foreach(json_object_get(written, "paths"), path, item)
    {
        json_t *operation = json_object_get(item, "get");
        operation = operation ? operation : json_object_get(item, "post");
        if (json_object_get(json_object_get(operation, "responses"), code))
            return true;
    }
    return false;
}

/* Those of requests that the document does not describe are in its description. */
START_TEST(test_statuses_of_problems_are_declared)
{
    const struct problem problem = problem_of((enum problem_kind)_i);
    if (problem.status != 405 && problem.status != 501 && problem.status != 505)
        ck_assert_msg(has_response(&problem), "%s", problem.code);
    ck_assert_msg(problem_find(problem.code) == (enum problem_kind)_i, "%s",
                  problem.code);
    ck_assert_uint_gt(strlen(problem.title), 0);
    ck_assert_uint_gt(strlen(problem_about((enum problem_kind)_i)), 0);
}
END_TEST

START_TEST(test_failures_of_the_engine_keep_their_code)
{
    const enum status status = (enum status)_i;
    const struct problem problem = problem_of(problem_kind_of(status));
    if (status != STATUS_OK)
        ck_assert_str_eq(problem.code, triage_status_code(status));
}
END_TEST

START_TEST(test_readme_lists_every_kind_of_problem)
{
    char *text = NULL, row[80];
    size_t length = 0;
    struct error err = {0};
    ck_assert_int_eq(file_read("server/README.md", 1 << 20, &text, &length, &err),
                     STATUS_OK);
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++) {
        const struct problem problem = problem_of((enum problem_kind)i);
        snprintf(row, sizeof row, "\n| %d | `%s` | ", problem.status, problem.code);
        ck_assert_msg(strstr(text, row) != NULL, "%s", row);
    }
    free(text);
}
END_TEST

static json_t *get_json(const char *path, int code)
{
    struct answer answer = {0};
    int received = client_get(url(), path, &answer);
    ck_assert_msg(received == code, "%s: %d", path, received);
    json_t *value = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    answer_release(&answer);
    return value;
}

/* "type" of a problem is a path of the service, where the kind is described. */
START_TEST(test_types_of_problems_can_be_read)
{
    serve();
    json_t *list = get_json("/problems", 200), *kind;
    size_t i;
    const json_t *kinds = json_object_get(list, "problems");
    ck_assert_uint_eq(json_array_size(kinds), PROBLEM_KINDS - 1);
    json_array_foreach(json_iterable(kinds), i, kind)
    {
        const char *type = json_string_value(json_object_get(kind, "type"));
        json_t *shown = get_json(type, 200);
        ck_assert_msg(json_equal(shown, kind), "%s", type);
        json_decref(shown);
    }
    json_decref(list);
    json_decref(get_json("/problems/nothing", 404));
    json_decref(get_json("/problems/", 404));
}
END_TEST

/* ---- examples -------------------------------------------------------------------------- */

static const json_t *part(const json_t *value, const char *pointer)
{
    const json_t *found = json_pointer_resolve(value, pointer);
    ck_assert_msg(found != NULL, "%s", pointer);
    return found;
}

static void check_example(const char *name, const json_t *expected,
                          const struct answer *answer)
{
    json_t *received = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
    if (json_object_get(received, "status"))
        json_object_del(received, "request_id");
    char *text = json_dumps(received, JSON_REAL_PRECISION(9));
    ck_assert_msg(
        json_equal(expected, received),
        "the example %s in server/api/openapi.json (see tests/http/examples.py) "
        "should be\n%.3000s",
        name, text);
    free(text);
    json_decref(received);
}

static void serve_incident(void)
{
    settings.model = "incident";
    serve();
}

#define JSON_TYPE "application~1json"

/* No shipped model predicts events. */
static const struct {
    const char *path, *operation, *definition, *models, *model;
} examples[] = {
    {"/predict", "/paths/~1predict/post", "PredictRequest", "models", "incident"},
    {"/forecast", "/paths/~1forecast/post", "ForecastRequest", "tests/http/models",
     "orders"},
};

START_TEST(test_examples_of_requests_get_the_examples_of_answers)
{
    settings.models = examples[_i].models;
    settings.model = examples[_i].model;
    serve();
    const json_t *operation = part(written, examples[_i].operation);
    const json_t *asked = part(operation, "/requestBody/content/" JSON_TYPE "/examples");
    const json_t *answered =
        part(operation, "/responses/200/content/" JSON_TYPE "/examples");
    const char *name;
    json_t *example;
    ck_assert_uint_gt(json_object_size(asked), 0);
    ck_assert_uint_eq(json_object_size(asked), json_object_size(answered));
    json_object_foreach(json_iterable(asked), name, example)
    {
        char reason[1024];
        struct answer answer = {0};
        char *body = json_dumps(json_object_get(example, "value"), 0);
        ck_assert_msg(document_describes(document, examples[_i].model,
                                         examples[_i].definition, body, reason,
                                         sizeof reason),
                      "%s", reason);
        ck_assert_int_eq(client_post_json(url(), examples[_i].path, body, &answer), 200);
        check_example(name, json_object_get(json_object_get(answered, name), "value"),
                      &answer);
        answer_release(&answer);
        free(body);
    }
}
END_TEST

START_TEST(test_example_of_a_stream_gets_its_answer)
{
#define LINES "application~1x-ndjson/examples/lines/value"
    const json_t *predict = part(written, "/paths/~1predict/post");
    const char *body = json_string_value(part(predict, "/requestBody/content/" LINES));
    const char *expected =
        json_string_value(part(predict, "/responses/200/content/" LINES));
    struct client client;
    struct answer answer = {0};
    serve_incident();
    ck_assert(client_open(&client, url()));
    ck_assert(
        client_post(&client, "/predict", "application/x-ndjson", body, strlen(body)));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_str_eq(answer.body, expected);
    answer_release(&answer);
    client_close(&client);
}
END_TEST

/* Copy path to text; "{name}" is replaced by the example of the parameter of that name. */
static void fill_path(char *text, size_t size, const char *path)
{
    size_t fixed = strcspn(path, "{");
    const char *value =
        strncmp(path, "/models/", 8) == 0
            ? json_string_value(part(written, "/components/parameters/ModelName/example"))
            : json_string_value(
                  part(written, "/components/parameters/ProblemCode/example"));
    if (path[fixed])
        snprintf(text, size, "%.*s%s%s", (int)fixed, path, value,
                 strchr(path + fixed, '}') + 1);
    else
        snprintf(text, size, "%s", path);
}

START_TEST(test_examples_of_get_are_the_answers)
{
    size_t count = 0;
    const char *path, *type;
    json_t *item, *media;
    serve_incident();
    json_object_foreach(json_object_get(written, "paths"), path, item)
    {
        const json_t *get = json_object_get(item, "get");
        const json_t *content = get ? part(get, "/responses/200/content") : NULL;
        json_object_foreach(json_iterable(content), type, media)
        {
            char asked[96];
            struct answer answer = {0};
            const json_t *example = json_object_get(media, "example");
            if (!example)
                continue;
            fill_path(asked, sizeof asked, path);
            ck_assert_int_eq(client_get(url(), asked, &answer), 200);
            check_example(asked, example, &answer);
            answer_release(&answer);
            count++;
        }
    }
    ck_assert_uint_gt(count, 5);
}
END_TEST

/* Each example is a problem of its status and kind. */
START_TEST(test_examples_of_problems_are_problems)
{
    const char *name, *code;
    json_t *response, *example;
    const json_t *schema = part(written, "/components/schemas/Problem");
    json_object_foreach(json_iterable(part(written, "/components/responses")), name,
                        response)
    {
        const json_t *media =
            json_pointer_resolve(response, "/content/application~1problem+json");
        json_object_foreach(json_iterable(json_object_get(media, "examples")), code,
                            example)
        {
            const json_t *value = json_object_get(example, "value");
            const enum problem_kind kind = problem_find(code);
            struct violation violation;
            ck_assert_msg(kind != PROBLEM_NONE, "%s: %s", name, code);
            const struct problem problem = problem_of(kind);
            ck_assert_msg(json_schema_describes(written, schema, value, &violation),
                          "%s: %s: %s", code, violation.pointer, violation.text);
            ck_assert_str_eq(json_string_value(json_object_get(value, "code")), code);
            ck_assert_str_eq(json_string_value(json_object_get(value, "title")),
                             problem.title);
            ck_assert_int_eq(json_integer_value(json_object_get(value, "status")),
                             problem.status);
        }
    }
}
END_TEST

/* Requests that get the examples of problems. */
static const struct {
    const char *response, *code, *request;
} refused[] = {
    {"BadRequest", "invalid-head",
     "GET /models HTTP/1.1\r\nHost: t\r\nX-Request-Timeout-Ms: soon\r\n\r\n"},
    {"BadRequest", "invalid-json",
     "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 13\r\n\r\n{\"events\": [}"},
    {"Forbidden", "foreign-origin",
     "GET /models HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://example.com\r\n\r\n"},
    {"NotFound", "unknown-model", "GET /models/lessons HTTP/1.1\r\nHost: t\r\n\r\n"},
    {"NotFound", "unknown-path", "GET /model HTTP/1.1\r\nHost: t\r\n\r\n"},
    {"UnsupportedMediaType", "unsupported-type",
     "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Type: text/xml\r\n"
     "Content-Length: 4\r\n\r\n<a/>"},
    {"ExpectationFailed", "unsupported-expectation",
     "GET /models HTTP/1.1\r\nHost: t\r\nExpect: more\r\n\r\n"},
    {"UnprocessableContent", "invalid-input",
     "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 33\r\n\r\n"
     "{\"events\": [\"deploy_started\", 7]}"},
};

START_TEST(test_examples_of_problems_are_the_answers)
{
    char pointer[160];
    struct client client;
    struct answer answer = {0};
    serve_incident();
    snprintf(
        pointer, sizeof pointer,
        "/components/responses/%s/content/application~1problem+json/examples/%s/value",
        refused[_i].response, refused[_i].code);
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, refused[_i].request));
    ck_assert(client_receive(&client, &answer, false));
    check_example(refused[_i].code, part(written, pointer), &answer);
    answer_release(&answer);
    client_close(&client);
}
END_TEST

/* ---- schemas of models ----------------------------------------------------------------- */

static const char *const tagged[] = {"/openapi.json", "/models/lesson/schema"};

/* Ask with an If-None-Match; tag becomes the ETag. */
static void get_tagged(const char *path, const char *tags, int code, char tag[80])
{
    char request[256], caching[32];
    struct client client;
    struct answer answer = {0};
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\n%s%s%s\r\n", path,
             tags ? "If-None-Match: " : "", tags ? tags : "", tags ? "\r\n" : "");
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, request));
    ck_assert(client_receive(&client, &answer, code == 304));
    ck_assert_int_eq(answer.code, code);
    ck_assert(answer_header(&answer, "ETag", tag, 80));
    ck_assert(answer_header(&answer, "Cache-Control", caching, sizeof caching));
    ck_assert_str_eq(caching, "no-cache");
    ck_assert((answer.body_length == 0) == (code == 304));
    answer_release(&answer);
    ck_assert(client_send(&client, "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"));
    ck_assert(client_receive(&client, &answer, false)); /* 304 had no body */
    ck_assert_int_eq(answer.code, 200);
    answer_release(&answer);
    client_close(&client);
}

START_TEST(test_answers_with_a_tag_are_sent_once)
{
    char tag[80], again[80], tags[200];
    serve();
    get_tagged(tagged[_i], NULL, 200, tag);
    get_tagged(tagged[_i], tag, 304, again);
    ck_assert_str_eq(tag, again);
    snprintf(tags, sizeof tags, "\"a\", W/%s", tag);
    get_tagged(tagged[_i], tags, 304, again);
    get_tagged(tagged[_i], "*", 304, again);
    get_tagged(tagged[_i], "\"a\"", 200, again);
    tag[5] ^= 1;
    get_tagged(tagged[_i], tag, 200, again);
}
END_TEST

/* The schema at /models/{name}/schema has the digest and the actions of the model. */
START_TEST(test_schema_of_a_model_is_of_this_model)
{
    char path[160];
    serve();
    json_t *models = get_json("/models", 200), *entry;
    size_t i;
    json_array_foreach(json_object_get(models, "models"), i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        snprintf(path, sizeof path, "/models/%s", name);
        json_t *model = get_json(path, 200);
        snprintf(path, sizeof path, "/models/%s/schema", name);
        json_t *schema = get_json(path, 200);
        const json_t *prediction = part(schema, "/$defs/Prediction/properties");
        ck_assert(json_equal(part(prediction, "/model/properties/digest/const"),
                             json_object_get(entry, "digest")));
        ck_assert(json_equal(part(prediction, "/probabilities/required"),
                             json_object_get(model, "actions")));
        json_decref(schema);
        json_decref(model);
    }
    json_decref(models);
    json_decref(get_json("/models/lessons/schema", 404));
    json_decref(get_json("/models/lesson/schemas", 404));
    json_decref(get_json("/models//schema", 404));
}
END_TEST

/* ---- answers ---------------------------------------------------------------------------- */

#define ID "X-Request-Id: a\r\n"
#define TRACE "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
#define TIMING "Server-Timing: total;dur=0.123\r\n"
#define CACHE "Cache-Control: no-store\r\n"
#define JSON "Content-Type: application/json\r\n"
#define PROBLEM "Content-Type: application/problem+json\r\n"
#define HEAD ID TRACE TIMING CACHE
#define ALIVE "{\"status\": \"alive\"}"
#define DETAIL                                                                           \
    "\"type\": \"/problems/unknown-model\", \"code\": \"unknown-model\", \"detail\": "   \
    "\"why\""
#define NOT_FOUND                                                                        \
    "{" DETAIL ", \"title\": \"Not Found\", \"status\": 404, \"request_id\": \"a\"}"

#define LESSON_DIGEST                                                                    \
    "sha256:1bcbe855d94e05e3a9fa97ff0a117ef78c06b04e364b367f8eb912cb183181ec"
#define PREDICTION(name, more)                                                           \
    "{\"action\": \"ignore\", \"probabilities\": {\"ignore\": 1.0, \"rollback\": 0.0, "  \
    "\"escalate\": 0.0}, \"events\": 1, \"reordered\": false, \"unknown\": [], "         \
    "\"unknown_count\": 0, \"ignored\": {}, \"model\": {\"name\": \"" name               \
    "\", \"digest\": \"" LESSON_DIGEST "\"}" more "}"

/* reason: part of the error text; NULL: the answer is valid. */
static const struct {
    const char *about, *method, *path;
    int code;
    const char *head, *body, *reason;
} answers[] = {
    {"libmicrohttpd's HTML page for a status that it sends", "GET", "/livez", 431, "",
     "<html>", NULL},
    {"libmicrohttpd's HTML page for another status", "GET", "/livez", 503, "", "<html>",
     "is missing"},
    {"a valid answer", "GET", "/livez", 200, JSON HEAD, ALIVE, NULL},
    {"HEAD without a body", "HEAD", "/livez", 200, JSON HEAD, "", NULL},
    {"a valid problem", "GET", "/models/x", 404, PROBLEM HEAD, NOT_FOUND, NULL},
    {"a valid problem for an unknown path", "GET", "/nowhere", 404, PROBLEM HEAD,
     NOT_FOUND, NULL},
    {"HEAD with a body", "HEAD", "/livez", 200, JSON HEAD, ALIVE, "HEAD has a body"},
    {"a status that is not declared", "GET", "/livez", 422, PROBLEM HEAD, "{}",
     "not declared"},
    {"success for an unknown path", "GET", "/nowhere", 200, JSON HEAD, ALIVE, "status"},
    {"no request id", "GET", "/livez", 200, JSON TRACE TIMING CACHE, ALIVE,
     "X-Request-Id: is missing"},
    {"an invalid request id", "GET", "/livez", 200,
     JSON "X-Request-Id: a b\r\n" TRACE TIMING CACHE, ALIVE, "X-Request-Id: \"a b\""},
    {"no timing", "GET", "/livez", 200, JSON ID TRACE CACHE, ALIVE, "Server-Timing"},
    {"timing without a number", "GET", "/livez", 200,
     JSON ID TRACE "Server-Timing: total\r\n" CACHE, ALIVE, "Server-Timing"},
    {"no trace", "GET", "/livez", 200, JSON ID TIMING CACHE, ALIVE, "traceparent"},
    {"Cache-Control that allows caching", "GET", "/livez", 200,
     JSON ID TRACE TIMING "Cache-Control: public\r\n", ALIVE, "Cache-Control"},
    {"no Content-Type", "GET", "/livez", 200, HEAD, ALIVE, "not declared"},
    {"another Content-Type", "GET", "/livez", 200, "Content-Type: text/plain\r\n" HEAD,
     ALIVE, "not declared"},
    {"not JSON", "GET", "/livez", 200, JSON HEAD, "{\"status\": alive}", "not JSON"},
    {"a value that is not allowed", "GET", "/livez", 200, JSON HEAD, "{\"status\": 1}",
     "/status"},
    {"an unknown member", "GET", "/livez", 200, JSON HEAD,
     "{\"status\": \"alive\", \"mood\": 1}", "/mood"},
    {"no Retry-After", "GET", "/readyz", 503, PROBLEM HEAD, "{}", "Retry-After"},
    {"Retry-After of zero", "GET", "/readyz", 503, PROBLEM HEAD "Retry-After: 0\r\n",
     "{}", "Retry-After: minimum 1"},
    {"no Allow", "PUT", "/livez", 405, PROBLEM HEAD, "{}", "Allow"},
    {"a problem with another status", "GET", "/models/x", 404, PROBLEM HEAD,
     "{" DETAIL ", \"title\": \"Not Found\", \"status\": 400}", "status"},
    {"a problem without detail", "GET", "/models/x", 404, PROBLEM HEAD,
     "{\"type\": \"/problems/a\", \"code\": \"a\", \"title\": \"b\", \"status\": 404}",
     "detail"},
    {"a problem with another request id", "GET", "/models/x", 404, PROBLEM HEAD,
     "{" DETAIL ", \"title\": \"Not Found\", \"status\": 404, \"request_id\": \"b\"}",
     "request_id"},
    {"a prediction", "POST", "/predict", 200, JSON HEAD, PREDICTION("lesson", ""), NULL},
    {"a prediction with a member that is not described", "POST", "/predict", 200,
     JSON HEAD, PREDICTION("lesson", ", \"mood\": 1"), "/mood"},
    {"an unknown model", "POST", "/predict", 200, JSON HEAD, PREDICTION("x", ""),
     "schema"},
    {"actions of another model", "POST", "/predict", 200, JSON HEAD,
     PREDICTION("incident", ""), "/model/digest"},
    {"a line that is not an answer", "POST", "/predict", 200,
     "Content-Type: application/x-ndjson\r\n" HEAD, "{\"line\": 1}\n", "200"},
};

START_TEST(test_answers_are_valid_or_invalid)
{
    char head[1024], reason[4096] = "";
    struct sent_request request = {0};
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\n%s\r\n", answers[_i].code,
             answers[_i].head);
    char *body = strdup(answers[_i].body);
    const struct answer answer = {answers[_i].code, head, body, strlen(body)};
    snprintf(request.method, sizeof request.method, "%s", answers[_i].method);
    snprintf(request.path, sizeof request.path, "%s", answers[_i].path);
    bool is_valid = document_allows(written, &request, &answer, reason, sizeof reason);
    ck_assert_msg(is_valid == !answers[_i].reason, "%s: %s", answers[_i].about, reason);
    if (answers[_i].reason)
        ck_assert_msg(strstr(reason, answers[_i].reason) != NULL, "%s: %s",
                      answers[_i].about, reason);
    free(body);
}
END_TEST

/* ---- requests -------------------------------------------------------------------------- */

static const struct {
    const char *body;
    bool is_described;
} bodies[] = {
    {"{\"events\": [\"a\"]}", true},
    {"{\"events\": [{\"event\": \"a\", \"time\": 7}], \"id\": 1, \"fields\": null}",
     true},
    {"{\"histories\": [{\"events\": [\"a\"]}, {\"events\": [{\"event\": null}], \"id\": "
     "\"x\"}]}",
     true},
    {"{\"model\": \"lesson\", \"events\": [\"a\"]}", true},
    {"{\"model\": \"incident\", \"events\": [\"a\"]}", true},
    {"{\"model\": \"nobody\", \"events\": [\"a\"]}", false},
    {"{\"events\": []}", false},
    {"{\"events\": [7]}", false},
    {"{\"events\": [{\"event\": 7}]}", false},
    {"{\"events\": [\"a\"], \"id\": 1.5}", false},
    {"{\"events\": [\"a\"], \"histories\": [{\"events\": [\"a\"]}]}", false},
    {"{\"histories\": []}", false},
    {"{\"events\": [\"a\"], \"histories\": []}", false},
    {"{}", false},
    {"[]", false},
};

/* A body gets 200 if and only if it is valid for the document. */
START_TEST(test_described_bodies_are_answered_with_200)
{
    char reason[1024];
    bool is_described = document_describes(written, "lesson", "PredictRequest",
                                           bodies[_i].body, reason, sizeof reason);
    ck_assert_msg(is_described == bodies[_i].is_described, "%s", reason);
    serve();
    int code = client_post_json(url(), "/predict", bodies[_i].body, NULL);
    ck_assert_msg((code == 200) == is_described, "%d: %s", code, bodies[_i].body);
}
END_TEST

Suite *openapi_suite(void)
{
    Suite *suite = suite_create("openapi");
    TCase *tcase = tcase_create("openapi");
    tcase_add_checked_fixture(tcase, set_up_document, tear_down_document);
    tcase_add_test(tcase, test_document_is_served);
    tcase_add_test(tcase, test_document_has_every_route);
    tcase_add_test(tcase, test_names_are_identifiers);
    tcase_add_test(tcase, test_document_is_of_no_deployment);
    tcase_add_loop_test(tcase, test_statuses_of_problems_are_declared, PROBLEM_NONE + 1,
                        PROBLEM_KINDS);
    tcase_add_loop_test(tcase, test_failures_of_the_engine_keep_their_code, 0,
                        STATUS_COUNT);
    tcase_add_test(tcase, test_readme_lists_every_kind_of_problem);
    tcase_add_test(tcase, test_types_of_problems_can_be_read);
    tcase_add_loop_test(tcase, test_examples_of_requests_get_the_examples_of_answers, 0,
                        COUNT(examples));
    tcase_add_test(tcase, test_example_of_a_stream_gets_its_answer);
    tcase_add_test(tcase, test_examples_of_get_are_the_answers);
    tcase_add_test(tcase, test_examples_of_problems_are_problems);
    tcase_add_loop_test(tcase, test_examples_of_problems_are_the_answers, 0,
                        COUNT(refused));
    tcase_add_loop_test(tcase, test_answers_with_a_tag_are_sent_once, 0, COUNT(tagged));
    tcase_add_test(tcase, test_schema_of_a_model_is_of_this_model);
    tcase_add_loop_test(tcase, test_answers_are_valid_or_invalid, 0, COUNT(answers));
    tcase_add_loop_test(tcase, test_described_bodies_are_answered_with_200, 0,
                        COUNT(bodies));
    suite_add_tcase(suite, tcase);
    return suite;
}
