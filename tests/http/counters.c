/* Counters and the lines of the Prometheus text format, without a server. */
#include "service/counters.h"

#include <stdlib.h>
#include <string.h>

#include "api/metrics.h"
#include "api/router.h"
#include "base/arena.h"
#include "base/random.h"
#include "http/suites.h"
#include "service/clock.h"

static struct arena arena;
static struct registry *registry;
static struct strbuf text;

static void set_up_counters(void)
{
    struct error err = {0};
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    registry = registry_load("models", "", &err);
    ck_assert_msg(registry != NULL, "%s", err.text);
}

static void tear_down_counters(void)
{
    registry_release(registry);
    strbuf_release(&text);
    arena_release(&arena);
}

static struct counters *new_counters(void)
{
    struct counters *counters = counters_new(&arena, registry, api_router.count);
    ck_assert_ptr_nonnull(counters);
    return counters;
}

static const struct {
    const char *about;
    const struct buckets *buckets;
    int64_t value;
    size_t bucket;
} bucket_cases[] = {
    {"zero", &buckets_us, 0, 0},
    {"a bound belongs to its bucket", &buckets_us, 50, 0},
    {"just above a bound is the next bucket", &buckets_us, 51, 1},
    {"the last bound", &buckets_us, 2500000, 14},
    {"above the last bound", &buckets_us, 2500001, 15},
    {"the largest value", &buckets_us, INT64_MAX, 15},
    {"a negative duration counts as zero", &buckets_us, -1, 0},
    {"one row", &buckets_rows, 1, 0},
    {"two rows", &buckets_rows, 2, 1},
    {"three rows: the bucket up to four", &buckets_rows, 3, 2},
    {"the largest number of rows", &buckets_rows, 4096, 12},
    {"more rows than that", &buckets_rows, 4097, 13},
    {"five events: the bucket up to sixteen", &buckets_events, 5, 2},
    {"a million events", &buckets_events, 1048576, 10},
    {"more events than that", &buckets_events, 1048577, 11},
};

START_TEST(test_value_goes_to_its_bucket)
{
    struct histogram histogram = {.buckets = bucket_cases[_i].buckets};
    int64_t value = bucket_cases[_i].value;
    histogram_add(&histogram, value);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        ck_assert_msg(count_read(&histogram.counts[i]) == (i == bucket_cases[_i].bucket),
                      "%s: bucket %zu", bucket_cases[_i].about, i);
    ck_assert_msg(count_read(&histogram.sum) == (value > 0 ? (uint64_t)value : 0), "%s",
                  bucket_cases[_i].about);
}
END_TEST

START_TEST(test_bounds_of_buckets_ascend)
{
    const struct buckets *all[] = {&buckets_us, &buckets_rows, &buckets_events};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_lt(all[i]->count, HISTOGRAM_BUCKETS);
        for (uint32_t k = 1; k < all[i]->count; k++)
            ck_assert_uint_lt(all[i]->bounds[k - 1], all[i]->bounds[k]);
    }
}
END_TEST

/* Count the same pseudorandom request and history in a and b. */
static void count_both(struct counters *a, struct counters *b, struct random *random)
{
    static const int codes[] = {200, 400, 418, 503, 0};
    struct counters *sets[] = {a, b};
    uint64_t number = random_next(random), more = random_next(random) % 5000;
    struct history history = {.length = 1 + (uint32_t)(number % 300),
                              .unknown_count = (uint32_t)(number % 3)};
    const struct request request = {.route_index = number % 4,
                                    .method = (enum method)(number / 4 % METHODS),
                                    .code = codes[number / 64 % 5],
                                    .rejection =
                                        (enum rejection)(number / 1024 % REJECTIONS)};
    for (size_t i = 0; i < 2; i++) {
        struct model_counters *model = &sets[i]->models[number % 2];
        float probabilities[8] = {0};
        probabilities[number % model->actions] = 1.0f;
        counters_begin(sets[i]);
        if (number % 8)
            counters_end(sets[i], &request, (int64_t)more);
        counters_admit(model, &history);
        counters_decide(model, probabilities);
        histogram_add(&model->queue_wait, (int64_t)more);
        histogram_add(&model->inference, (int64_t)more + 1);
        histogram_add(&model->batch_size, (int64_t)(number % 60));
    }
}

static void check_histogram(const struct histogram *a, const struct histogram *b)
{
    ck_assert_uint_eq(count_read(&a->sum), count_read(&b->sum));
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        ck_assert_uint_eq(count_read(&a->counts[i]), count_read(&b->counts[i]));
}

static void check_same(const struct counters *a, const struct counters *b)
{
    ck_assert_uint_eq(count_read(&a->in_flight), count_read(&b->in_flight));
    for (size_t i = 0; i < REJECTIONS; i++)
        ck_assert_uint_eq(count_read(&a->rejected[i]), count_read(&b->rejected[i]));
    for (size_t i = 0; i < a->route_count; i++) {
        check_histogram(&a->routes[i].duration, &b->routes[i].duration);
        for (size_t k = 0; k < METHODS * COUNTED_CODES; k++)
            ck_assert_uint_eq(count_read(&a->routes[i].requests[0][0] + k),
                              count_read(&b->routes[i].requests[0][0] + k));
    }
    for (size_t i = 0; i < a->model_count; i++) {
        const struct model_counters *x = &a->models[i], *y = &b->models[i];
        check_histogram(&x->queue_wait, &y->queue_wait);
        check_histogram(&x->inference, &y->inference);
        check_histogram(&x->batch_size, &y->batch_size);
        check_histogram(&x->length, &y->length);
        ck_assert_uint_eq(count_read(&x->unknown_values), count_read(&y->unknown_values));
        for (size_t k = 0; k < x->actions; k++)
            ck_assert_uint_eq(count_read(&x->decisions[k]), count_read(&y->decisions[k]));
    }
}

START_TEST(test_counters_of_loops_add_up_to_the_total)
{
    struct counters *all = new_counters(),
                    *parts[3] = {new_counters(), new_counters(), new_counters()};
    struct counters *total = new_counters();
    struct random random;
    random_init(&random, 7, 0);
    for (int i = 0; i < 3000; i++)
        count_both(all, parts[i % 3], &random);
    for (int i = 0; i < 3; i++)
        counters_add(total, parts[i]);
    check_same(total, all);
    ck_assert_uint_gt(count_read(&all->in_flight), 0);
    ck_assert_uint_gt(count_read(&all->rejected[REJECTION_QUEUE_FULL]), 0);
}
END_TEST

/* How a request ended, and what must be counted. */
static const struct {
    const char *about;
    const char *path; /* of its route; NULL: no route */
    int code;
    enum rejection rejection;
    const char *counted_code;
    enum rejection counted;
} ends[] = {
    {"served", "/predict", 200, REJECTION_NONE, "200", REJECTION_NONE},
    {"a wrong request is not a rejection", "/predict", 422, REJECTION_NONE, "422",
     REJECTION_NONE},
    {"overload is a rejection", "/predict", 503, REJECTION_QUEUE_FULL, "503",
     REJECTION_QUEUE_FULL},
    {"the client left", "/predict", 0, REJECTION_NONE, "none", REJECTION_CLIENT_GONE},
    {"503 to a probe is not a rejection", "/readyz", 503, REJECTION_DRAINING, "503",
     REJECTION_NONE},
    {"no such path", NULL, 404, REJECTION_NONE, "404", REJECTION_NONE},
    {"a head that is too large", NULL, 431, REJECTION_NONE, "431", REJECTION_NONE},
    {"a version that is not supported", NULL, 505, REJECTION_NONE, "505", REJECTION_NONE},
    {"OPTIONS", "/predict", 204, REJECTION_NONE, "204", REJECTION_NONE},
    {"a status that is not listed", "/predict", 418, REJECTION_NONE, "other",
     REJECTION_NONE},
};

START_TEST(test_end_of_a_request_is_counted)
{
    struct counters *counters = new_counters();
    struct request request = {.route_index = ROUTE_NONE,
                              .method = METHOD_POST,
                              .code = ends[_i].code,
                              .rejection = ends[_i].rejection,
                              .started_us = 1000};
    for (size_t i = 0; ends[_i].path && i < api_router.count; i++)
        if (router_at(&api_router, i) &&
            strcmp(router_at(&api_router, i)->path, ends[_i].path) == 0) {
            request.route_index = i;
            request.is_probe = router_at(&api_router, i)->is_probe;
        }
    counters_begin(counters);
    counters_end(counters, &request, 1120);
    ck_assert_uint_eq(count_read(&counters->in_flight), 0);
    const bool has_route = request.route_index != ROUTE_NONE;
    const struct route_counters *route =
        &counters->routes[has_route ? request.route_index : api_router.count];
    ck_assert_uint_eq(count_read(&route->duration.sum), 120);
    for (size_t i = 0; i < COUNTED_CODES; i++) {
        char code[CODE_TEXT];
        bool is_it = strcmp(counters_code(i, code), ends[_i].counted_code) == 0;
        ck_assert_msg(count_read(&route->requests[METHOD_POST][i]) == is_it, "%s: %s",
                      ends[_i].about, code);
    }
    for (size_t i = REJECTION_NONE + 1; i < REJECTIONS; i++)
        ck_assert_msg(count_read(&counters->rejected[i]) == (i == ends[_i].counted),
                      "%s: %zu", ends[_i].about, i);
}
END_TEST

START_TEST(test_tie_counts_for_the_first_action)
{
    struct counters *counters = new_counters();
    const float probabilities[] = {0.2f, 0.4f, 0.4f};
    ck_assert_uint_eq(counters->models[1].actions, 3);
    counters_decide(&counters->models[1], probabilities);
    ck_assert_uint_eq(count_read(&counters->models[1].decisions[1]), 1);
    ck_assert_uint_eq(count_read(&counters->models[1].decisions[2]), 0);
}
END_TEST

START_TEST(test_route_is_found_at_its_index)
{
    for (size_t i = 0; i < api_router.count; i++) {
        const struct route *route = router_at(&api_router, i);
        if (!route)
            continue;
        struct request request = {.method = route->method, .path = route->path};
        const struct context context = {.router = &api_router};
        router_find(&context, &request);
        ck_assert_ptr_eq(request.route, route);
        ck_assert_uint_eq(request.route_index, i);
    }
    ck_assert_ptr_null(router_at(&api_router, api_router.count));
}
END_TEST

START_TEST(test_new_counters_fail_without_memory)
{
    struct arena small;
    struct counters *counters = NULL;
    int tries = 0;
    for (size_t ceiling = 0; !counters; ceiling += 500, tries++) {
        arena_init(&small, ceiling);
        counters = counters_new(&small, registry, api_router.count);
        arena_release(&small);
    }
    ck_assert_int_gt(tries, 1);
}
END_TEST

static const struct {
    const char *about, *label;
    uint64_t value;
    uint32_t divisor;
    const char *line;
} numbers[] = {
    {"zero", "a", 0, 1, "x{l=\"a\"} 0\n"},
    {"the largest", "a", UINT64_MAX, 1, "x{l=\"a\"} 18446744073709551615\n"},
    {"no time", "a", 0, MICROS_PER_SECOND, "x{l=\"a\"} 0\n"},
    {"a microsecond", "a", 1, MICROS_PER_SECOND, "x{l=\"a\"} 0.000001\n"},
    {"trailing zeros are removed", "a", 250, MICROS_PER_SECOND, "x{l=\"a\"} 0.00025\n"},
    {"whole seconds", "a", 2000000, MICROS_PER_SECOND, "x{l=\"a\"} 2\n"},
    {"zeros of the integer part stay", "a", 10500000, MICROS_PER_SECOND,
     "x{l=\"a\"} 10.5\n"},
    {"an empty label", "", 1, 1, "x{l=\"\"} 1\n"},
    {"a quote", "say \"no\"", 1, 1, "x{l=\"say \\\"no\\\"\"} 1\n"},
    {"a backslash", "a\\n", 1, 1, "x{l=\"a\\\\n\"} 1\n"},
    {"a line break", "a\nb\n", 1, 1, "x{l=\"a\\nb\\n\"} 1\n"},
    {"braces and commas are plain", "{a=b, c}", 1, 1, "x{l=\"{a=b, c}\"} 1\n"},
    {"UTF-8 is unchanged", "\xc3\xbc", 1, 1, "x{l=\"\xc3\xbc\"} 1\n"},
};

START_TEST(test_line_of_a_number)
{
    const struct metric metric = {.name = "x", .labels = {"l"}};
    metric_write_number(&text, &metric, &numbers[_i].label, numbers[_i].value,
                        numbers[_i].divisor);
    ck_assert_msg(strcmp(text.bytes, numbers[_i].line) == 0, "%s: %s", numbers[_i].about,
                  text.bytes);
}
END_TEST

START_TEST(test_lines_of_a_histogram)
{
    static const struct buckets buckets = {MICROS_PER_SECOND, 2, {100, 1500000}};
    const struct metric metric = {
        .name = "t_seconds", .type = METRIC_HISTOGRAM, .help = "How long."};
    struct histogram histogram = {.buckets = &buckets};
    const int64_t values[] = {100, 7, 101, 1500000, 1500001};
    for (int i = 0; i < COUNT(values); i++)
        histogram_add(&histogram, values[i]);
    metric_write_head(&text, &metric);
    metric_write_histogram(&text, &metric, NULL, &histogram);
    ck_assert_str_eq(text.bytes, "# HELP t_seconds How long.\n"
                                 "# TYPE t_seconds histogram\n"
                                 "t_seconds_bucket{le=\"0.0001\"} 2\n"
                                 "t_seconds_bucket{le=\"1.5\"} 4\n"
                                 "t_seconds_bucket{le=\"+Inf\"} 5\n"
                                 "t_seconds_count 5\n"
                                 "t_seconds_sum 3.000209\n");
}
END_TEST

Suite *counters_suite(void)
{
    Suite *suite = suite_create("counters");
    TCase *tcase = tcase_create("counters");
    tcase_add_checked_fixture(tcase, set_up_counters, tear_down_counters);
    tcase_add_loop_test(tcase, test_value_goes_to_its_bucket, 0, COUNT(bucket_cases));
    tcase_add_test(tcase, test_bounds_of_buckets_ascend);
    tcase_add_test(tcase, test_counters_of_loops_add_up_to_the_total);
    tcase_add_loop_test(tcase, test_end_of_a_request_is_counted, 0, COUNT(ends));
    tcase_add_test(tcase, test_tie_counts_for_the_first_action);
    tcase_add_test(tcase, test_route_is_found_at_its_index);
    tcase_add_test(tcase, test_new_counters_fail_without_memory);
    tcase_add_loop_test(tcase, test_line_of_a_number, 0, COUNT(numbers));
    tcase_add_test(tcase, test_lines_of_a_histogram);
    suite_add_tcase(suite, tcase);
    return suite;
}
