/* Request bodies: sizes, speeds, pieces and depth, and the connection after an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/one_client.h"

static const char one[] = "{\"events\": [\"error logged\"]}";

static int receive(void)
{
    answer_release(&answer);
    return client_receive(&client, &answer, false) ? answer.code : 0;
}

START_TEST(test_slow_body_is_answered)
{
    char head[128];
    snprintf(head, sizeof head,
             "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n",
             sizeof one - 1);
    for (const char *c = head; *c; c++)
        ck_assert(client_send_bytes(&client, c, 1));
    for (const char *c = one; *c; c++) {
        ck_assert(client_send_bytes(&client, c, 1));
        pause_ms(2);
    }
    ck_assert_int_eq(receive(), 200);
}
END_TEST

START_TEST(test_late_body_is_408)
{
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 10\r\n\r\n{"));
    ck_assert_int_eq(receive(), 408);
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_late_body_after_a_refusal_keeps_its_status)
{
    char value[32];
    ck_assert(client_send(&client, "POST /models HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 10\r\n\r\n{"));
    ck_assert_int_eq(receive(), 405);
    ck_assert(answer_header(&answer, "Allow", value, sizeof value));
    ck_assert_str_eq(value, "GET, HEAD, OPTIONS");
    ck_assert(answer_header(&answer, "Cache-Control", value, sizeof value));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_late_body_of_a_head_request_is_408)
{
    ck_assert(client_send(&client, "HEAD /livez HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 10\r\n\r\n{"));
    ck_assert(client_receive(&client, &answer, true));
    ck_assert_int_eq(answer.code, 408);
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_connection_continues_after_answers_and_errors)
{
    for (int i = 0; i < 50; i++) {
        ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
        ck_assert_int_eq(receive(), 200);
        /* The connection continues after an error too. */
        ck_assert(client_post(&client, "/predict", NULL, "{", 1));
        ck_assert_int_eq(receive(), 400);
        ck_assert(client_post(&client, "/nowhere", NULL, one, sizeof one - 1));
        ck_assert_int_eq(receive(), 404);
    }
}
END_TEST

START_TEST(test_pipelined_requests_are_answered_in_order)
{
    for (int i = 0; i < 30; i++) {
        ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
        ck_assert(client_send(&client, "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n"));
    }
    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(receive(), 200);
        ck_assert_ptr_nonnull(strstr(answer.body, "\"action\": \"ignore\""));
        ck_assert_int_eq(receive(), 200);
        ck_assert_ptr_nonnull(strstr(answer.body, "alive"));
    }
}
END_TEST

START_TEST(test_chunked_body_is_answered)
{
    ck_assert(client_send(
        &client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "5\r\n{\"eve\r\n17\r\nnts\": [\"error logged\"]}\r\n0\r\n\r\n"));
    ck_assert_int_eq(receive(), 200);
}
END_TEST

START_TEST(test_requests_before_a_shutdown_are_answered)
{
    for (int i = 0; i < 30; i++)
        ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    client_shutdown(&client);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(receive(), 200);
    ck_assert(client_receive_end(&client));
}
END_TEST

/* What a client has sent when it closes the connection. */
static const char *const unfinished[] = {
    "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHo",
    "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 28\r\n\r\n",
    "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 28\r\n\r\n{\"events\":",
    "POST /predict HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"e",
};

START_TEST(test_closed_connections_leave_nothing)
{
    for (int i = 0; i < 100; i++) {
        struct client leaving;
        ck_assert(client_open(&leaving, url()));
        ck_assert(client_send(&leaving, unfinished[_i]));
        client_close(&leaving);
    }
    ck_assert(gauge_becomes("connections", 2)); /* client and the one of the gauge */
}
END_TEST

START_TEST(test_body_above_the_limit_is_413)
{
    size_t length = 10 << 20;
    char *text = malloc(length), limit[64];
    ck_assert_ptr_nonnull(text);
    memset(text, '[', length);
    client_post(&client, "/predict", NULL, text, length);
    ck_assert_int_eq(receive(), 413);
    snprintf(limit, sizeof limit, "\"expected\": \"at most %d bytes\"", 8 << 20);
    ck_assert_msg(strstr(answer.body, limit) != NULL, "%s", answer.body);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"received\": \"10485760 bytes\""));
    ck_assert(client_receive_end(&client));
    free(text);
}
END_TEST

START_TEST(test_deeply_nested_body_is_400)
{
    size_t length = 1 << 20;
    char *text = malloc(length);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', length);
    ck_assert(client_post(&client, "/predict", NULL, text, length));
    ck_assert_int_eq(receive(), 400);
    free(text);
}
END_TEST

START_TEST(test_body_above_the_limit_gets_no_100_continue)
{
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 99999999\r\n"
                                   "Expect: 100-continue\r\n\r\n"));
    ck_assert_int_eq(receive(), 413);
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_expected_body_gets_100_continue)
{
    char head[160];
    snprintf(head, sizeof head,
             "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n"
             "Expect: 100-continue\r\n\r\n",
             sizeof one - 1);
    ck_assert(client_send(&client, head));
    ck_assert_int_eq(receive(), 100);
    ck_assert(client_send(&client, one));
    ck_assert_int_eq(receive(), 200);
}
END_TEST

START_TEST(test_endless_body_is_cut)
{
    enum { PIECE = 1 << 20, PIECES = 64 };
    char *piece = calloc(1, PIECE);
    int sent = 0;
    ck_assert_ptr_nonnull(piece);
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n"));
    while (sent < PIECES && client_send(&client, "100000\r\n") &&
           client_send_bytes(&client, piece, PIECE) && client_send(&client, "\r\n"))
        sent++;
    ck_assert_int_lt(sent, PIECES);
    ck_assert_int_ge(sent, 32);
    free(piece);
}
END_TEST

START_TEST(test_name_of_a_megabyte_is_unknown)
{
    enum { LENGTH = 1 << 20, BODY_BYTES = LENGTH + 32 };
    char *name = malloc(LENGTH + 1), *text = malloc(BODY_BYTES);
    ck_assert(name != NULL && text != NULL);
    memset(name, 'n', LENGTH);
    name[LENGTH] = '\0';
    snprintf(text, BODY_BYTES, "{\"events\": [\"%s\"]}", name);
    free(name);
    ck_assert(client_post(&client, "/predict", NULL, text, strlen(text)));
    ck_assert_int_eq(receive(), 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"unknown_count\": 1"));
    ck_assert_uint_lt(answer.body_length, 1000);
    free(text);
}
END_TEST

START_TEST(test_history_above_the_limit_is_413)
{
    char *text = history_of(settings.max_events + 1);
    ck_assert(client_post(&client, "/predict", NULL, text, strlen(text)));
    ck_assert_int_eq(receive(), 413);
    free(text);
}
END_TEST

START_TEST(test_connection_above_the_limit_is_503)
{
    struct client more;
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    ck_assert_int_eq(receive(), 200);
    ck_assert(client_open(&more, url()));
    ck_assert(client_send(&more, "GET /models HTTP/1.1\r\nHost: t\r\n\r\n"));
    answer_release(&answer);
    ck_assert(client_receive(&more, &answer, false));
    char seconds[8];
    ck_assert_int_eq(answer.code, 503);
    ck_assert(answer_header(&answer, "Retry-After", seconds, sizeof seconds));
    ck_assert(client_receive_end(&more));
    client_close(&more);
    ck_assert_int_eq(client_get(url(), "/livez", NULL),
                     200); /* probes are answered on spare connections */
}
END_TEST

static void set_up_short_timeout(void)
{
    set_up();
    settings.body_timeout_ms = 500;
    settings.max_connections = 1;
    serve();
    ck_assert(client_open(&client, url()));
}

Suite *bodies_suite(void)
{
    Suite *suite = suite_create("bodies");
    TCase *tcase = tcase_create("bodies"), *short_timeout = tcase_create("short timeout");
    tcase_add_checked_fixture(tcase, set_up_client, tear_down_client);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_slow_body_is_answered);
    tcase_add_test(tcase, test_connection_continues_after_answers_and_errors);
    tcase_add_test(tcase, test_pipelined_requests_are_answered_in_order);
    tcase_add_test(tcase, test_chunked_body_is_answered);
    tcase_add_test(tcase, test_requests_before_a_shutdown_are_answered);
    tcase_add_loop_test(tcase, test_closed_connections_leave_nothing, 0,
                        (int)(sizeof unfinished / sizeof *unfinished));
    tcase_add_test(tcase, test_body_above_the_limit_is_413);
    tcase_add_test(tcase, test_deeply_nested_body_is_400);
    tcase_add_test(tcase, test_body_above_the_limit_gets_no_100_continue);
    tcase_add_test(tcase, test_expected_body_gets_100_continue);
    tcase_add_test(tcase, test_endless_body_is_cut);
    tcase_add_test(tcase, test_name_of_a_megabyte_is_unknown);
    tcase_add_test(tcase, test_history_above_the_limit_is_413);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(short_timeout, set_up_short_timeout, tear_down_client);
    tcase_add_test(short_timeout, test_late_body_is_408);
    tcase_add_test(short_timeout, test_late_body_after_a_refusal_keeps_its_status);
    tcase_add_test(short_timeout, test_late_body_of_a_head_request_is_408);
    tcase_add_test(short_timeout, test_connection_above_the_limit_is_503);
    suite_add_tcase(suite, short_timeout);
    return suite;
}
