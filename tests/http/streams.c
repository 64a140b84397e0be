/* NDJSON requests: lines are answered while more arrive, in bounded memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "http/metrics_text.h"
#include "http/one_client.h"
#include "support/case_count.h"

/* One loop and one event per turn, so that a long history is still running when a test looks. */
static void set_up_slow_client(void)
{
    set_up();
    settings.loops = 1;
    settings.slice = 1;
    serve();
    ck_assert(client_open(&client, url()));
}

static void begin(const char *more)
{
    char head[256];
    snprintf(head, sizeof head,
             "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
             "Transfer-Encoding: chunked\r\n%s\r\n",
             more);
    ck_assert(client_send(&client, head));
}

static bool send_chunk(const char *bytes, size_t length)
{
    char size[24];
    snprintf(size, sizeof size, "%zx\r\n", length);
    return client_send(&client, size) && client_send_bytes(&client, bytes, length) &&
           client_send(&client, "\r\n");
}

static bool send_text_chunk(const char *text)
{
    return send_chunk(text, strlen(text));
}

static char received[1 << 16];

/* Receive into received until it contains text; false if the connection ends before. */
static bool receive_until(const char *text)
{
    size_t length = 0;
    received[0] = '\0';
    while (!strstr(received, text)) {
        ssize_t got =
            recv(client.socket, received + length, sizeof received - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        received[length] = '\0';
    }
    return true;
}

START_TEST(test_line_is_answered_before_the_next_is_sent)
{
    begin("");
    for (int i = 1; i <= 3; i++) {
        char line[64], expected[32];
        snprintf(line, sizeof line, "{\"id\": %d, \"events\": [\"error logged\"]}\n", i);
        snprintf(expected, sizeof expected, "{\"id\": %d, ", i);
        ck_assert(send_text_chunk(line));
        ck_assert(receive_until("\"}}\n"));
        ck_assert_ptr_nonnull(strstr(received, expected));
        ck_assert(i > 1 || strstr(received, "HTTP/1.1 200 OK\r\n") == received);
    }
    ck_assert(client_send(&client, "0\r\n\r\n"));
    ck_assert(receive_until("0\r\n\r\n"));
    ck_assert(client_receive_end(&client));
}
END_TEST

static const struct {
    const char *about, *body, *expected[4]; /* each in the answer, in this order */
    const char *absent;
} lines[] = {
    {"a bad line between good ones",
     "{\"id\":1,\"events\":[\"a\"]}\n{\"id\":\"x\",\"events\":[7]}\n{\"id\":3,\"events\":"
     "[\"a\"]}",
     {"{\"id\": 1, \"action\"", "{\"line\": 2, \"id\": \"x\", \"error\": {\"type\"",
      "\"status\": 422", "{\"id\": 3, \"action\""},
     NULL},
    {"a line that is not JSON",
     "{\"events\":[\n",
     {"{\"line\": 1, \"error\": ", "\"status\": 400"},
     "\"id\""},
    {"a line that is not an object",
     "[]\n",
     {"{\"line\": 1, \"error\": ", "\"status\": 422"},
     NULL},
    {"a line with several histories",
     "{\"histories\":[]}\n",
     {"/histories", "one history"},
     NULL},
    {"a line that names a model",
     "{\"model\":\"incident\",\"events\":[\"a\"]}\n{\"events\":[\"a\"]}\n",
     {"\"name\": \"incident\"", "\"name\": \"lesson\""},
     NULL},
    {"an unknown model",
     "{\"model\":\"x\",\"events\":[\"a\"]}\n",
     {"\"status\": 404", "/model"},
     NULL},
    {"blank lines are counted and not answered",
     "\n  \r\n{\"events\":[]}\r\n\n",
     {"{\"line\": 3, \"error\": "},
     "\"line\": 4"},
    {"no line end after the last line",
     "{\"id\":9,\"events\":[\"a\"]}",
     {"{\"id\": 9"},
     NULL},
    {"no lines", "", {"Content-Type: application/x-ndjson", "0\r\n\r\n"}, "line"},
};

START_TEST(test_lines_are_answered_in_order)
{
    begin("");
    if (*lines[_i].body)
        ck_assert(send_text_chunk(lines[_i].body));
    ck_assert(client_send(&client, "0\r\n\r\n"));
    ck_assert_msg(receive_until("0\r\n\r\n"), "%s: %s", lines[_i].about, received);
    const char *place = received;
    for (int i = 0; i < 4 && lines[_i].expected[i]; i++) {
        place = strstr(place, lines[_i].expected[i]);
        ck_assert_msg(place != NULL, "%s: no %s in %s", lines[_i].about,
                      lines[_i].expected[i], received);
    }
    if (lines[_i].absent)
        ck_assert_msg(!strstr(strstr(received, "\r\n\r\n"), lines[_i].absent), "%s: %s",
                      lines[_i].about, received);
    ck_assert(client_receive_end(&client));
}
END_TEST

/* Each line gets the bytes that a request with this line alone gets. */
START_TEST(test_line_is_answered_like_a_single_request)
{
    enum { COUNT = 40 };
    char *body = calloc(COUNT, 4096), *end = body;
    for (int i = 0; i < COUNT; i++) {
        char *history = history_of(1 + (size_t)(i * i % 97));
        end += sprintf(end, "%s\n", history);
        free(history);
    }
    ck_assert(client_send(&client, "POST /predict HTTP/1.0\r\nHost: t\r\n"
                                   "Content-Type: application/ndjson\r\n"));
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n\r\n", strlen(body));
    ck_assert(client_send(&client, length));
    ck_assert(client_send(&client, body));
    ck_assert(!receive_until("the end of the connection"));
    ck_assert_ptr_null(strstr(received, "chunked"));
    const char *place = strstr(received, "\r\n\r\n") + 4;
    for (int i = 0; i < COUNT; i++) {
        struct answer one = {0};
        char *history = history_of(1 + (size_t)(i * i % 97));
        ck_assert_int_eq(client_post_json(url(), "/predict", history, &one), 200);
        ck_assert_msg(strncmp(place, one.body, one.body_length) == 0, "line %d", i + 1);
        place += one.body_length;
        answer_release(&one);
        free(history);
    }
    ck_assert_str_eq(place, "");
    free(body);
}
END_TEST

static void send_slowly(const char *text)
{
    for (const char *c = text; *c; c++) {
        ck_assert(send_chunk(c, 1));
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
}

START_TEST(test_chunks_of_one_byte)
{
    begin("");
    send_slowly("{\"id\":1,\"events\":[\"a\"]}\n{\"id\":2,\"events\":[\"a\"]}\n");
    ck_assert(client_send(&client, "0\r\n\r\n"));
    ck_assert(receive_until("0\r\n\r\n"));
    ck_assert_ptr_nonnull(strstr(received, "{\"id\": 2, "));
}
END_TEST

START_TEST(test_line_above_the_limit_is_413_and_skipped)
{
    enum { PIECE = 64 << 10 };
    char *piece = malloc(PIECE);
    memset(piece, 'x', PIECE);
    begin("");
    for (uint64_t sent = 0; sent <= settings.max_body; sent += PIECE)
        ck_assert(send_chunk(piece, PIECE));
    ck_assert(receive_until("\"status\": 413"));
    for (int i = 0; i < 300; i++) /* the rest of the line is skipped */
        ck_assert(send_chunk(piece, PIECE));
    ck_assert(send_text_chunk("\n{\"id\":2,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("{\"id\": 2, "));
    free(piece);
}
END_TEST

/* If the client does not read, the service stops reading; it does not buffer without limit. */
START_TEST(test_client_that_does_not_read_cannot_send_without_limit)
{
    enum { PIECE = 16 << 10, MAX_SENT = 64 << 20 };
    static const char line[] = "{\"events\":[\"error logged\"]}\n";
    const struct timeval soon = {.tv_usec = 500000};
    char *piece = calloc(1, PIECE);
    size_t sent = 0, length = 0;
    while (length + sizeof line < PIECE) {
        memcpy(piece + length, line, sizeof line - 1);
        length += sizeof line - 1;
    }
    begin("");
    setsockopt(client.socket, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    while (sent < MAX_SENT && send_chunk(piece, length))
        sent += length;
    ck_assert_msg(sent < MAX_SENT, "%zu bytes were sent", sent);
    ck_assert_int_eq(client_post_json(url(), "/predict", line, NULL),
                     200); /* other clients are served */
    free(piece);
}
END_TEST

/* A client resets or closes in the middle of a stream. */
START_TEST(test_stream_of_a_client_that_leaves_is_dropped)
{
    char *history = history_of(settings.max_events);
    begin("");
    ck_assert(send_text_chunk(history));
    ck_assert(send_text_chunk("\n"));
    if (_i == 0)
        client_reset(&client);
    else
        client_close(&client);
    ck_assert(gauge_becomes("connections", 1));
    ck_assert_int_eq(client_post_json(url(), "/predict", "{\"events\":[\"a\"]}", NULL),
                     200);
    free(history);
}
END_TEST

/* The last two lines have ended, but the first still runs, so they wait to be answered in order. */
START_TEST(test_reset_stream_gives_back_the_events_of_its_ended_lines)
{
    const double events = settings.max_events + 2;
    char *history = history_of(settings.max_events);
    begin("");
    ck_assert(send_text_chunk(history));
    ck_assert(send_text_chunk("\n{\"events\":[\"a\"]}\n{\"events\":[\"a\"]}\n"));
    metrics_text_expect((struct expectation[]){{"triage_queue_events", events}}, 1);
    client_reset(&client);
    ck_assert(gauge_becomes("connections", 1));
    metrics_text_expect((struct expectation[]){{"triage_queue_events", 0}}, 1);
    free(history);
}
END_TEST

/* A shutdown in the middle of a chunk ends the request; after the last chunk it does not. */
START_TEST(test_stream_before_a_shutdown_is_answered)
{
    begin("");
    ck_assert(send_text_chunk("{\"events\":[\"a\"]}\n"));
    ck_assert(client_send(&client, "0\r\n\r\n"));
    client_shutdown(&client);
    ck_assert(receive_until("0\r\n\r\n"));
}
END_TEST

START_TEST(test_stream_past_its_deadline_ends_with_504)
{
    begin("X-Request-Timeout-Ms: 1000\r\n");
    ck_assert(send_text_chunk("{\"id\":1,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("\"status\": 504"));
    ck_assert_ptr_nonnull(strstr(received, "{\"line\": 2, \"error\""));
    ck_assert_ptr_null(strstr(received, "\r\n0\r\n"));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_stream_past_the_drain_timeout_ends_with_503)
{
    settings.drain_timeout_ms = 200;
    begin("");
    ck_assert(send_text_chunk("{\"id\":1,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("{\"id\": 1, "));
    server_drain(server);
    ck_assert(receive_until("\"status\": 503"));
    ck_assert_ptr_nonnull(strstr(received, "{\"line\": 2, \"error\""));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_server_stops_although_a_client_does_not_read)
{
    enum { PIECE = 16 << 10 };
    const struct timeval soon = {.tv_usec = 200000};
    char *piece = calloc(1, PIECE);
    memset(piece, '7', PIECE);
    for (int i = 1; i < PIECE; i += 2)
        piece[i] = '\n';
    settings.drain_timeout_ms = 200;
    begin("");
    setsockopt(client.socket, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    while (send_chunk(piece, PIECE))
        ;
    server_drain(server);
    for (int i = 0; i < 1000 && !server_has_ended(server); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    ck_assert(server_has_ended(server));
    free(piece);
}
END_TEST

/* Their answers are much longer than the lines: the next lines are taken as soon as they are sent. */
START_TEST(test_many_bad_lines_do_not_wait)
{
    enum { SECONDS = 15 }; /* a timer between the answers: 30 s */
    const size_t sent = (size_t)case_count(100000, 50);
    char *text = malloc(2 * sent);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < sent; i++)
        memcpy(text + 2 * i, "x\n", 2);
    client_on_answer = NULL; /* to validate every line takes too long */
    time_t begin_s = time(NULL);
    ck_assert(client_post(&client, "/predict", "application/x-ndjson", text, 2 * sent));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_le(time(NULL) - begin_s, SECONDS);
    size_t count = 0;
    for (const char *place = answer.body; (place = strchr(place, '\n')); place++)
        count++;
    ck_assert_uint_eq(count, sent);
    free(text);
}
END_TEST

static void set_up_small_queue(void)
{
    set_up();
    settings.loops = 1;
    settings.slice = 1;
    settings.max_waiting_events = 1500;
    serve();
    ck_assert(client_open(&client, url()));
}

/* Past the limit a stream begins no more lines, but has one in progress, and answers all. */
START_TEST(test_events_of_lines_are_limited)
{
    enum { LINES = 40, EVENTS = 1000 };
    char *line = history_of(EVENTS);
    begin("");
    for (int i = 0; i < LINES; i++)
        ck_assert(send_text_chunk(line) && send_text_chunk("\n"));
    ck_assert(client_send(&client, "0\r\n\r\n"));
    double most = 0;
    for (int i = 0; i < 20; i++) {
        char *metrics = metrics_text_fetch();
        double events = metrics_text_value(metrics, "triage_queue_events");
        most = events > most ? events : most;
        free(metrics);
    }
    ck_assert_double_gt(most, 0);
    ck_assert_double_le(most, 2 * EVENTS);
    ck_assert(client_receive(&client, &answer, false));
    int count = 0;
    for (const char *place = answer.body; (place = strstr(place, "\"events\": 1000"));)
        place += count++ >= 0;
    ck_assert_int_eq(count, LINES);
    metrics_text_expect((struct expectation[]){{"triage_queue_events", 0}}, 1);
    free(line);
}
END_TEST

Suite *streams_suite(void)
{
    Suite *suite = suite_create("streams");
    TCase *tcase = tcase_create("streams");
    tcase_add_checked_fixture(tcase, set_up_client, tear_down_client);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_line_is_answered_before_the_next_is_sent);
    tcase_add_loop_test(tcase, test_lines_are_answered_in_order, 0, COUNT(lines));
    tcase_add_test(tcase, test_line_is_answered_like_a_single_request);
    tcase_add_test(tcase, test_chunks_of_one_byte);
    tcase_add_test(tcase, test_line_above_the_limit_is_413_and_skipped);
    tcase_add_test(tcase, test_many_bad_lines_do_not_wait);
    tcase_add_test(tcase, test_client_that_does_not_read_cannot_send_without_limit);
    tcase_add_loop_test(tcase, test_stream_of_a_client_that_leaves_is_dropped, 0, 2);
    tcase_add_test(tcase, test_stream_before_a_shutdown_is_answered);
    tcase_add_test(tcase, test_stream_past_its_deadline_ends_with_504);
    tcase_add_test(tcase, test_stream_past_the_drain_timeout_ends_with_503);
    tcase_add_test(tcase, test_server_stops_although_a_client_does_not_read);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("streams of a slow server");
    tcase_add_checked_fixture(tcase, set_up_slow_client, tear_down_client);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_reset_stream_gives_back_the_events_of_its_ended_lines);
    suite_add_tcase(suite, tcase);
    TCase *tsmall = tcase_create("small queue");
    tcase_add_checked_fixture(tsmall, set_up_small_queue, tear_down_client);
    tcase_add_test(tsmall, test_events_of_lines_are_limited);
    suite_add_tcase(suite, tsmall);
    return suite;
}
