/*
 * POST /forecast: what is refused, and that forecasts have deadlines, end in order, and never keep
 * others waiting.  That the answers are those of `triage forecast` is in tests/cli/forecast.sh.
 *
 * In steps of one event the longest history keeps a loop busy for a while.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/metrics_text.h"
#include "http/one_client.h"
#include "support/case_count.h"

static const char one[] = "{\"events\": [\"placed\", \"paid\"]}";

static void set_up_served_orders(void)
{
    set_up_orders();
    serve();
}

static void set_up_slow(void)
{
    set_up_orders();
    settings.loops = 1;
    settings.slice = 1;
    settings.max_rows = 1;
}

static const char *forecast(const char *body, int code)
{
    answer_release(&answer);
    int received = client_post_json(url(), "/forecast", body, &answer);
    ck_assert_msg(received == code, "%s: %d %s", body, received, answer.body);
    return answer.body;
}

/* ---- members --------------------------------------------------------------------------- */

static size_t continuations_of(const char *body, size_t *longest)
{
    json_t *json = json_loads(forecast(body, 200), JSON_REJECT_DUPLICATES, NULL), *item;
    const json_t *all = json_object_get(json, "continuations");
    const size_t count = json_array_size(all);
    size_t i;
    *longest = 0;
    json_array_foreach(json_iterable(all), i, item)
    {
        size_t length = json_array_size(json_object_get(item, "events"));
        length += json_is_true(json_object_get(item, "ended"));
        *longest = length > *longest ? length : *longest;
    }
    json_decref(json);
    return count;
}

static const struct {
    const char *about, *body;
    size_t count, longest;
} accepted[] = {
    {"without members", "{\"events\": [\"placed\"]}", 5, 7},
    {"an empty include", "{\"events\": [\"placed\"], \"include\": []}", 5, 7},
    {"two steps", "{\"steps\": 2, \"events\": [\"placed\"]}", 5, 2},
    {"a beam of 1", "{\"events\": [\"placed\"], \"beam\": 1}", 1, 5},
    {"the largest beam", "{\"events\": [\"placed\"], \"beam\": 64, \"steps\": 1}", 7, 1},
    {"the most steps", "{\"events\": [\"placed\"], \"beam\": 1, \"steps\": 1000}", 1, 5},
    {"members before the model and the events",
     "{\"beam\": 2, \"steps\": 1, \"rank\": \"mean\", \"model\": \"orders\", \"events\": "
     "[\"placed\"]}",
     2, 1},
    {"samples", "{\"events\": [\"placed\"], \"sample\": 9, \"steps\": 1}", 9, 1},
    {"samples of a seed",
     "{\"seed\": 9007199254740991, \"events\": [\"placed\"], \"sample\": 1, \"steps\": "
     "1}",
     1, 1},
};

START_TEST(test_members)
{
    size_t longest;
    ck_assert_msg(continuations_of(accepted[_i].body, &longest) == accepted[_i].count,
                  "%s: %s", accepted[_i].about, answer.body);
    ck_assert_msg(longest == accepted[_i].longest, "%s: %s", accepted[_i].about,
                  answer.body);
}
END_TEST

#define HISTORY "\"events\": [\"placed\"]"

static const struct {
    const char *about, *body;
    int code;
    const char *pointer, *detail;
} refused[] = {
    {"no steps", "{" HISTORY ", \"steps\": 0}", 422, "/steps",
     "\\\"steps\\\" is an integer from 1 to 1000"},
    {"more steps than the limit", "{" HISTORY ", \"steps\": 1001}", 422, "/steps",
     "from 1 to 1000"},
    {"more steps than a number has", "{" HISTORY ", \"steps\": 99999999999999999999}",
     422, "/steps", "from 1 to 1000"},
    {"no beam", "{" HISTORY ", \"beam\": 0}", 422, "/beam", "from 1 to 64"},
    {"a beam over the limit", "{" HISTORY ", \"beam\": 65}", 422, "/beam",
     "from 1 to 64"},
    {"a part of a beam", "{" HISTORY ", \"beam\": 1.5}", 422, "/beam", "from 1 to 64"},
    {"a negative beam", "{" HISTORY ", \"beam\": -1}", 422, "/beam", "from 1 to 64"},
    {"a beam in words", "{" HISTORY ", \"beam\": \"2\"}", 422, "/beam", "from 1 to 64"},
    {"a beam of null", "{" HISTORY ", \"beam\": null}", 422, "/beam", "from 1 to 64"},
    {"more samples than the limit", "{" HISTORY ", \"sample\": 65}", 422, "/sample",
     "from 1 to 64"},
    {"a seed that not every reader keeps",
     "{" HISTORY ", \"sample\": 1, \"seed\": 9007199254740992}", 422, "/seed",
     "from 0 to 9007199254740991"},
    {"an unknown rank", "{" HISTORY ", \"rank\": \"median\"}", 422, "/rank",
     "\\\"sum\\\" or \\\"mean\\\""},
    {"samples and a beam", "{\"sample\": 1, \"beam\": 1, " HISTORY "}", 422, "/beam",
     "either \\\"sample\\\" or \\\"beam\\\""},
    {"samples and a rank", "{" HISTORY ", \"sample\": 1, \"rank\": \"sum\"}", 422,
     "/rank", "either \\\"sample\\\" or \\\"rank\\\""},
    {"a seed alone", "{" HISTORY ", \"seed\": 1}", 422, "/seed", "\\\"sample\\\""},
    {"a mistyped member", "{" HISTORY ", \"Beam\": 1}", 422, "/Beam",
     "did you mean \\\"beam\\\"?"},
    {"histories", "{\"histories\": [{" HISTORY "}]}", 422, "/histories",
     "a forecast is of one history"},
    {"an include", "{" HISTORY ", \"include\": [\"surprise\"]}", 422, "/include",
     "a forecast includes nothing"},
    {"no events", "{\"events\": []}", 422, "/events", "is empty"},
    {"a member that is twice there", "{" HISTORY ", \"beam\": 1, \"beam\": 1}", 400, "",
     "a key is given twice"},
    {"an unknown model", "{" HISTORY ", \"model\": \"order\"}", 404, "/model",
     "did you mean \\\"orders\\\"?"},
};

START_TEST(test_what_is_refused)
{
    char pointer[64];
    const char *text = forecast(refused[_i].body, refused[_i].code);
    snprintf(pointer, sizeof pointer, "\"pointer\": \"%s\"", refused[_i].pointer);
    ck_assert_msg(strstr(text, refused[_i].detail) &&
                      (*refused[_i].pointer == '\0' || strstr(text, pointer)),
                  "%s: %s", refused[_i].about, text);
}
END_TEST

START_TEST(test_limits_are_options)
{
    size_t longest;
    settings.max_forecast_steps = 3;
    settings.max_beam = 2;
    serve();
    ck_assert_uint_eq(continuations_of(one, &longest), 2); /* 5, if it may be */
    ck_assert_uint_eq(longest, 3);
    ck_assert(strstr(forecast("{" HISTORY ", \"steps\": 4}", 422), "from 1 to 3"));
    ck_assert(strstr(forecast("{" HISTORY ", \"beam\": 3}", 422), "from 1 to 2"));
    ck_assert(strstr(forecast("{" HISTORY ", \"sample\": 3}", 422), "from 1 to 2"));
}
END_TEST

START_TEST(test_model_of_another_task)
{
    settings.models = "models";
    settings.model = "lesson";
    serve();
    const char *text = forecast("{\"events\": [\"error logged\"]}", 422);
    ck_assert(strstr(text, "\"pointer\": \"/model\""));
    ck_assert(strstr(text, "the target of the model is \\\"last\\\""));
    ck_assert(strstr(text, "this service has none"));
}
END_TEST

START_TEST(test_lines_and_arguments_are_refused)
{
    ck_assert(client_open(&client, url()));
    ck_assert(
        client_post(&client, "/forecast", "application/x-ndjson", one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 415);
    ck_assert(strstr(answer.body, "\"expected\": \"application/json\""));
    answer_release(&answer);
    client_close(&client);
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/forecast?beam=2", NULL, one, sizeof one - 1));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 400);
    ck_assert(strstr(answer.body, "is it a member of the body?"));
}
END_TEST

/* ---- beside others --------------------------------------------------------------------- */

static void start_busy(void)
{
    char *text = orders_of(settings.max_events, ", \"beam\": 3, \"steps\": 10");
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/forecast", NULL, text, strlen(text)));
    ck_assert(gauge_becomes("jobs", 1));
    /* It is decoded: its events, and those that it may predict. */
    metrics_text_expect(
        (struct expectation[]){{"triage_queue_events", settings.max_events + 30.0}}, 1);
    free(text);
}

START_TEST(test_predictions_do_not_wait_for_a_forecast)
{
    serve();
    start_busy();
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert_uint_eq(gauge("jobs"), 1);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "\"events\": 100000"));
    ck_assert_uint_eq(gauge("jobs"), 0);
    metrics_text_expect(
        (struct expectation[]){
            {"triage_queue_events", 0},
            {"triage_forecast_duration_seconds_count{model=\"orders\"}", 1}},
        2);
}
END_TEST

START_TEST(test_forecasts_do_not_wait_for_a_prediction)
{
    char *text = orders_of(settings.max_events, "");
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, text, strlen(text)));
    ck_assert(gauge_becomes("jobs", 1));
    for (int i = 0; i < 3; i++)
        forecast(one, 200);
    ck_assert_uint_eq(gauge("jobs"), 1);
    free(text);
}
END_TEST

/* The second one begins when the first has ended, and its answer is the same as alone. */
START_TEST(test_a_forecast_waits_for_the_one_before)
{
    serve();
    char *alone = strdup(forecast(one, 200));
    start_busy();
    ck_assert_str_eq(forecast(one, 200), alone);
    ck_assert_uint_eq(gauge("jobs"), 0);
    answer_release(&answer);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    free(alone);
}
END_TEST

START_TEST(test_answer_after_the_deadline_is_504)
{
    settings.request_timeout_ms = 50;
    serve();
    char *text = orders_of(settings.max_events, "");
    forecast(text, 504);
    ck_assert_uint_eq(gauge("jobs"), 0);
    free(text);
}
END_TEST

START_TEST(test_full_queue_is_503)
{
    char seconds[8];
    settings.max_jobs = 1;
    serve();
    start_busy();
    forecast(one, 503);
    ck_assert(answer_header(&answer, "Retry-After", seconds, sizeof seconds));
    ck_assert_int_eq(client_post_json(url(), "/predict", "{" HISTORY "}", NULL), 200);
    answer_release(&answer);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    forecast(one, 200);
}
END_TEST

/* Predicted events count as waiting. */
START_TEST(test_too_many_events_are_503)
{
    settings.max_waiting_events = settings.max_events + 100;
    serve();
    start_busy();
    forecast("{" HISTORY ", \"steps\": 20, \"beam\": 4}", 503);
    ck_assert(strstr(answer.body, "too many events are waiting"));
    forecast("{" HISTORY ", \"steps\": 20, \"beam\": 3}", 200);
    metrics_text_expect((struct expectation[]){{"triage_queue_events", 0}}, 1);
}
END_TEST

START_TEST(test_forecast_of_a_client_that_left_is_dropped)
{
    serve();
    char *alone = strdup(forecast(one, 200));
    start_busy();
    if (_i == 0)
        client_reset(&client);
    else
        client_shutdown(&client);
    ck_assert(gauge_becomes("jobs", 0));
    ck_assert_str_eq(forecast(one, 200), alone);
    free(alone);
}
END_TEST

/* One that runs is answered, and one that does not end in time gets 503. */
START_TEST(test_stopping)
{
    settings.drain_timeout_ms = _i == 0 ? 25000 : 1;
    serve();
    start_busy();
    server_drain(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, _i == 0 ? 200 : 503);
}
END_TEST

/* More than a slice of text: 64 continuations of up to 1000 events. */
START_TEST(test_long_answers_are_whole)
{
    const char body[] = "{\"events\": [\"packed\", \"packed\"], \"sample\": 64}";
    settings.loops = 1;
    serve();
    char *text = orders_of(1000, ", \"beam\": 64, \"steps\": 1000, \"rank\": \"mean\"");
    json_t *json = json_loads(forecast(text, 200), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "continuations")), 64);
    json_decref(json);
    forecast(body, 200);
    free(text);
}
END_TEST

/* A client with forecasts and predictions.  Adds one to *seed for each wrong answer. */
static void *send_many(void *seed)
{
    unsigned state = *(unsigned *)seed;
    for (int i = 0; i < case_count(40, 4); i++) {
        const bool is_forecast = rand_r(&state) % 2;
        const unsigned events = 1 + (unsigned)rand_r(&state) % 60;
        char expected[32], *body = orders_of(events, "");
        struct answer mine = {0};
        snprintf(expected, sizeof expected, "\"events\": %u,", events);
        if (client_post_json(url(), is_forecast ? "/forecast" : "/predict", body,
                             &mine) != 200 ||
            !strstr(mine.body, expected) ||
            (strstr(mine.body, "\"continuations\"") != NULL) != is_forecast)
            ++*(unsigned *)seed;
        answer_release(&mine);
        free(body);
    }
    return NULL;
}

START_TEST(test_each_of_many_clients_gets_its_own_answer)
{
    enum { CLIENTS = 8 };
    pthread_t threads[CLIENTS];
    unsigned seeds[CLIENTS];
    settings.loops = 2;
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

Suite *forecasts_suite(void)
{
    Suite *suite = suite_create("forecasts");
    TCase *tcase = tcase_create("members");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up_served_orders, tear_down_client);
    tcase_add_loop_test(tcase, test_members, 0, COUNT(accepted));
    tcase_add_loop_test(tcase, test_what_is_refused, 0, COUNT(refused));
    tcase_add_test(tcase, test_lines_and_arguments_are_refused);
    suite_add_tcase(suite, tcase);
    TCase *limits = tcase_create("limits");
    tcase_set_timeout(limits, 120);
    tcase_add_checked_fixture(limits, set_up_orders, tear_down_client);
    tcase_add_test(limits, test_limits_are_options);
    tcase_add_test(limits, test_model_of_another_task);
    tcase_add_test(limits, test_long_answers_are_whole);
    suite_add_tcase(suite, limits);
    TCase *beside = tcase_create("beside others");
    tcase_set_timeout(beside, 120);
    tcase_add_checked_fixture(beside, set_up_slow, tear_down_client);
    tcase_add_test(beside, test_predictions_do_not_wait_for_a_forecast);
    tcase_add_test(beside, test_forecasts_do_not_wait_for_a_prediction);
    tcase_add_test(beside, test_a_forecast_waits_for_the_one_before);
    tcase_add_test(beside, test_answer_after_the_deadline_is_504);
    tcase_add_test(beside, test_full_queue_is_503);
    tcase_add_test(beside, test_too_many_events_are_503);
    tcase_add_loop_test(beside, test_forecast_of_a_client_that_left_is_dropped, 0, 2);
    tcase_add_loop_test(beside, test_stopping, 0, 2);
    tcase_add_test(beside, test_each_of_many_clients_gets_its_own_answer);
    suite_add_tcase(suite, beside);
    return suite;
}
