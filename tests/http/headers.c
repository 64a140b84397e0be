/* The headers X-Request-Id and Server-Timing of every kind of answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/one_client.h"

#define ONE "{\"events\": [\"error logged\"]}"
#define HEAD "Host: t\r\nX-Request-Id: mine\r\n"

static void send_and_receive(const char *request)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, request));
    ck_assert(client_receive(&client, &answer, false));
}

/* The milliseconds of a span; -1 if the header does not have it. */
static double span(const char *name)
{
    char timing[256], member[32];
    ck_assert(answer_header(&answer, "Server-Timing", timing, sizeof timing));
    snprintf(member, sizeof member, "%s;dur=", name);
    const char *place = strstr(timing, member);
    return place ? strtod(place + strlen(member), NULL) : -1;
}

/* spans: one character for each name: "+" must be there, "-" must not. */
static const char *const names[] = {"receive",   "parse", "wait",
                                    "inference", "first", "total"};

static const struct {
    const char *about, *request;
    int code;
    const char *spans;
} timed[] = {
    {"a decision", "POST /predict HTTP/1.1\r\n" HEAD "Content-Length: 28\r\n\r\n" ONE,
     200, "++++-+"},
    {"a body without events",
     "POST /predict HTTP/1.1\r\n" HEAD "Content-Length: 2\r\n\r\n{}", 422, "+----+"},
    {"a list of models", "GET /models HTTP/1.1\r\n" HEAD "\r\n", 200, "+----+"},
    {"an unknown Expect, refused before the body",
     "GET /models HTTP/1.1\r\n" HEAD "Expect: x\r\n\r\n", 417, "-----+"},
    {"NDJSON lines",
     "POST /predict HTTP/1.1\r\n" HEAD
     "Content-Type: application/x-ndjson\r\nContent-Length: 28\r\n\r\n" ONE,
     200, "----+-"},
    {"a body that does not arrive in time",
     "POST /predict HTTP/1.1\r\n" HEAD "Content-Length: 28\r\n\r\n", 408, "-----+"},
};

START_TEST(test_request_id_and_server_timing)
{
    char id[32];
    double sum = 0;
    settings.body_timeout_ms = 500;
    send_and_receive(timed[_i].request);
    ck_assert_msg(answer.code == timed[_i].code, "%s: %d", timed[_i].about, answer.code);
    ck_assert(answer_header(&answer, "X-Request-Id", id, sizeof id));
    ck_assert_msg(strcmp(id, "mine") == 0, "%s: %s", timed[_i].about, id);
    for (int i = 0; i < COUNT(names); i++) {
        bool is_there = span(names[i]) >= 0;
        ck_assert_msg(is_there == (timed[_i].spans[i] == '+'), "%s: %s", timed[_i].about,
                      names[i]);
        if (is_there && i < 4)
            sum += span(names[i]);
    }
    if (timed[_i].spans[5] == '+') /* each is rounded down */
        ck_assert_double_le(sum, span("total") + 0.001);
}
END_TEST

/* Decoding and inference of a long history take at least a millisecond each. */
START_TEST(test_server_timing_of_a_long_history)
{
    char *history = history_of(settings.max_events);
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", history, &answer), 200);
    ck_assert_double_ge(span("parse"), 1);
    ck_assert_double_ge(span("inference"), 1);
    ck_assert_double_ge(span("total"), span("parse") + span("inference"));
    free(history);
}
END_TEST

/* What the error says about a header: byte for byte what was received, or what contradicts. */
static const struct {
    const char *about, *fields;
    int code;
    const char *text; /* in the answer */
} refused_headers[] = {
    {"two types that differ",
     "Content-Type: application/json\r\nContent-Type: application/x-ndjson\r\n", 400,
     "two Content-Type headers that differ"},
    {"one type twice",
     "Content-Type: application/json\r\nContent-Type: application/json\r\n", 200,
     "\"action\""},
    {"two codings in two headers", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
     415, "\"received\": \"gzip, gzip\""},
    {"two timeouts", "X-Request-Timeout-Ms: 9000\r\nX-Request-Timeout-Ms: 1\r\n", 400,
     "two X-Request-Timeout-Ms headers that differ"},
    {"a timeout with a unit", "X-Request-Timeout-Ms: 5s\r\n", 400,
     "\"received\": \"5s\""},
    {"a form of another site", "Sec-Fetch-Site: cross-site\r\n", 403,
     "\"received\": \"cross-site\""},
    {"a form of a sister site", "Sec-Fetch-Site: same-site\r\n", 403,
     "\"received\": \"same-site\""},
    {"two origins", "Origin: http://localhost\r\nOrigin: http://a.example\r\n", 403,
     "(more than one Origin)"},
};

START_TEST(test_error_names_what_was_received)
{
    char request[512];
    snprintf(
        request, sizeof request,
        "POST /predict HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 28\r\n\r\n" ONE,
        refused_headers[_i].fields);
    send_and_receive(request);
    ck_assert_msg(answer.code == refused_headers[_i].code &&
                      strstr(answer.body, refused_headers[_i].text),
                  "%s: %d %s", refused_headers[_i].about, answer.code, answer.body);
}
END_TEST

Suite *headers_suite(void)
{
    Suite *suite = suite_create("headers");
    TCase *tcase = tcase_create("headers");
    tcase_add_checked_fixture(tcase, set_up, tear_down_client);
    tcase_add_loop_test(tcase, test_request_id_and_server_timing, 0, COUNT(timed));
    tcase_add_loop_test(tcase, test_error_names_what_was_received, 0,
                        COUNT(refused_headers));
    tcase_add_test(tcase, test_server_timing_of_a_long_history);
    suite_add_tcase(suite, tcase);
    return suite;
}
