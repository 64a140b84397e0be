/* Requests that libmicrohttpd refuses by itself: they are answered with problems, and counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/metrics_text.h"
#include "http/one_client.h"

#define HOST "Host: t\r\n"
#define TEN(text) text text text text text text text text text text
#define THOUSAND(text) TEN(TEN(TEN(text)))

enum { CROWD = 8 };

static struct client others[CROWD];

static void set_up_others(void)
{
    set_up();
    settings.loops = 1;
    for (int i = 0; i < CROWD; i++)
        others[i].socket = -1;
}

static void tear_down_others(void)
{
    answer_release(&answer);
    client_close(&client);
    for (int i = 0; i < CROWD; i++)
        client_close(&others[i]);
    tear_down();
}

/* clang-format off */
static const struct {
    const char *about, *bytes;
    int code;
    const char *text; /* in the answer */
} cases[] = {
    {"no version", "GET /livez\r\n\r\n", 400, "the request line or a header is not valid HTTP"},
    {"a version of its own", "GET /livez HTTP/x\r\n" HOST "\r\n", 400, "the request line or a header is not valid HTTP"},
    {"an old version", "GET /livez HTTP/0.9\r\n" HOST "\r\n", 505, "/problems/unsupported-version"},
    {"a later version", "GET /livez HTTP/2.0\r\n" HOST "\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are supported"},
    {"a header without a colon", "GET /livez HTTP/1.1\r\n" HOST "nothing\r\n\r\n", 400, "the request line or a header is not valid HTTP"},
    {"a length that is not a number", "POST /predict HTTP/1.1\r\n" HOST "Content-Length: ten\r\n\r\n", 400, "Content-Length is not a number"},
    {"a length above 64 bits", "POST /predict HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551644\r\n\r\n", 413, "Content-Length is too large"},
    {"a head that is too large", "GET /livez HTTP/1.1\r\n" HOST "X: " TEN(THOUSAND("x")) "\r\n\r\n", 431, "the head is larger than 7168 bytes minus 1 KiB"},
    {"too many headers", "GET /livez HTTP/1.1\r\n" HOST THOUSAND("X: y\r\n") "\r\n", 431, "the head is larger than 7168 bytes minus 1 KiB"},
    {"a target that is too long", "GET /" TEN(THOUSAND("x")) " HTTP/1.1\r\n" HOST "\r\n", 431, "the head is larger than 7168 bytes minus 1 KiB"},
    {"a chunk size that is not a number", "POST /predict HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nten\r\n", 400, "the chunks of the body are not valid"},
    {"a chunk that is too large", "POST /predict HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000000000000001c\r\n", 413, "a chunk of the body is too large"},
    {"chunks of a stream that are not valid", "POST /predict HTTP/1.1\r\n" HOST "Content-Type: text/jsonl\r\nTransfer-Encoding: chunked\r\n\r\nten\r\n", 400, "the chunks of the body are not valid"},
};
/* clang-format on */

static void ask(int i)
{
    char type[64] = "";
    ck_assert(client_open(&client, url()));
    ck_assert(client_send_bytes(&client, cases[i].bytes, strlen(cases[i].bytes)));
    client_on_answer = NULL; /* it cannot tell what was asked */
    ck_assert_msg(client_receive(&client, &answer, false), "%s: no answer",
                  cases[i].about);
    ck_assert_msg(answer.code == cases[i].code, "%s: %d %s", cases[i].about, answer.code,
                  answer.body);
    answer_header(&answer, "Content-Type", type, sizeof type);
    ck_assert_msg(strcmp(type, "application/problem+json") == 0, "%s: %s", cases[i].about,
                  answer.body);
    ck_assert_msg(strstr(answer.body, cases[i].text) != NULL, "%s: %s", cases[i].about,
                  answer.body);
    ck_assert_msg(client_receive_end(&client), "%s: the connection continues",
                  cases[i].about);
}

/* The number of requests that were answered with a status, under any route and method. */
static double count_of(int code)
{
    char *metrics = metrics_text_fetch(), number[32];
    double count = 0;
    snprintf(number, sizeof number, "code=\"%d\"} ", code);
    for (char *place = metrics; (place = strstr(place, number)); place++)
        count += strtod(place + strlen(number), NULL);
    free(metrics);
    return count;
}

static double wait_for_count(int code, double expected)
{
    double count = 0;
    for (int i = 0; i < 100 && count < expected; i++)
        count = count_of(code);
    return count;
}

START_TEST(test_refusal_is_a_problem_and_counted)
{
    serve();
    ask(_i);
    ck_assert_double_eq(wait_for_count(cases[_i].code, 1), 1);
    metrics_text_expect((struct expectation[]){{"triage_requests_in_flight", 1}}, 1);
}
END_TEST

/* Connections on which nothing happens do not hide which one is refused. */
START_TEST(test_refusal_beside_idle_connections)
{
    serve();
    for (int i = 0; i < CROWD; i++) {
        ck_assert(client_open(&others[i], url()));
        ck_assert(client_send(&others[i], "GET /livez HTTP/1.1\r\n" HOST "\r\n"));
        ck_assert(client_receive(&others[i], &answer, false));
        answer_release(&answer);
    }
    struct timespec pause = {.tv_nsec = 500000000};
    nanosleep(&pause, NULL);
    ask(_i);
    answer_release(&answer);
    for (int i = 0; i < CROWD; i++) {
        ck_assert(client_send(&others[i], "GET /livez HTTP/1.1\r\n" HOST "\r\n"));
        ck_assert(client_receive(&others[i], &answer, false));
        ck_assert_int_eq(answer.code, 200);
        answer_release(&answer);
    }
}
END_TEST

/* If several heads arrive at the same time, no other client gets the refusal. */
START_TEST(test_refusal_beside_unfinished_heads)
{
    serve();
    client_on_answer = NULL;
    for (int i = 0; i < CROWD; i++) {
        ck_assert(client_open(&others[i], url()));
        ck_assert(client_send(&others[i], "GET /livez HTTP/1.1\r\nHost:"));
    }
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, cases[_i].bytes));
    for (int i = 0; i < CROWD; i++)
        ck_assert(client_send(&others[i], " t\r\n\r\n"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_msg(answer.code == cases[_i].code ||
                      (answer.code == 414 && cases[_i].code == 431),
                  "%s: %d", cases[_i].about, answer.code);
    for (int i = 0; i < CROWD; i++) {
        answer_release(&answer);
        ck_assert(client_receive(&others[i], &answer, false));
        ck_assert_int_eq(answer.code, 200);
    }
    ck_assert_double_eq(wait_for_count(cases[_i].code, 1), 1);
}
END_TEST

/* The library closes such connections without an answer. */
static const struct {
    const char *about, *bytes;
    size_t length;
    double count; /* of requests with the status 400 */
} strangers[] = {
    {"a word", "hello\r\n\r\n", 9, 1},
    {"the hello of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15, 1},
    {"nothing: a check of the port", "", 0, 0},
};

START_TEST(test_stranger_is_counted)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send_bytes(&client, strangers[_i].bytes, strangers[_i].length));
    if (strangers[_i].length == 0)
        client_close(&client);
    else
        ck_assert(!client_receive(&client, &answer, false));
    double count = wait_for_count(400, strangers[_i].count > 0 ? 1 : 0);
    ck_assert_msg(count == strangers[_i].count, "%s: %g", strangers[_i].about, count);
}
END_TEST

/* A client that leaves in the middle of a head is not refused. */
START_TEST(test_client_that_leaves_is_not_counted)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "GET /livez HTTP/1.1\r\nHo"));
    client_close(&client);
    ck_assert(gauge_becomes("connections", 1));
    ck_assert_double_eq(count_of(400), 0);
}
END_TEST

START_TEST(test_late_head_is_counted)
{
    settings.head_timeout_ms = 500;
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "GET /livez HTTP/1.1\r\n"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 408);
    ck_assert_double_eq(wait_for_count(408, 1), 1);
}
END_TEST

Suite *refused_suite(void)
{
    Suite *suite = suite_create("refused");
    TCase *tcase = tcase_create("refused");
    tcase_add_checked_fixture(tcase, set_up_others, tear_down_others);
    tcase_add_loop_test(tcase, test_refusal_is_a_problem_and_counted, 0, COUNT(cases));
    tcase_add_loop_test(tcase, test_refusal_beside_idle_connections, 0, COUNT(cases));
    tcase_add_loop_test(tcase, test_refusal_beside_unfinished_heads, 0, COUNT(cases));
    tcase_add_loop_test(tcase, test_stranger_is_counted, 0, COUNT(strangers));
    tcase_add_test(tcase, test_client_that_leaves_is_not_counted);
    tcase_add_test(tcase, test_late_head_is_counted);
    suite_add_tcase(suite, tcase);
    return suite;
}
