/*
 * Requests whose histories take more than one slice, so that their connection is suspended:
 * requests beside them, deadlines, full queues and clients that leave.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "http/metrics_text.h"
#include "http/suites.h"
#include "support/case_count.h"

static const char one[] = "{\"events\": [\"error logged\"]}";

/* A request with the longest history, which keeps a loop busy for a while. */
static struct client busy = {.socket = -1};
static struct answer answer;
static char *text;

static void start_busy(void)
{
    ck_assert(client_open(&busy, url()));
    ck_assert(client_post(&busy, "/predict", NULL, text, strlen(text)));
    ck_assert(gauge_becomes("jobs", 1));
    /* It is decoded, so that the next request does not find an idle batcher. */
    metrics_text_expect(
        (struct expectation[]){{"triage_queue_events", settings.max_events}}, 1);
}

static void set_up_slow(void)
{
    set_up();
    settings.loops = 1;
    settings.slice = 1;
    text = history_of(settings.max_events);
}

static void tear_down_slow(void)
{
    answer_release(&answer);
    client_close(&busy);
    free(text);
    tear_down();
}

START_TEST(test_short_histories_do_not_wait_for_a_long_one)
{
    serve();
    start_busy();
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert_uint_eq(gauge("jobs"), 1);
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"events\": 100000"));
    ck_assert_uint_eq(gauge("jobs"), 0);
}
END_TEST

START_TEST(test_answer_does_not_depend_on_other_requests)
{
    struct answer alone = {0}, beside = {0};
    serve();
    char *history = history_of(777);
    ck_assert_int_eq(client_post_json(url(), "/predict", history, &alone), 200);
    start_busy();
    ck_assert_int_eq(client_post_json(url(), "/predict", history, &beside), 200);
    ck_assert_uint_eq(gauge("jobs"), 1);
    ck_assert_str_eq(alone.body, beside.body);
    answer_release(&alone);
    answer_release(&beside);
    free(history);
}
END_TEST

/* An answer of several slices is that of each history, one after the other. */
START_TEST(test_long_answer_is_written_whole)
{
    enum { HISTORIES = 1000 };
    struct answer alone = {0};
    struct strbuf request, expected;
    serve();
    strbuf_init(&request, SIZE_MAX);
    strbuf_init(&expected, SIZE_MAX);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, &alone), 200);
    for (int i = 0; i < HISTORIES; i++) {
        strbuf_add(&request, i == 0 ? "{\"histories\": [" : ",");
        strbuf_add(&request, one);
        strbuf_add(&expected, i == 0 ? "{\"predictions\": [" : ", ");
        strbuf_add_bytes(&expected, alone.body, strcspn(alone.body, "\n"));
    }
    strbuf_add(&request, "]}");
    strbuf_add(&expected, "]}\n");
    ck_assert_int_eq(client_post_json(url(), "/predict", request.bytes, &answer), 200);
    ck_assert_uint_gt(expected.length, 3 * 65536);
    ck_assert_str_eq(answer.body, expected.bytes);
    ck_assert_uint_eq(gauge("jobs"), 0);
    strbuf_release(&request);
    strbuf_release(&expected);
    answer_release(&alone);
}
END_TEST

START_TEST(test_long_answer_of_an_idle_batcher_is_not_thrown_away)
{
    enum { HISTORIES = 8, ID_BYTES = 5000 }; /* each byte takes six in the answer */
    char id[ID_BYTES + 1] = "";
    struct strbuf request;
    memset(id, 0x7F, ID_BYTES);
    settings.max_jobs = 1;
    serve();
    start_busy();
    strbuf_init(&request, SIZE_MAX);
    strbuf_add(&request, "{\"model\": \"incident\", \"histories\": [");
    for (int i = 0; i < HISTORIES; i++)
        strbuf_printf(&request, "%s{\"id\": \"%s\", \"events\": [\"a\"]}",
                      i == 0 ? "" : ", ", id);
    strbuf_add(&request, "]}");
    ck_assert_int_eq(client_post_json(url(), "/predict", request.bytes, &answer), 200);
    ck_assert_uint_gt(strlen(answer.body), 65536);
    ck_assert_str_eq(answer.body + strlen(answer.body) - 4, "}]}\n");
    ck_assert_uint_eq(gauge("jobs"), 1);
    strbuf_release(&request);
}
END_TEST

START_TEST(test_answer_after_the_deadline_is_504)
{
    settings.request_timeout_ms = 50;
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", text, &answer), 504);
    ck_assert_uint_eq(gauge("jobs"), 0);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
}
END_TEST

START_TEST(test_full_queue_is_503)
{
    char seconds[8];
    settings.max_jobs = 1;
    serve();
    start_busy();
    ck_assert_int_eq(client_post_json(url(), "/predict", one, &answer), 503);
    ck_assert(answer_header(&answer, "Retry-After", seconds, sizeof seconds));
    ck_assert_int_eq(client_get(url(), "/readyz", NULL), 200);
    answer_release(&answer);
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
}
END_TEST

START_TEST(test_request_waits_for_a_free_row)
{
    settings.max_rows = 1;
    serve();
    start_busy();
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_int_eq(answer.code, 200);
}
END_TEST

START_TEST(test_job_of_a_client_that_reset_is_dropped)
{
    serve();
    start_busy();
    client_reset(&busy);
    ck_assert(gauge_becomes("jobs", 0));
    ck_assert(gauge_becomes("connections", 1));
}
END_TEST

/* A client that closed its connection cannot be told from one that shut down its sending side. */
START_TEST(test_job_of_a_client_that_shut_down_is_dropped)
{
    serve();
    start_busy();
    client_shutdown(&busy);
    ck_assert(gauge_becomes("jobs", 0));
    ck_assert(client_receive_end(&busy));
}
END_TEST

START_TEST(test_idle_batcher_accepts_one_job_above_the_limit)
{
    settings.max_jobs = 1;
    serve();
    start_busy();
    ck_assert_int_eq(client_post_json(url(), "/predict",
                                      "{\"model\": \"incident\", \"events\": [\"a\"]}",
                                      NULL),
                     200);
    ck_assert_uint_eq(gauge("jobs"), 1);
}
END_TEST

START_TEST(test_pipelined_request_is_answered_after_the_long_one)
{
    serve();
    start_busy();
    ck_assert(client_post(&busy, "/predict", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_ptr_nonnull(strstr(answer.body, "\"events\": 100000"));
    answer_release(&answer);
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_ptr_nonnull(strstr(answer.body, "\"events\": 1,"));
}
END_TEST

START_TEST(test_more_histories_than_rows_keep_their_order)
{
    enum { COUNT = 500 };
    char body[COUNT * 48 + 32] = "{\"histories\": [", *end = body + strlen(body);
    settings.max_rows = 7;
    serve();
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end, "%s{\"id\": %d, \"events\": [%s\"a\"]}", i ? "," : "", i,
                       i % 3 ? "\"b\", " : "");
    memcpy(end, "]}", 3);
    ck_assert_int_eq(client_post_json(url(), "/predict", body, &answer), 200);
    const char *place = answer.body;
    for (int i = 0; i < COUNT; i++) {
        char id[32];
        snprintf(id, sizeof id, "{\"id\": %d, ", i);
        ck_assert_ptr_nonnull(place = strstr(place, id));
        ck_assert_int_eq(strstr(place, "\"events\": ")[10], i % 3 ? '2' : '1');
    }
}
END_TEST

START_TEST(test_large_request_does_not_delay_a_small_one)
{
    enum { COUNT = 10000, BODY_BYTES = COUNT * 600 };
    char *many = malloc(BODY_BYTES), *each = history_of(30), *end = many;
    ck_assert_ptr_nonnull(many);
    settings.max_rows = 8;
    serve();
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end, "%s%s", i ? "," : "{\"histories\": [", each);
    memcpy(end, "]}", 3);
    ck_assert(client_open(&busy, url()));
    ck_assert(client_post(&busy, "/predict", NULL, many, strlen(many)));
    ck_assert(gauge_becomes("jobs", 1));
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert_uint_eq(gauge("jobs"), 1); /* the large request still runs */
    ck_assert(client_receive(&busy, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    free(many);
    free(each);
}
END_TEST

/* A client with short and long histories.  Adds one to *seed for each wrong answer. */
static void *send_many(void *seed)
{
    unsigned state = *(unsigned *)seed;
    for (int i = 0; i < case_count(60, 4); i++) {
        unsigned events = rand_r(&state) % 4 ? 1 + (unsigned)rand_r(&state) % 60 : 3000;
        char expected[32], *body = history_of(events);
        struct answer mine = {0};
        snprintf(expected, sizeof expected, "\"events\": %u,", events);
        if (client_post_json(url(), "/predict", body, &mine) != 200 ||
            !strstr(mine.body, expected))
            ++*(unsigned *)seed;
        answer_release(&mine);
        free(body);
    }
    return NULL;
}

START_TEST(test_each_of_many_clients_gets_its_own_answer)
{
    enum { CLIENTS = 16 };
    pthread_t threads[CLIENTS];
    unsigned seeds[CLIENTS];
    settings.loops = 2;
    settings.max_rows = 5;
    serve();
    for (unsigned i = 0; i < CLIENTS; i++) {
        seeds[i] = i * 1000;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_many, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(seeds[i], i * 1000);
    }
    ck_assert_uint_eq(gauge("jobs"), 0);
}
END_TEST

Suite *suspended_suite(void)
{
    Suite *suite = suite_create("suspended");
    TCase *tcase = tcase_create("suspended");
    tcase_add_checked_fixture(tcase, set_up_slow, tear_down_slow);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_short_histories_do_not_wait_for_a_long_one);
    tcase_add_test(tcase, test_answer_does_not_depend_on_other_requests);
    tcase_add_test(tcase, test_long_answer_is_written_whole);
    tcase_add_test(tcase, test_long_answer_of_an_idle_batcher_is_not_thrown_away);
    tcase_add_test(tcase, test_answer_after_the_deadline_is_504);
    tcase_add_test(tcase, test_full_queue_is_503);
    tcase_add_test(tcase, test_request_waits_for_a_free_row);
    tcase_add_test(tcase, test_job_of_a_client_that_reset_is_dropped);
    tcase_add_test(tcase, test_job_of_a_client_that_shut_down_is_dropped);
    tcase_add_test(tcase, test_idle_batcher_accepts_one_job_above_the_limit);
    tcase_add_test(tcase, test_pipelined_request_is_answered_after_the_long_one);
    tcase_add_test(tcase, test_more_histories_than_rows_keep_their_order);
    tcase_add_test(tcase, test_large_request_does_not_delay_a_small_one);
    tcase_add_test(tcase, test_each_of_many_clients_gets_its_own_answer);
    suite_add_tcase(suite, tcase);
    return suite;
}
