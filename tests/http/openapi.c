/*
 * The OpenAPI document: the service serves it, it describes every route, and the validation against
 * it (document.c) accepts valid answers and requests and rejects invalid ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/router.h"
#include "http/document.h"
#include "http/suites.h"

static json_t *written; /* by openapi_write, without a server */

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

START_TEST(test_document_is_served)
{
    struct answer answer = {0};
    serve();
    ck_assert_int_eq(client_get(url(), "/openapi.json", &answer), 200);
    json_t *served = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    ck_assert(json_equal(served, written));
    json_decref(served);
    answer_release(&answer);
}
END_TEST

START_TEST(test_document_has_every_route)
{
    const json_t *paths = json_object_get(written, "paths");
    size_t count = 0;
    for (size_t i = 0; i < api_router.count; i++) {
        const struct route *route = router_at(&api_router, i);
        if (!route)
            continue;
        const json_t *item = json_object_get(paths, route->path);
        bool is_post = route->method == METHOD_POST;
        ck_assert_msg(item != NULL, "%s", route->path);
        ck_assert_msg(json_object_get(item, is_post ? "post" : "get") != NULL, "%s",
                      route->path);
        ck_assert_msg(!json_object_get(item, "head") == is_post, "%s", route->path);
        count++;
    }
    ck_assert_uint_eq(json_object_size(paths), count);
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
    {"a value that is not allowed", "GET", "/livez", 200, JSON HEAD,
     "{\"status\": \"dead\"}", "/status"},
    {"an unknown member", "GET", "/livez", 200, JSON HEAD,
     "{\"status\": \"alive\", \"mood\": 1}", "/mood"},
    {"no Retry-After", "GET", "/readyz", 503, PROBLEM HEAD, "{}", "Retry-After"},
    {"Retry-After of zero", "GET", "/readyz", 503, PROBLEM HEAD "Retry-After: 0\r\n",
     "{}", "Retry-After: minimum 1"},
    {"no Allow", "PUT", "/livez", 405, PROBLEM HEAD, "{}", "Allow"},
    {"a problem with another status", "GET", "/models/x", 404, PROBLEM HEAD,
     "{" DETAIL ", \"title\": \"Not Found\", \"status\": 400}", "/status"},
    {"a problem without detail", "GET", "/models/x", 404, PROBLEM HEAD,
     "{\"type\": \"/problems/a\", \"code\": \"a\", \"title\": \"b\", \"status\": 404}",
     "detail"},
    {"a problem with another request id", "GET", "/models/x", 404, PROBLEM HEAD,
     "{" DETAIL ", \"title\": \"Not Found\", \"status\": 404, \"request_id\": \"b\"}",
     "request_id"},
    {"an unknown model", "POST", "/predict", 200, JSON HEAD,
     "{\"action\": \"ignore\", \"probabilities\": {\"ignore\": 1.0, \"rollback\": 0.0, "
     "\"escalate\": 0.0}, \"events\": 1, \"reordered\": false, \"unknown\": [], "
     "\"unknown_count\": 0, \"ignored\": {}, \"model\": {\"name\": \"x\", \"digest\": "
     "\"y\"}}",
     "/model/name"},
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
    {"{\"histories\": [{\"events\": [\"a\"]}, {\"events\": [{}], \"id\": \"x\"}]}", true},
    {"{\"model\": \"lesson\", \"events\": [\"a\"]}", true},
    {"{\"model\": \"incident\", \"events\": [\"a\"]}", true},
    {"{\"model\": \"nobody\", \"events\": [\"a\"]}", false},
    {"{\"events\": []}", false},
    {"{\"events\": [7]}", false},
    {"{\"events\": [{\"event\": 7}]}", false},
    {"{\"events\": [\"a\"], \"id\": 1.5}", false},
    {"{\"events\": [\"a\"], \"histories\": [{\"events\": [\"a\"]}]}", false},
    {"{\"histories\": []}", false},
    {"{}", false},
    {"[]", false},
};

/* A body gets 200 if and only if it is valid for the document. */
START_TEST(test_described_bodies_are_answered_with_200)
{
    char reason[1024];
    bool is_described =
        document_describes(written, bodies[_i].body, reason, sizeof reason);
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
    tcase_add_loop_test(tcase, test_answers_are_valid_or_invalid, 0, COUNT(answers));
    tcase_add_loop_test(tcase, test_described_bodies_are_answered_with_200, 0,
                        COUNT(bodies));
    suite_add_tcase(suite, tcase);
    return suite;
}
