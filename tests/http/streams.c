/* Histories by the line: both sides talk at once, and neither fills the memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "http/suites.h"

static struct client client = {.socket = -1};
static struct answer answer;

static void set_up_client(void)
{
    set_up();
    serve();
    ck_assert(client_open(&client, url()));
}

static void tear_down_client(void)
{
    answer_release(&answer);
    client_close(&client);
    tear_down();
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

static bool say(const char *text)
{
    return send_chunk(text, strlen(text));
}

/* What comes until a text does, or the connection ends; at most room - 1 bytes of it. */
static char received[1 << 16];

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

/* An answer comes while the next line has not been sent. */
START_TEST(test_conversation)
{
    begin("");
    for (int i = 1; i <= 3; i++) {
        char line[64], expected[32];
        snprintf(line, sizeof line, "{\"id\": %d, \"events\": [\"error logged\"]}\n", i);
        snprintf(expected, sizeof expected, "{\"id\": %d, ", i);
        ck_assert(say(line));
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
    {"no JSON",
     "{\"events\":[\n",
     {"{\"line\": 1, \"error\": ", "\"status\": 400"},
     "id"},
    {"no object", "[]\n", {"{\"line\": 1, \"error\": ", "\"status\": 422"}, NULL},
    {"many in one", "{\"histories\":[]}\n", {"/histories", "one history"}, NULL},
    {"a model of its own",
     "{\"model\":\"incident\",\"events\":[\"a\"]}\n{\"events\":[\"a\"]}\n",
     {"\"name\": \"incident\"", "\"name\": \"lesson\""},
     NULL},
    {"a model that is not there",
     "{\"model\":\"x\",\"events\":[\"a\"]}\n",
     {"\"status\": 404", "/model"},
     NULL},
    {"blank lines are counted and not answered",
     "\n  \r\n{\"events\":[]}\r\n\n",
     {"{\"line\": 3, \"error\": "},
     "\"line\": 4"},
    {"no line end at the end", "{\"id\":9,\"events\":[\"a\"]}", {"{\"id\": 9"}, NULL},
    {"nothing", "", {"Content-Type: application/x-ndjson", "0\r\n\r\n"}, "line"},
};

START_TEST(test_lines)
{
    begin("");
    if (*lines[_i].body)
        ck_assert(say(lines[_i].body));
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

/* Every line is the answer to that line alone, byte for byte, whatever its neighbours are. */
START_TEST(test_lines_are_single_answers)
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

START_TEST(test_a_byte_at_a_time)
{
    begin("");
    send_slowly("{\"id\":1,\"events\":[\"a\"]}\n{\"id\":2,\"events\":[\"a\"]}\n");
    ck_assert(client_send(&client, "0\r\n\r\n"));
    ck_assert(receive_until("0\r\n\r\n"));
    ck_assert_ptr_nonnull(strstr(received, "{\"id\": 2, "));
}
END_TEST

START_TEST(test_a_line_that_is_too_long)
{
    enum { PIECE = 64 << 10 };
    char *piece = malloc(PIECE);
    memset(piece, 'x', PIECE);
    begin("");
    for (uint64_t sent = 0; sent <= settings.max_body; sent += PIECE)
        ck_assert(send_chunk(piece, PIECE));
    ck_assert(receive_until("\"status\": 413"));
    for (int i = 0; i < 300; i++) /* the rest of it is thrown away */
        ck_assert(send_chunk(piece, PIECE));
    ck_assert(say("\n{\"id\":2,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("{\"id\": 2, "));
    free(piece);
}
END_TEST

/* How long the sender gets when nobody reads: the socket's buffers, not memory without end. */
START_TEST(test_a_slow_reader_slows_the_sender)
{
    enum { PIECE = 16 << 10, MOST = 64 << 20 };
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
    while (sent < MOST && send_chunk(piece, length))
        sent += length;
    ck_assert_msg(sent < MOST, "%zu bytes went out", sent);
    ck_assert_int_eq(client_post_json(url(), "/predict", line, NULL),
                     200); /* others go on */
    free(piece);
}
END_TEST

/* A client that leaves in the middle leaves nothing behind. */
START_TEST(test_leaving)
{
    char *history = history_of(settings.max_events);
    begin("");
    ck_assert(say(history));
    ck_assert(say("\n"));
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

/* Shutting the sending side in the middle of a chunk is leaving; after the end it is not. */
START_TEST(test_half_close_after_the_end)
{
    begin("");
    ck_assert(say("{\"events\":[\"a\"]}\n"));
    ck_assert(client_send(&client, "0\r\n\r\n"));
    client_shutdown(&client);
    ck_assert(receive_until("0\r\n\r\n"));
}
END_TEST

START_TEST(test_the_time_is_over)
{
    begin("X-Request-Timeout-Ms: 150\r\n");
    ck_assert(say("{\"id\":1,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("\"status\": 504"));
    ck_assert_ptr_nonnull(strstr(received, "{\"line\": 2, \"error\""));
    ck_assert_ptr_null(strstr(received, "\r\n0\r\n"));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_stopping)
{
    settings.drain_timeout_ms = 200;
    begin("");
    ck_assert(say("{\"id\":1,\"events\":[\"a\"]}\n"));
    ck_assert(receive_until("{\"id\": 1, "));
    server_drain(server);
    ck_assert(receive_until("\"status\": 503"));
    ck_assert_ptr_nonnull(strstr(received, "{\"line\": 2, \"error\""));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_stopping_with_a_stuck_reader)
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

Suite *streams_suite(void)
{
    Suite *suite = suite_create("streams");
    TCase *tcase = tcase_create("streams");
    tcase_add_checked_fixture(tcase, set_up_client, tear_down_client);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_conversation);
    tcase_add_loop_test(tcase, test_lines, 0, COUNT(lines));
    tcase_add_test(tcase, test_lines_are_single_answers);
    tcase_add_test(tcase, test_a_byte_at_a_time);
    tcase_add_test(tcase, test_a_line_that_is_too_long);
    tcase_add_test(tcase, test_a_slow_reader_slows_the_sender);
    tcase_add_loop_test(tcase, test_leaving, 0, 2);
    tcase_add_test(tcase, test_half_close_after_the_end);
    tcase_add_test(tcase, test_the_time_is_over);
    tcase_add_test(tcase, test_stopping);
    tcase_add_test(tcase, test_stopping_with_a_stuck_reader);
    suite_add_tcase(suite, tcase);
    return suite;
}
