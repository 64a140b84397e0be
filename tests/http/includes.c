/*
 * "include": an optional member changes nothing else of an answer, long answers are written in
 * slices, and nobody waits for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/one_client.h"
#include "support/case_count.h"

static void set_up_served_orders(void)
{
    set_up_orders();
    serve();
}

static const char *post(const char *path, const char *type, const char *body)
{
    answer_release(&answer);
    client_close(&client); /* the service closes it after lines */
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, path, type, body, strlen(body)));
    ck_assert(client_receive(&client, &answer, false));
    return answer.body;
}

static const char with[] = ", \"include\": [\"surprise\"]";

/* The answer is `plain`, with "surprise" of `count` entries before its last brace. */
static void check_surprise(const char *text, const char *plain, size_t count)
{
    size_t shared = strcspn(plain, "\n") - 1; /* without the brace */
    ck_assert_msg(strncmp(text, plain, shared) == 0, "%.300s", text);
    ck_assert_msg(strncmp(text + shared, ", \"surprise\": [", 15) == 0, "%.300s",
                  text + shared);
    json_t *json =
        json_loads(text, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, NULL);
    json_t *surprise = json_object_get(json, "surprise");
    ck_assert_uint_eq(json_array_size(surprise), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(surprise, i);
        const json_t *event = json_object_get(entry, "event");
        ck_assert(i + 1 < count ? json_integer_value(event) == (json_int_t)i
                                : json_is_null(event));
        ck_assert(json_is_null(json_object_get(entry, "rank")) == (i == 0));
    }
    json_decref(json);
}

START_TEST(test_query_and_body_give_the_same)
{
    char *history = orders_of(3, ""), *including = orders_of(3, with);
    char *plain = strdup(post("/predict", NULL, history));
    char *included = strdup(post("/predict?include=surprise", NULL, history));
    check_surprise(included, plain, 4);
    ck_assert_str_eq(post("/predict", NULL, including), included);
    ck_assert_str_eq(post("/predict?include=surprise,surprise", NULL, including),
                     included);
    ck_assert_str_eq(post("/predict?include=", NULL, history), plain);
    free(history);
    free(including);
    free(plain);
    free(included);
}
END_TEST

START_TEST(test_entries_have_the_index_as_given)
{
    const char *text = post("/predict?include=surprise", NULL,
                            "{\"events\": [{\"event\": \"paid\", \"time\": 20}, \"x\"]}");
    ck_assert_int_eq(answer.code, 422); /* a mixture of times */
    text = post("/predict?include=surprise", NULL,
                "{\"events\": [{\"event\": \"paid\", \"time\": 20}, {\"event\": null, "
                "\"time\": 30}, {\"event\": \"placed\", \"time\": 10}, {\"event\": "
                "\"lost\", \"time\": 40}]}");
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_nonnull(strstr(text, "\"reordered\": true"));
    ck_assert_ptr_nonnull(strstr(text, "[{\"event\": 2, \"probability\": null, "));
    ck_assert_ptr_nonnull(strstr(text, "{\"event\": 0, \"probability\": 0."));
    ck_assert_ptr_nonnull(
        strstr(text, "{\"event\": 1, \"probability\": null, \"surprise\": null, "));
    ck_assert_ptr_nonnull(strstr(text, "{\"event\": 3, \"probability\": 0.0, "
                                       "\"surprise\": 103.27893, \"rank\": 8}"));
}
END_TEST

START_TEST(test_every_history_of_many_has_its_own)
{
    char *plain = strdup(post("/predict", NULL, "{\"events\": [\"placed\"]}"));
    const char *text =
        post("/predict", NULL,
             "{\"include\": [\"surprise\"], \"histories\": [{\"events\": [\"placed\"]}, "
             "{\"events\": [\"placed\", \"paid\"]}]}");
    ck_assert_int_eq(answer.code, 200);
    ck_assert_int_eq(strncmp(text, "{\"predictions\": [", 17), 0);
    check_surprise(text + 17, plain, 2);
    text = strstr(text, "\"surprise\": [");
    ck_assert_ptr_nonnull(strstr(text + 1, "\"surprise\": ["));
    free(plain);
}
END_TEST

START_TEST(test_lines_have_their_own_and_that_of_the_query)
{
    static const char lines[] =
        "{\"events\": [\"placed\"]}\n{\"events\": [\"placed\"], \"include\": "
        "[\"surprise\"]}\n{\"events\": [\"placed\"], \"include\": [\"x\"]}\n";
    char *plain = strdup(post("/predict", NULL, "{\"events\": [\"placed\"]}"));
    const char *text = post("/predict", "application/x-ndjson", lines);
    ck_assert_int_eq(strncmp(text, plain, strlen(plain)), 0);
    check_surprise(text + strlen(plain), plain, 2);
    ck_assert_ptr_nonnull(strstr(text, "{\"line\": 3, \"error\": "));
    text = post("/predict?include=surprise", "application/x-ndjson", lines);
    check_surprise(text, plain, 2);
    check_surprise(strchr(text, '\n') + 1, plain, 2);
    free(plain);
}
END_TEST

/* The answers have many slices. */
START_TEST(test_long_answers_are_whole)
{
    const size_t events = (size_t)case_count(20000, 10);
    char *history = orders_of(events, with), *bare = orders_of(events, "");
    char *plain = strdup(post("/predict", NULL, bare));
    check_surprise(post("/predict", NULL, history), plain, events + 1);
    ck_assert_uint_gt(answer.body_length, (size_t)50 * events);
    char *included = strdup(answer.body);
    const size_t length = strlen(included), line = strlen(history);
    char *lines = malloc(2 * line + 2);
    memcpy(lines, history, line);
    lines[line] = '\n';
    memcpy(lines + line + 1, history, line + 1);
    const char *text = post("/predict", "application/x-ndjson", lines);
    ck_assert_uint_eq(answer.body_length, 2 * length);
    ck_assert_int_eq(memcmp(text, included, length), 0);
    ck_assert_str_eq(text + length, included);
    free(lines);
    free(history);
    free(bare);
    free(plain);
    free(included);
}
END_TEST

START_TEST(test_short_requests_do_not_wait_for_a_long_include)
{
    struct client busy = {.socket = -1};
    char *history = orders_of(settings.max_events, with);
    settings.loops = 1;
    settings.slice = 1;
    serve();
    ck_assert(client_open(&busy, url()));
    ck_assert(client_post(&busy, "/predict", NULL, history, strlen(history)));
    ck_assert(gauge_becomes("jobs", 1));
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(
            client_post_json(url(), "/predict", "{\"events\": [\"placed\"]}", NULL), 200);
    ck_assert_uint_eq(gauge("jobs"), 1);
    client_close(&busy);
    ck_assert(gauge_becomes("jobs", 0)); /* it has left, and is dropped */
    ck_assert_int_eq(
        client_post_json(url(), "/predict", "{\"events\": [\"placed\"]}", NULL), 200);
    free(history);
}
END_TEST

START_TEST(test_limit_of_events)
{
    settings.max_include_steps = 3;
    serve();
    for (size_t events = 3; events <= 4; events++) {
        char *history = orders_of(events, with), *bare = orders_of(events, "");
        ck_assert_int_eq(client_post_json(url(), "/predict", history, &answer),
                         events == 3 ? 200 : 413);
        ck_assert(events == 3 || strstr(answer.body, "\"pointer\": \"/include\""));
        ck_assert(events == 3 || strstr(answer.body, "\"expected\": \"at most 3\""));
        ck_assert_int_eq(client_post_json(url(), "/predict", bare, NULL), 200);
        answer_release(&answer);
        free(history);
        free(bare);
    }
}
END_TEST

Suite *includes_suite(void)
{
    Suite *suite = suite_create("includes");
    TCase *tcase = tcase_create("includes");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up_served_orders, tear_down_client);
    tcase_add_test(tcase, test_query_and_body_give_the_same);
    tcase_add_test(tcase, test_entries_have_the_index_as_given);
    tcase_add_test(tcase, test_every_history_of_many_has_its_own);
    tcase_add_test(tcase, test_lines_have_their_own_and_that_of_the_query);
    tcase_add_test(tcase, test_long_answers_are_whole);
    suite_add_tcase(suite, tcase);
    TCase *limits = tcase_create("limits");
    tcase_set_timeout(limits, 120);
    tcase_add_checked_fixture(limits, set_up_orders, tear_down_client);
    tcase_add_test(limits, test_short_requests_do_not_wait_for_a_long_include);
    tcase_add_test(limits, test_limit_of_events);
    suite_add_tcase(suite, limits);
    return suite;
}
