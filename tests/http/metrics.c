/* GET /metrics after a known sequence of requests, for each rejection, and under load. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "http/metrics_text.h"
#include "http/one_client.h"
#include "support/tmpdir.h"

#define REJECTED(reason) "triage_requests_rejected_total{reason=\"" reason "\"}"
#define REQUESTS(route, method, code)                                                    \
    "triage_http_requests_total{route=\"" route "\",method=\"" method "\",code=\"" code  \
    "\"}"
#define OF_LESSON(name) name "{model=\"lesson\"}"
#define BUCKET_OF_LESSON(name, end) name "_bucket{model=\"lesson\",le=\"" end "\"}"

static const char one[] = "{\"events\": [\"error logged\"]}";
static const char three[] = "{\"events\": [\"error logged\", \"reproduction confirmed\", "
                            "\"rollback requested\"]}";
static char *metrics;

static void tear_down_metrics(void)
{
    free(metrics);
    metrics = NULL;
    tear_down_client();
}

/* Requests, and the status that each gets. */
static const struct {
    const char *method, *path, *body;
    int code;
} sequence[] = {
    {"POST", "/predict", three, 200},
    {"POST", "/predict", three, 200},
    {"POST", "/predict", three, 200},
    {"POST", "/predict",
     "{\"histories\": [{\"events\": [\"error logged\"]}, {\"events\": [\"error logged\", "
     "\"error logged\", \"error logged\", \"error logged\", \"error logged\"]}]}",
     200},
    {"POST", "/predict",
     "{\"events\": [\"a\", {\"event\": \"b\", \"c\": 1, \"d\": 2}, "
     "{\"event\": \"error logged\", \"c\": 3}]}",
     200},
    {"POST", "/predict", "{", 400},
    {"POST", "/predict", "{\"events\": 7}", 422},
    {"POST", "/predict", "{\"events\": [], \"model\": \"nobody\"}", 404},
    {"GET", "/predict", "", 405},
    {"GET", "/models", "", 200},
    {"PUT", "/nowhere", "", 404},
    {"BREW", "/predict", "", 501},
    {"GET", "/livez?verbose", "", 200},
    {"GET", "/livez", "", 200},
};

static const struct expectation after_sequence[] = {
    {REQUESTS("/predict", "POST", "200"), 5},
    {REQUESTS("/predict", "POST", "400"), 1},
    {REQUESTS("/predict", "POST", "422"), 1},
    {REQUESTS("/predict", "POST", "404"), 1},
    {REQUESTS("/models", "GET", "200"), 1},
    {REQUESTS("/livez", "GET", "200"), 2},
    {REQUESTS("/predict", "GET", "405"), 1},
    {REQUESTS("other", "PUT", "404"), 1},
    {REQUESTS("other", "other", "501"), 1},
    {REQUESTS("other", "GET", "405"), -1}, /* not in the answer */
    {"triage_http_request_duration_seconds_count{route=\"/predict\"}", 9},
    {"triage_http_request_duration_seconds_count{route=\"other\"}", 2},
    {OF_LESSON("triage_queue_wait_seconds_count"), 5},
    {OF_LESSON("triage_inference_duration_seconds_count"), 6},
    {OF_LESSON("triage_sequence_length_count"), 6},
    {OF_LESSON("triage_sequence_length_sum"), 18},
    {BUCKET_OF_LESSON("triage_sequence_length", "1"), 1},
    {BUCKET_OF_LESSON("triage_sequence_length", "4"), 5},
    {BUCKET_OF_LESSON("triage_sequence_length", "16"), 6},
    {OF_LESSON("triage_batch_size_count"), 6}, /* rounds of at most four events */
    {OF_LESSON("triage_batch_size_sum"), 7},
    {BUCKET_OF_LESSON("triage_batch_size", "1"), 5},
    {OF_LESSON("triage_unknown_values_total"), 2},
    {OF_LESSON("triage_ignored_fields_total"), 3},
    {"triage_decisions_total{model=\"incident\",action=\"ignore\"}", 0},
    {"triage_inference_duration_seconds_count{model=\"incident\"}", 0},
    {"triage_requests_in_flight", 1},
    {"triage_queue_length", 0},
    {"triage_queue_limit", 77},
    {"triage_queue_events", 0},
    {"triage_queue_events_limit", 5555},
    {"triage_connections", 1},
    {"triage_connections_limit", 99},
    {REJECTED("queue_full"), 0},
    {REJECTED("client_gone"), 0},
    {OF_LESSON("triage_model_ready"), 1},
};

/* How often the answer decides for the action. */
static int count_decisions(const char *action)
{
    char member[64];
    int count = 0;
    snprintf(member, sizeof member, "\"action\": \"%s\"", action);
    for (const char *place = answer.body; (place = strstr(place, member)); place++)
        count++;
    return count;
}

START_TEST(test_counts_after_known_requests)
{
    static const char *const actions[] = {"ignore", "rollback", "escalate"};
    struct expectation decided[3] = {{0}};
    char series[3][128], head[128];
    settings.max_jobs = 77;
    settings.max_waiting_events = 5555;
    settings.max_connections = 99;
    serve();
    for (int i = 0; i < COUNT(sequence); i++) {
        ck_assert(client_open(&client, url()));
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: t\r\nContent-Length: %zu",
                 sequence[i].method, sequence[i].path, strlen(sequence[i].body));
        ck_assert(client_send(&client, head) && client_send(&client, "\r\n\r\n") &&
                  client_send(&client, sequence[i].body));
        ck_assert(client_receive(&client, &answer, false));
        ck_assert_int_eq(answer.code, sequence[i].code);
        for (int k = 0; k < 3; k++)
            decided[k].value += count_decisions(actions[k]);
        answer_release(&answer);
        client_close(&client);
    }
    metrics_text_expect(after_sequence, COUNT(after_sequence));
    for (int k = 0; k < 3; k++) {
        snprintf(series[k], sizeof series[k],
                 "triage_decisions_total{model=\"lesson\",action=\"%s\"}", actions[k]);
        decided[k].series = series[k];
    }
    ck_assert_double_ge(decided[1].value, 3);
    metrics_text_expect(decided, 3);
}
END_TEST

START_TEST(test_times_are_seconds)
{
    serve();
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 200);
    metrics_text_expect((struct expectation[]){{REQUESTS("/predict", "POST", "200"), 10}},
                        1);
    metrics = metrics_text_fetch();
    double total = metrics_text_value(
        metrics, "triage_http_request_duration_seconds_sum{route=\"/predict\"}");
    double waited =
        metrics_text_value(metrics, OF_LESSON("triage_queue_wait_seconds_sum"));
    double ran =
        metrics_text_value(metrics, OF_LESSON("triage_inference_duration_seconds_sum"));
    ck_assert_double_gt(total, 0);
    ck_assert_double_lt(total, 10 * 20); /* each took less than the client's timeout */
    ck_assert_double_ge(waited, 0);
    ck_assert_double_ge(ran, 0);
    ck_assert_double_le(waited + ran, total);
}
END_TEST

START_TEST(test_process_metrics_are_plausible)
{
    static const struct {
        const char *name;
        double least, most;
    } ranges[] = {
        {"process_cpu_seconds_total", 1e-6, 1e6},
        {"process_resident_memory_bytes", 1 << 20, 1e12},
        {"process_virtual_memory_bytes", 1 << 20, 1e15},
        {"process_open_fds", 5, 1e6},
        {"process_max_fds", 6, 1e10},
        {"process_start_time_seconds", 1.7e9, 1e10},
        {OF_LESSON("triage_model_load_timestamp_seconds"), 1.7e9, 1e10},
    };
    serve();
    metrics = metrics_text_fetch();
    for (int i = 0; i < COUNT(ranges); i++) {
        double value = metrics_text_value(metrics, ranges[i].name);
        ck_assert_msg(value >= ranges[i].least && value <= ranges[i].most, "%s is %g",
                      ranges[i].name, value);
    }
    double before = metrics_text_value(metrics, "process_open_fds");
    ck_assert(client_open(&client, url()));
    metrics_text_expect((struct expectation[]){{"process_open_fds", before + 2}}, 1);
}
END_TEST

/* Send the longest allowed history, which takes long if slices are short. */
static void start_long(void)
{
    char *history = history_of(settings.max_events);
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", NULL, history, strlen(history)));
    ck_assert(gauge_becomes("jobs", 1));
    /* It is decoded, so that the next request does not find an idle batcher. */
    metrics_text_expect(
        (struct expectation[]){{"triage_queue_events", settings.max_events}}, 1);
    free(history);
}

static void expect_rejected(const char *series, double count)
{
    metrics_text_expect((struct expectation[]){{series, count}}, 1);
}

/* One request: three lines that are answered and one with an error. */
START_TEST(test_stream_counts_one_request_and_each_history)
{
    static const char lines[] = "{\"events\": [\"error logged\"]}\n"
                                "{\"events\": [\"error logged\", \"x\"]}\n"
                                "{\"events\": []}\n"
                                "{\"events\": [\"error logged\"]}\n";
    static const struct expectation expected[] = {
        {REQUESTS("/predict", "POST", "200"), 1},
        {OF_LESSON("triage_inference_duration_seconds_count"), 3},
        {OF_LESSON("triage_sequence_length_sum"), 4},
        {OF_LESSON("triage_unknown_values_total"), 1},
        {OF_LESSON("triage_queue_wait_seconds_count"), 0},
        {REJECTED("client_gone"), 0},
    };
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_post(&client, "/predict", "application/x-ndjson", lines,
                          sizeof lines - 1));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 200);
    metrics_text_expect(expected, COUNT(expected));
}
END_TEST

/* A stream that has not ended at its deadline. */
START_TEST(test_stream_past_its_deadline_is_rejected)
{
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Type: application/x-ndjson\r\n"
                                   "X-Request-Timeout-Ms: 50\r\n"
                                   "Content-Length: 100\r\n\r\n"));
    metrics_text_expect((struct expectation[]){{REJECTED("deadline"), 1}}, 1);
}
END_TEST

/* With one row the second request waits until the first has ended. */
START_TEST(test_queue_wait_with_one_row)
{
    settings.loops = 1;
    settings.slice = 1;
    settings.max_rows = 1;
    serve();
    start_long();
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    ck_assert(client_receive(&client, &answer, false));
    metrics_text_expect((struct expectation[]){{REQUESTS("/predict", "POST", "200"), 2}},
                        1);
    metrics = metrics_text_fetch();
    ck_assert_double_ge(
        metrics_text_value(metrics, OF_LESSON("triage_queue_wait_seconds_sum")), 0.001);
    ck_assert_double_eq(
        metrics_text_value(metrics, OF_LESSON("triage_inference_duration_seconds_count")),
        2);
    ck_assert_double_ge(
        metrics_text_value(metrics, OF_LESSON("triage_inference_duration_seconds_sum")),
        0.001);
    double rounds = metrics_text_value(metrics, OF_LESSON("triage_batch_size_count"));
    ck_assert_double_ge(rounds, settings.max_events / 4);
    ck_assert_double_eq(
        metrics_text_value(metrics, BUCKET_OF_LESSON("triage_batch_size", "1")), rounds);
}
END_TEST

START_TEST(test_rejected_large_body)
{
    settings.max_body = sizeof three - 2;
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 413);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 200);
    expect_rejected(REJECTED("body_too_large"), 1);
    expect_rejected(REJECTED("history_too_large"), 0);
}
END_TEST

START_TEST(test_rejected_large_history)
{
    settings.max_events = 2;
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 413);
    expect_rejected(REJECTED("history_too_large"), 1);
    expect_rejected(REJECTED("body_too_large"), 0);
}
END_TEST

START_TEST(test_rejected_late_body)
{
    settings.body_timeout_ms = 50;
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t\r\n"
                                   "Content-Length: 10\r\n\r\n{"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 408);
    expect_rejected(REJECTED("body_late"), 1);
}
END_TEST

START_TEST(test_rejected_late_head)
{
    settings.head_timeout_ms = 500;
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "POST /predict HTTP/1.1\r\nHost: t"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 408);
    expect_rejected(REJECTED("head_late"), 1);
}
END_TEST

START_TEST(test_rejected_connections)
{
    struct client idle;
    settings.max_connections = 1;
    serve();
    ck_assert(client_open(&idle, url()));
    ck_assert(gauge_becomes("connections", 2));
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 503);
    expect_rejected(REJECTED("connections"), 1); /* itself a spare connection */
    expect_rejected(REJECTED("queue_full"), 0);
    client_close(&idle);
}
END_TEST

START_TEST(test_rejected_queue_full)
{
    settings.loops = 1;
    settings.slice = 1;
    settings.max_jobs = 1;
    serve();
    start_long();
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 503);
    ck_assert_int_eq(client_post_json(url(), "/predict", one, NULL), 503);
    metrics = metrics_text_fetch();
    ck_assert_double_eq(metrics_text_value(metrics, "triage_queue_length"), 1);
    ck_assert_double_eq(metrics_text_value(metrics, "triage_queue_events"),
                        settings.max_events);
    ck_assert_double_eq(metrics_text_value(metrics, "triage_requests_in_flight"), 2);
    expect_rejected(REJECTED("queue_full"), 2);
}
END_TEST

START_TEST(test_rejected_deadline)
{
    settings.loops = 1;
    settings.slice = 1;
    settings.request_timeout_ms = 50;
    serve();
    char *history = history_of(settings.max_events);
    ck_assert_int_eq(client_post_json(url(), "/predict", history, NULL), 504);
    expect_rejected(REJECTED("deadline"), 1);
    free(history);
}
END_TEST

START_TEST(test_rejected_client_gone)
{
    settings.loops = 1;
    settings.slice = 1;
    serve();
    start_long();
    client_reset(&client);
    expect_rejected(REJECTED("client_gone"), 1);
    expect_rejected(REQUESTS("/predict", "POST", "none"), 1);
    expect_rejected("triage_requests_in_flight", 1);
}
END_TEST

START_TEST(test_rejected_draining)
{
    struct client second;
    settings.loops = 1;
    settings.slice = 1;
    serve();
    start_long();
    ck_assert(client_open(&second, url()));
    ck_assert(gauge_becomes("connections", 3));
    server_hurry(server);
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 503);
    answer_release(&answer);
    ck_assert(client_send(&second, "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
    ck_assert(client_receive(&second, &answer, false));
    metrics_text_check(answer.body);
    ck_assert_double_eq(metrics_text_value(answer.body, REJECTED("draining")), 1);
    client_close(&second);
}
END_TEST

START_TEST(test_unready_probe_is_not_a_rejection)
{
    settings.shutdown_delay_ms = 60000;
    serve();
    server_drain(server);
    ck_assert_int_eq(client_get(url(), "/readyz", NULL), 503);
    expect_rejected(REQUESTS("/readyz", "GET", "503"), 1);
    expect_rejected(REJECTED("draining"), 0);
    server_hurry(server);
}
END_TEST

/* Replace the first old that follows after with new, which is as long. */
static void overwrite(char *bytes, size_t length, const char *after, const char *old,
                      const char *new)
{
    char *place = memmem(bytes, length, after, strlen(after));
    ck_assert_ptr_nonnull(place);
    place = memmem(place, length - (size_t)(place - bytes), old, strlen(old));
    ck_assert_ptr_nonnull(place);
    ck_assert_uint_eq(strlen(old), strlen(new));
    memcpy(place, new, strlen(new));
}

/* The labels of a model whose actions contain a quote, a backslash and a line break. */
START_TEST(test_label_values_are_escaped)
{
    struct tmpdir folder;
    char path[TMPDIR_PATH], *bytes = NULL;
    size_t length = 0;
    struct error err = {0};
    ck_assert_int_eq(
        file_read("models/lesson.safetensors", 1 << 20, &bytes, &length, &err),
        STATUS_OK);
    overwrite(bytes, length, "actions", "rollback", "\\\\\\\"\\\\\\\\");
    overwrite(bytes, length, "actions", "escalate", "\\\\nscale");
    tmpdir_init(&folder);
    FILE *file = fopen(tmpdir_join(&folder, "odd-1.0_x.safetensors", path), "wb");
    ck_assert(file && fwrite(bytes, 1, length, file) == length);
    ck_assert_int_eq(fclose(file), 0);
    free(bytes);
    settings.models = folder.path;
    settings.model = "";
    serve();
    tmpdir_release(&folder);
    ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 200);
    metrics_text_expect(
        (struct expectation[]){
            {"triage_decisions_total{model=\"odd-1.0_x\",action=\"\\\"\\\\\"}", 1},
            {"triage_decisions_total{model=\"odd-1.0_x\",action=\"\\nscale\"}", 0}},
        2);
}
END_TEST

enum { CLIENTS = 4, REQUESTS_EACH = 150 };

static void *send_repeatedly(void *failures)
{
    struct client mine;
    struct answer got = {0};
    if (!client_open(&mine, url()))
        return NULL;
    for (int i = 0; i < REQUESTS_EACH; i++) {
        if (!client_post(&mine, "/predict", NULL, three, sizeof three - 1) ||
            !client_receive(&mine, &got, false) || got.code != 200)
            ++*(int *)failures;
        answer_release(&got);
    }
    client_close(&mine);
    return failures;
}

START_TEST(test_counters_never_fall_under_load)
{
    static const struct expectation all[] = {
        {REQUESTS("/predict", "POST", "200"), CLIENTS * REQUESTS_EACH},
        {OF_LESSON("triage_queue_wait_seconds_count"), CLIENTS * REQUESTS_EACH},
        {OF_LESSON("triage_sequence_length_sum"), CLIENTS * REQUESTS_EACH * 3},
        {"triage_decisions_total{model=\"lesson\",action=\"rollback\"}",
         CLIENTS * REQUESTS_EACH},
    };
    pthread_t threads[CLIENTS];
    int failures[CLIENTS] = {0};
    double before[4] = {0};
    settings.loops = 3;
    serve();
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_repeatedly, &failures[i]),
                         0);
    while (before[0] < CLIENTS * REQUESTS_EACH) {
        metrics = metrics_text_fetch();
        for (int i = 0; i < 4; i++) {
            double now = metrics_text_value(metrics, all[i].series);
            ck_assert_msg(now >= before[i] || (i == 0 && now == -1), "%s fell to %g",
                          all[i].series, now);
            before[i] = now;
        }
        free(metrics);
        metrics = NULL;
    }
    for (int i = 0; i < CLIENTS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        ck_assert(result != NULL && failures[i] == 0);
    }
    metrics_text_expect(all, COUNT(all));
}
END_TEST

/* promtool accepts the answer, if it is installed. */
START_TEST(test_promtool_accepts_the_answer)
{
    char line[256] = "", output[2048] = "";
    struct tmpdir folder;
    char path[TMPDIR_PATH], command[TMPDIR_PATH + 64];
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        fputs("metrics: promtool is not installed, test skipped\n", stderr);
        return;
    }
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 200);
    metrics = metrics_text_fetch();
    tmpdir_init(&folder);
    FILE *file = fopen(tmpdir_join(&folder, "page", path), "w");
    ck_assert(file && fputs(metrics, file) >= 0 && fclose(file) == 0);
    snprintf(command, sizeof command, "promtool check metrics < '%s' 2>&1", path);
    FILE *tool = popen(command, "r");
    ck_assert_ptr_nonnull(tool);
    for (size_t length = 0; fgets(line, sizeof line, tool); length = strlen(output))
        snprintf(output + length, sizeof output - length, "%s", line);
    int code = pclose(tool);
    tmpdir_release(&folder);
    ck_assert_msg(code == 0 && !*output, "promtool: %s", output);
}
END_TEST

/* Write the labels of a family's first line as in the README: `route`, `method`. */
static void write_labels(const char *line, char *text, size_t size)
{
    size_t length = 0;
    const char *separator = "";
    text[0] = '\0';
    line += strcspn(line, "{\n");
    while ((*line == '{' || *line == ',') && strncmp(line + 1, "le=", 3) != 0) {
        size_t name = strcspn(++line, "=");
        length += (size_t)snprintf(text + length, size - length, "%s`%.*s`", separator,
                                   (int)name, line);
        separator = ", ";
        line = strchr(line + name + 2, '"') + 1;
    }
}

/* The table in server/README.md lists the same families as GET /metrics. */
START_TEST(test_readme_lists_every_family)
{
    char *readme = NULL, name[128], type[32], help[256], labels[128], row[640];
    size_t length = 0, rows = 0;
    struct error err = {0};
    serve();
    ck_assert_int_eq(client_post_json(url(), "/predict", three, NULL), 200);
    metrics_text_expect((struct expectation[]){{REQUESTS("/predict", "POST", "200"), 1}},
                        1);
    metrics = metrics_text_fetch();
    ck_assert_int_eq(file_read("server/README.md", 1 << 20, &readme, &length, &err),
                     STATUS_OK);
    for (const char *place = metrics; (place = strstr(place, "# HELP ")); place++) {
        ck_assert_int_eq(
            sscanf(place, "# HELP %127s %255[^\n]\n# TYPE %*s %31s", name, help, type),
            3);
        place = strchr(strchr(place, '\n') + 1, '\n') + 1;
        write_labels(place, labels, sizeof labels);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s | %s |\n", name, type, labels,
                 help);
        ck_assert_msg(strstr(readme, row) != NULL, "not in server/README.md:%s", row);
        rows++;
    }
    ck_assert_uint_gt(rows, 20);
    for (const char *place = readme; (place = strstr(place, "\n| `triage_")); place++)
        rows--;
    for (const char *place = readme; (place = strstr(place, "\n| `process_")); place++)
        rows--;
    ck_assert_uint_eq(rows, 0);
    free(readme);
}
END_TEST

Suite *metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");
    tcase_add_checked_fixture(tcase, set_up, tear_down_metrics);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_counts_after_known_requests);
    tcase_add_test(tcase, test_times_are_seconds);
    tcase_add_test(tcase, test_process_metrics_are_plausible);
    tcase_add_test(tcase, test_stream_counts_one_request_and_each_history);
    tcase_add_test(tcase, test_stream_past_its_deadline_is_rejected);
    tcase_add_test(tcase, test_queue_wait_with_one_row);
    tcase_add_test(tcase, test_rejected_large_body);
    tcase_add_test(tcase, test_rejected_large_history);
    tcase_add_test(tcase, test_rejected_late_body);
    tcase_add_test(tcase, test_rejected_late_head);
    tcase_add_test(tcase, test_rejected_connections);
    tcase_add_test(tcase, test_rejected_queue_full);
    tcase_add_test(tcase, test_rejected_deadline);
    tcase_add_test(tcase, test_rejected_client_gone);
    tcase_add_test(tcase, test_rejected_draining);
    tcase_add_test(tcase, test_unready_probe_is_not_a_rejection);
    tcase_add_test(tcase, test_label_values_are_escaped);
    tcase_add_test(tcase, test_counters_never_fall_under_load);
    tcase_add_test(tcase, test_promtool_accepts_the_answer);
    tcase_add_test(tcase, test_readme_lists_every_family);
    suite_add_tcase(suite, tcase);
    return suite;
}
