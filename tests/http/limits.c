/* Deadlines and limits of clients, and the trace headers that the service continues. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/suites.h"
#include "service/clients.h"
#include "service/trace.h"

static const char one[] = "{\"events\": [\"error logged\"]}";

/* ---- slow heads ---------------------------------------------------------- */

static const struct {
    const char *about, *sent;
    int code; /* 0: the connection is closed without an answer */
} slow_heads[] = {
    {"no byte", "", 0},
    {"half a first line", "POST /pre", 0},
    {"a first line", "POST /predict HTTP/1.1\r\n", 408},
    {"a head without its end", "POST /predict HTTP/1.1\r\nHost: t\r\nContent-L", 408},
};

START_TEST(test_head_past_its_deadline_is_408)
{
    struct client slow = {.socket = -1};
    struct answer answer = {0};
    settings.head_timeout_ms = 500;
    serve();
    ck_assert(client_open(&slow, url()));
    ck_assert(client_send(&slow, slow_heads[_i].sent));
    if (slow_heads[_i].code) {
        ck_assert_msg(client_receive(&slow, &answer, false) &&
                          answer.code == slow_heads[_i].code,
                      "%s: %d", slow_heads[_i].about, answer.code);
        answer_release(&answer);
    }
    ck_assert_msg(client_receive_end(&slow), "%s", slow_heads[_i].about);
    client_close(&slow);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
}
END_TEST

START_TEST(test_slow_bytes_do_not_extend_the_head_deadline)
{
    static const char head[] = "POST /predict HTTP/1.1\r\nHost: example.org\r\n";
    struct client slow = {.socket = -1};
    settings.head_timeout_ms = 200;
    serve();
    ck_assert(client_open(&slow, url()));
    for (size_t i = 0; i < sizeof head - 1; i++) {
        if (!client_send_bytes(&slow, head + i, 1))
            break;
        pause_ms(10);
    }
    ck_assert(gauge_becomes("connections", 1));
    client_close(&slow);
}
END_TEST

START_TEST(test_idle_timeout_begins_after_an_answer)
{
    struct client idle = {.socket = -1};
    struct answer answer = {0};
    settings.head_timeout_ms = 500;
    settings.idle_timeout_ms = 3000;
    serve();
    ck_assert(client_open(&idle, url()));
    for (int i = 0; i < 3; i++) { /* after an answer the idle timeout applies */
        ck_assert(client_post(&idle, "/predict", NULL, one, sizeof one - 1));
        ck_assert(client_receive(&idle, &answer, false));
        ck_assert_int_eq(answer.code, 200);
        answer_release(&answer);
        pause_ms(800);
    }
    ck_assert(client_receive_end(&idle));
    client_close(&idle);
}
END_TEST

/* Every size of a head is answered: with 200 up to some size and with 431 above it. */
START_TEST(test_head_of_any_size_is_answered)
{
    enum { MAX_BYTES = 9000, STEP = 97 };
    static char head[MAX_BYTES + 256], value[MAX_BYTES + 1];
    int codes[MAX_BYTES / STEP + 1] = {0};
    serve();
    for (int i = 0; i * STEP < MAX_BYTES; i++) {
        struct client client = {.socket = -1};
        struct answer answer = {0};
        memset(value, 'x', sizeof value - 1);
        value[i * STEP] = '\0';
        snprintf(
            head, sizeof head,
            "POST /predict HTTP/1.1\r\nHost: t\r\nX: %s\r\nContent-Length: %zu\r\n\r\n",
            value, sizeof one - 1);
        ck_assert(client_open(&client, url()));
        ck_assert(client_send(&client, head));
        client_send(&client, one); /* fails if the head was refused before */
        ck_assert_msg(client_receive(&client, &answer, false), "%d bytes", i * STEP);
        codes[i] = answer.code;
        ck_assert_msg(codes[i] == 200 || codes[i] == 431, "%d bytes: %d", i * STEP,
                      codes[i]);
        ck_assert_msg(i == 0 || codes[i] >= codes[i - 1], "%d bytes: %d", i * STEP,
                      codes[i]);
        answer_release(&answer);
        client_close(&client);
    }
    ck_assert_int_eq(codes[5000 / STEP], 200);
    ck_assert_int_eq(codes[MAX_BYTES / STEP - 1], 431);
}
END_TEST

/* ---- the deadline of a request --------------------------------------------------- */

static int send_with_timeout(const char *timeout, const char *body, struct answer *answer)
{
    struct client client = {.socket = -1};
    char head[256];
    snprintf(head, sizeof head,
             "POST /predict HTTP/1.1\r\nHost: t\r\nX-Request-Timeout-Ms: %s\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             timeout, strlen(body));
    bool is_answered = client_open(&client, url()) && client_send(&client, head) &&
                       client_send(&client, body) &&
                       client_receive(&client, answer, false);
    client_close(&client);
    return is_answered ? answer->code : 0;
}

static const struct {
    const char *about, *timeout;
    int code;
} timeouts[] = {
    {"20 seconds", "20000", 200},
    {"a day", "86400000", 200},
    {"longer than a day", "86400001", 400},
    {"zero", "0", 400},
    {"negative", "-5", 400},
    {"a fraction", "2.5", 400},
    {"a word", "soon", 400},
    {"too many digits", "100000000000000000000", 400},
};

START_TEST(test_request_timeout_header)
{
    struct answer answer = {0};
    serve();
    int code = send_with_timeout(timeouts[_i].timeout, one, &answer);
    ck_assert_msg(code == timeouts[_i].code, "%s: %d", timeouts[_i].about, code);
    if (code == 400)
        ck_assert_ptr_nonnull(strstr(answer.body, "X-Request-Timeout-Ms"));
    answer_release(&answer);
}
END_TEST

START_TEST(test_request_past_its_own_timeout_is_504)
{
    struct answer answer = {0};
    settings.loops = 1;
    settings.slice = 1;
    serve();
    char *text = history_of(settings.max_events);
    ck_assert_int_eq(send_with_timeout("60", text, &answer), 504);
    ck_assert_ptr_nonnull(strstr(answer.body, "60 ms that the request allows"));
    ck_assert_uint_eq(gauge("jobs"), 0);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    answer_release(&answer);
    free(text);
}
END_TEST

/* ---- limits of the queue --------------------------------------------------------------- */

START_TEST(test_queued_events_above_the_limit_are_503)
{
    struct client busy[2] = {{.socket = -1}, {.socket = -1}};
    struct answer answer = {0};
    char seconds[8];
    settings.loops = 1;
    settings.slice = 1;
    settings.max_waiting_events = 150000;
    serve();
    char *text = history_of(settings.max_events);
    ck_assert(client_open(&busy[0], url()));
    ck_assert(client_post(&busy[0], "/predict", NULL, text, strlen(text)));
    ck_assert(gauge_becomes("jobs", 1));
    ck_assert(client_open(&busy[1], url()));
    ck_assert(client_post(&busy[1], "/predict", NULL, text, strlen(text)));
    ck_assert(client_receive(&busy[1], &answer, false));
    ck_assert_int_eq(answer.code, 503);
    ck_assert_ptr_nonnull(strstr(answer.body, "too many events are waiting"));
    ck_assert(answer_header(&answer, "Retry-After", seconds, sizeof seconds));
    answer_release(&answer);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert(client_receive(&busy[0], &answer, false));
    ck_assert_int_eq(answer.code, 200);
    answer_release(&answer);
    client_close(&busy[0]);
    client_close(&busy[1]);
    free(text);
}
END_TEST

START_TEST(test_long_histories_leave_rows_for_short_ones)
{
    enum { LONG_REQUESTS = 12 };
    struct client busy[LONG_REQUESTS];
    settings.loops = 1;
    settings.slice = 1;
    settings.max_rows = 8;
    settings.max_waiting_events = UINT64_C(1) << 40;
    serve();
    char *text = history_of(settings.max_events);
    for (int i = 0; i < LONG_REQUESTS; i++) {
        ck_assert(client_open(&busy[i], url()));
        ck_assert(client_post(&busy[i], "/predict", NULL, text, strlen(text)));
    }
    ck_assert(gauge_becomes("jobs", LONG_REQUESTS));
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert_uint_eq(gauge("jobs"), LONG_REQUESTS);
    for (int i = 0; i < LONG_REQUESTS; i++)
        client_reset(&busy[i]);
    ck_assert(gauge_becomes("jobs", 0));
    free(text);
}
END_TEST

/* ---- connections of one client ------------------------------------------ */

START_TEST(test_connection_above_the_limit_of_a_client_is_503)
{
    struct client clients[3];
    struct answer answer = {0};
    settings.max_client_connections = 2;
    serve();
    for (int i = 0; i < 3; i++) {
        ck_assert(client_open(&clients[i], url()));
        ck_assert(client_post(&clients[i], "/predict", NULL, one, sizeof one - 1));
        ck_assert(client_receive(&clients[i], &answer, false));
        ck_assert_int_eq(answer.code, i < 2 ? 200 : 503);
        answer_release(&answer);
    }
    client_close(&clients[0]);
    client_close(&clients[2]);
    int code = 0;
    for (int i = 0; i < 100 && code != 200;
         i++) { /* until the service sees that they are closed */
        pause_ms(20);
        code = client_post_json(url(), "/predict", one, NULL);
    }
    ck_assert_int_eq(code, 200);
    client_close(&clients[1]);
}
END_TEST

static void make_address(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(address, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(address, &v6, sizeof v6);
}

static const struct {
    const char *about, *first, *second;
    bool is_same;
} neighbours[] = {
    {"one address", "192.0.2.1", "192.0.2.1", true},
    {"two addresses", "192.0.2.1", "192.0.2.2", false},
    {"one network of 64 bits", "2001:db8::1", "2001:db8::ffff:2", true},
    {"two networks of 64 bits", "2001:db8::1", "2001:db8:0:1::1", false},
    {"an IPv4 address as IPv6", "::ffff:192.0.2.1", "192.0.2.1", true},
    {"two IPv4 addresses as IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
};

START_TEST(test_addresses_of_the_same_client)
{
    struct sockaddr_storage first, second;
    struct clients clients;
    make_address(neighbours[_i].first, &first);
    make_address(neighbours[_i].second, &second);
    ck_assert_int_eq(clients_init(&clients, 1, 10, NULL), STATUS_OK);
    ck_assert(clients_add(&clients, (struct sockaddr *)&first));
    ck_assert_msg(clients_add(&clients, (struct sockaddr *)&second) !=
                      neighbours[_i].is_same,
                  "%s", neighbours[_i].about);
    clients_remove(&clients, (struct sockaddr *)&first);
    clients_remove(&clients, (struct sockaddr *)&second);
    ck_assert(clients_add(&clients, (struct sockaddr *)&first));
    clients_release(&clients);
}
END_TEST

/* Connections come and go at random; the limit is compared with plain counters. */
START_TEST(test_random_connections_are_counted)
{
    enum { ADDRESSES = 40, ROUNDS = 20000, LIMIT = 2 };
    unsigned counts[ADDRESSES] = {0}, state = 1, open = 0;
    struct clients clients;
    ck_assert_int_eq(clients_init(&clients, LIMIT, ADDRESSES, NULL), STATUS_OK);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned which = (unsigned)rand_r(&state) % ADDRESSES;
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(which << 20)};
        if (counts[which] > 0 && rand_r(&state) % 2) {
            clients_remove(&clients, (struct sockaddr *)&address);
            counts[which]--;
            open--;
        } else if (open < ADDRESSES) {
            bool is_within = clients_add(&clients, (struct sockaddr *)&address);
            ck_assert_msg(is_within == (++counts[which] <= LIMIT), "round %d", i);
            open++;
        }
    }
    clients_release(&clients);
}
END_TEST

/* ---- traces ---------------------------------------------------------------------------- */

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const struct {
    const char *about, *header;
    const char *flags; /* of the continued trace; NULL: a new trace begins */
} traces[] = {
    {"sampled", "00-" ID "-" PARENT "-01", "01"},
    {"not sampled", "00-" ID "-" PARENT "-00", "00"},
    {"unknown flags", "00-" ID "-" PARENT "-ff", "03"},
    {"a later version", "cc-" ID "-" PARENT "-01-what-else", "01"},
    {"a later version, no dash", "cc-" ID "-" PARENT "-01x", NULL},
    {"version 00 with more fields", "00-" ID "-" PARENT "-01-more", NULL},
    {"the invalid version", "ff-" ID "-" PARENT "-01", NULL},
    {"upper case", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", NULL},
    {"a trace of zeros", "00-00000000000000000000000000000000-" PARENT "-01", NULL},
    {"a parent of zeros", "00-" ID "-0000000000000000-01", NULL},
    {"too short", "00-" ID "-" PARENT "-0", NULL},
    {"an underscore instead of a dash", "00_" ID "-" PARENT "-01", NULL},
    {"empty", "", NULL},
    {"none", NULL, NULL},
};

START_TEST(test_trace_is_continued_or_begun)
{
    struct random random;
    struct trace trace;
    char text[TRACE_TEXT];
    random_init(&random, 1, 0);
    trace_begin(&trace, traces[_i].header, &random);
    trace_format(&trace, text);
    ck_assert_uint_eq(strlen(text), TRACE_TEXT - 1);
    ck_assert_uint_eq(strspn(text, "0123456789abcdef-"), TRACE_TEXT - 1);
    ck_assert_str_ne(trace.span_id, PARENT);
    ck_assert_msg((strcmp(trace.trace_id, ID) == 0) == (traces[_i].flags != NULL), "%s",
                  traces[_i].about);
    ck_assert_str_eq(trace.parent_id, traces[_i].flags ? PARENT : "");
    ck_assert_str_eq(text + TRACE_TEXT - 3, traces[_i].flags ? traces[_i].flags : "02");
}
END_TEST

Suite *limits_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *tcase = tcase_create("limits");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_head_past_its_deadline_is_408, 0, COUNT(slow_heads));
    tcase_add_test(tcase, test_slow_bytes_do_not_extend_the_head_deadline);
    tcase_add_test(tcase, test_idle_timeout_begins_after_an_answer);
    tcase_add_test(tcase, test_head_of_any_size_is_answered);
    tcase_add_loop_test(tcase, test_request_timeout_header, 0, COUNT(timeouts));
    tcase_add_test(tcase, test_request_past_its_own_timeout_is_504);
    tcase_add_test(tcase, test_queued_events_above_the_limit_are_503);
    tcase_add_test(tcase, test_long_histories_leave_rows_for_short_ones);
    tcase_add_test(tcase, test_connection_above_the_limit_of_a_client_is_503);
    tcase_add_loop_test(tcase, test_addresses_of_the_same_client, 0, COUNT(neighbours));
    tcase_add_test(tcase, test_random_connections_are_counted);
    tcase_add_loop_test(tcase, test_trace_is_continued_or_begun, 0, COUNT(traces));
    suite_add_tcase(suite, tcase);
    return suite;
}
