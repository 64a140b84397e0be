/*
 * Stopping: requests that run, requests that are half sent, idle and new connections, and the time
 * that draining may take; and starts that fail.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http/one_client.h"
#include "support/case_count.h"

static const char one[] = "{\"events\": [\"error logged\"]}";

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void start_long(void)
{
    char *text = history_of(settings.max_events);
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, text, strlen(text)));
    ck_assert(gauge_becomes("jobs", 1));
    free(text);
}

START_TEST(test_running_request_is_answered)
{
    char value[16];
    settings.slice = 1;
    serve();
    start_long();
    server_drain(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    ck_assert(answer_header(&answer, "Connection", value, sizeof value));
    ck_assert_str_eq(value, "close");
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_half_sent_request_may_be_completed)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 28\r\n\r\n{\"events\":"));
    pause_ms(50);
    server_drain(server);
    pause_ms(400);
    ck_assert(!server_has_ended(server));
    ck_assert(client_send(&client, " [\"error logged\"]}"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
}
END_TEST

START_TEST(test_request_that_stays_half_sent_is_503)
{
    char value[16];
    settings.drain_timeout_ms = 50;
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 28\r\n\r\n{\"events\":"));
    pause_ms(50);
    long begun = now_ms();
    server_drain(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 503);
    ck_assert(answer_header(&answer, "Retry-After", value, sizeof value));
    ck_assert(client_receive_end(&client));
    server_free(server);
    server = NULL;
    ck_assert_int_lt(now_ms() - begun, 10000); /* the usual timeout is 25 s */
}
END_TEST

/* A client whose connection waits because no descriptor is free is served afterwards. */
START_TEST(test_connection_accepted_after_descriptors_ran_out_is_served)
{
    enum { FEW = 64 };
    struct rlimit limit, few;
    int spares[FEW], count = 0;
    if (case_count_is_reduced())
        return; /* under valgrind the limit does not count the same descriptors */
    settings.loops = 1;
    serve();
    ck_assert_int_eq(client_get(url(), "/livez", NULL), 200);
    pause_ms(300); /* until that connection is closed */
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    /* Above those that are open now, of which the caller may have passed many. */
    spares[count] = dup(STDERR_FILENO);
    few = (struct rlimit){.rlim_cur = (rlim_t)spares[count++] + FEW,
                          .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (count < FEW && (spares[count] = dup(STDERR_FILENO)) >= 0)
        count++;
    ck_assert(dup(STDERR_FILENO) < 0);
    ck_assert_int_gt(count, 0);
    close(spares[--count]); /* for the socket of the client */
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    server_drain(server);
    pause_ms(500);
    while (count > 0)
        close(spares[--count]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
}
END_TEST

START_TEST(test_not_ready_during_the_shutdown_delay)
{
    char seconds[16];
    struct client other;
    settings.shutdown_delay_ms = 2000;
    serve();
    ck_assert(client_open(&client, url()));
    server_drain(server);
    ck_assert(client_send(&client, "GET /readyz HTTP/1.1\r\nHost: t\r\n\r\n"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 503);
    ck_assert(answer_header(&answer, "Retry-After", seconds, sizeof seconds));
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert_int_eq(client_get(url(), "/livez", NULL), 200);
    for (int i = 0; i < 2000 && !server_has_ended(server); i++)
        pause_ms(10);
    ck_assert(server_has_ended(server));
    ck_assert(!client_open(&other, url()));
}
END_TEST

START_TEST(test_idle_connections_are_closed)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    long begun = now_ms();
    server_free(server);
    server = NULL;
    ck_assert_int_lt(now_ms() - begun, 10000); /* they may be idle for 60 s */
    ck_assert(client_receive_end(&client));
}
END_TEST

/* A connection that was accepted just now may send its request within a second. */
START_TEST(test_new_connection_may_send_its_request)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(gauge_becomes("connections", 2));
    server_drain(server);
    pause_ms(200);
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
}
END_TEST

START_TEST(test_idle_connection_gets_a_last_answer)
{
    char value[16];
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    answer_release(&answer);
    server_drain(server);
    ck_assert(client_post(&client, "/predict", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    ck_assert(answer_header(&answer, "Connection", value, sizeof value));
    ck_assert(client_receive_end(&client));
}
END_TEST

START_TEST(test_running_request_past_the_drain_timeout_is_503)
{
    settings.slice = 1;
    settings.drain_timeout_ms = 50;
    serve();
    start_long();
    server_drain(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 503);
}
END_TEST

START_TEST(test_second_signal_ends_running_requests)
{
    settings.slice = 1;
    serve();
    start_long();
    server_drain(server);
    server_hurry(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 503);
}
END_TEST

/* Clients that open one connection after another until one is refused. */
static atomic_uint answered, lost;

static void *send_until_refused(void *unused)
{
    (void)unused;
    struct client mine;
    while (client_open(&mine, url())) {
        struct answer got = {0};
        /* The connection was accepted, so a request without an answer is lost. */
        if (client_post(&mine, "/predict", NULL, one, sizeof one - 1) &&
            client_receive(&mine, &got, false) && got.code == 200)
            atomic_fetch_add(&answered, 1);
        else
            atomic_fetch_add(&lost, 1);
        answer_release(&got);
        client_close(&mine);
    }
    return NULL;
}

START_TEST(test_no_accepted_request_is_lost_under_load)
{
    enum { CLIENTS = 8 };
    pthread_t threads[CLIENTS];
    answered = lost = 0;
    serve();
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_until_refused, NULL), 0);
    pause_ms(200);
    server_drain(server);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_gt(answered, 0);
    ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(test_port_in_use_is_an_error)
{
    struct options same = {0};
    struct error err = {0};
    serve();
    ck_assert_int_eq(options_default(&same, &err), STATUS_OK);
    same.listen = url() + strlen("http://");
    ck_assert_ptr_null(server_start(&same, &err));
    ck_assert_int_eq(err.status, STATUS_IO);
    options_release(&same);
}
END_TEST

/* Options that the server cannot start with, and the status of the error. */
static const struct {
    const char *about, *listen, *models, *model;
    enum status status;
} bad_starts[] = {
    {"no port", "127.0.0.1", "models", "", STATUS_BAD_OPTION},
    {"an address without brackets", "::1:0", "models", "", STATUS_BAD_OPTION},
    {"a port that does not exist", "127.0.0.1:99999", "models", "", STATUS_BAD_OPTION},
    {"a public address", "0.0.0.0:0", "models", "", STATUS_BAD_OPTION},
    {"a missing folder", "127.0.0.1:0", "nowhere", "", STATUS_IO},
    {"a folder without models", "127.0.0.1:0", "tests", "", STATUS_NOT_FOUND},
    {"an unknown default model", "127.0.0.1:0", "models", "nobody", STATUS_BAD_OPTION},
};

START_TEST(test_bad_options_do_not_start)
{
    struct error err = {0};
    settings.listen = bad_starts[_i].listen;
    settings.models = bad_starts[_i].models;
    settings.model = bad_starts[_i].model;
    ck_assert_msg(!server_start(&settings, &err), "%s", bad_starts[_i].about);
    ck_assert_msg(err.status == bad_starts[_i].status, "%s: %s", bad_starts[_i].about,
                  err.text);
}
END_TEST

Suite *stopping_suite(void)
{
    Suite *suite = suite_create("stopping");
    TCase *tcase = tcase_create("stopping"), *starting = tcase_create("starting");
    tcase_add_checked_fixture(tcase, set_up, tear_down_client);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_running_request_is_answered);
    tcase_add_test(tcase, test_half_sent_request_may_be_completed);
    tcase_add_test(tcase, test_request_that_stays_half_sent_is_503);
    tcase_add_test(tcase, test_connection_accepted_after_descriptors_ran_out_is_served);
    tcase_add_test(tcase, test_not_ready_during_the_shutdown_delay);
    tcase_add_test(tcase, test_idle_connections_are_closed);
    tcase_add_test(tcase, test_new_connection_may_send_its_request);
    tcase_add_test(tcase, test_idle_connection_gets_a_last_answer);
    tcase_add_test(tcase, test_running_request_past_the_drain_timeout_is_503);
    tcase_add_test(tcase, test_second_signal_ends_running_requests);
    tcase_add_test(tcase, test_no_accepted_request_is_lost_under_load);
    tcase_add_test(tcase, test_port_in_use_is_an_error);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(starting, set_up, tear_down);
    tcase_add_loop_test(starting, test_bad_options_do_not_start, 0,
                        (int)(sizeof bad_starts / sizeof *bad_starts));
    suite_add_tcase(suite, starting);
    return suite;
}
