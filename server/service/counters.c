/* Counting, and adding up the counters of several loops. */
#include "service/counters.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/elementary.h"
#include "base/error.h"
#include "base/utf8.h"
#include "service/clock.h"

const struct buckets buckets_us = {
    .divisor = MICROS_PER_SECOND,
    .count = 15,
    .bounds = {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
               500000, 1000000, 2500000},
};

const struct buckets buckets_rows = {
    .divisor = 1,
    .count = 13,
    .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096},
};

const struct buckets buckets_events = {
    .divisor = 1,
    .count = 11,
    .bounds = {1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576},
};

enum { CODE_NO_ANSWER = 0, CODE_OTHER = -1 };

/* HTTP statuses that have a count each; the frequent ones first, where code_index looks first. */
/* clang-format off */
static const short codes[COUNTED_CODES] = {
    200, CODE_NO_ANSWER, 204, 304, 400, 401, 403, 404, 405, 408, 412, 413, 414, 415, 417,
    422, 429, 431, 500, 501, 503, 504, 505, CODE_OTHER,
};
/* clang-format on */

char *counters_code(size_t index, char text[CODE_TEXT])
{
    if (codes[index] > 0)
        snprintf(text, CODE_TEXT, "%d", codes[index]);
    else
        utf8_copy(text, CODE_TEXT, codes[index] == CODE_NO_ANSWER ? "none" : "other");
    return text;
}

static size_t code_index(int code)
{
    size_t index = 0;
    while (index < COUNTED_CODES - 1 && codes[index] != code)
        index++;
    return index;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    const struct buckets *buckets = histogram->buckets;
    uint64_t amount = value > 0 ? (uint64_t)value : 0;
    uint32_t i = 0;
    while (i < buckets->count && amount > buckets->bounds[i])
        i++;
    count_add(&histogram->counts[i], 1);
    count_add(&histogram->sum, amount);
}

static void histogram_merge(struct histogram *total, const struct histogram *histogram)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        count_add(&total->counts[i], count_read(&histogram->counts[i]));
    count_add(&total->sum, count_read(&histogram->sum));
}

/* False if memory has run out. */
static bool model_counters_init(struct model_counters *counters, struct arena *arena,
                                const struct model *model)
{
    counters->queue_wait.buckets = &buckets_us;
    counters->inference.buckets = &buckets_us;
    counters->forecast.buckets = &buckets_us;
    counters->batch_size.buckets = &buckets_rows;
    counters->length.buckets = &buckets_events;
    counters->actions = triage_model_actions(model);
    counters->decisions =
        arena_array(arena, counters->actions, sizeof *counters->decisions);
    return counters->decisions != NULL;
}

struct counters *counters_new(struct arena *arena, const struct registry *registry,
                              size_t routes)
{
    struct counters *counters = arena_array(arena, 1, sizeof *counters);
    if (!counters)
        return NULL;
    counters->route_count = routes + 1;
    counters->model_count = registry_count(registry);
    counters->routes =
        arena_array(arena, counters->route_count, sizeof *counters->routes);
    counters->models =
        arena_array(arena, counters->model_count, sizeof *counters->models);
    if (!counters->routes || !counters->models)
        return NULL;
    for (size_t i = 0; i < counters->route_count; i++)
        counters->routes[i].duration.buckets = &buckets_us;
    for (size_t i = 0; i < counters->model_count; i++)
        if (!model_counters_init(&counters->models[i], arena,
                                 registry_at(registry, i)->model))
            return NULL;
    return counters;
}

static void add_route(struct route_counters *total, const struct route_counters *counters)
{
    for (size_t method = 0; method < METHODS; method++)
        for (size_t code = 0; code < COUNTED_CODES; code++)
            count_add(&total->requests[method][code],
                      count_read(&counters->requests[method][code]));
    histogram_merge(&total->duration, &counters->duration);
}

static void add_model(struct model_counters *total, const struct model_counters *counters)
{
    histogram_merge(&total->queue_wait, &counters->queue_wait);
    histogram_merge(&total->inference, &counters->inference);
    histogram_merge(&total->forecast, &counters->forecast);
    histogram_merge(&total->batch_size, &counters->batch_size);
    histogram_merge(&total->length, &counters->length);
    count_add(&total->unknown_values, count_read(&counters->unknown_values));
    count_add(&total->ignored_fields, count_read(&counters->ignored_fields));
    for (size_t i = 0; i < total->actions; i++)
        count_add(&total->decisions[i], count_read(&counters->decisions[i]));
}

void counters_add(struct counters *total, const struct counters *counters)
{
    count_add(&total->in_flight, count_read(&counters->in_flight));
    for (size_t i = 0; i < REJECTIONS; i++)
        count_add(&total->rejected[i], count_read(&counters->rejected[i]));
    for (size_t i = 0; i < total->route_count; i++)
        add_route(&total->routes[i], &counters->routes[i]);
    for (size_t i = 0; i < total->model_count; i++)
        add_model(&total->models[i], &counters->models[i]);
}

void counters_begin(struct counters *counters)
{
    count_add(&counters->in_flight, 1);
}

void counters_reject(struct counters *counters, enum rejection reason)
{
    count_add(&counters->rejected[reason], 1);
}

void counters_end(struct counters *counters, const struct request *request,
                  int64_t now_us)
{
    const size_t other = counters->route_count - 1; /* without a route */
    const size_t index = request->route_index < other ? request->route_index : other;
    struct route_counters *route = &counters->routes[index];
    bool has_answer = request->code != 0;
    enum rejection reason = has_answer ? request->rejection : REJECTION_CLIENT_GONE;
    count_add(&counters->in_flight, (uint64_t)-1);
    count_add(&route->requests[request->method][code_index(request->code)], 1);
    histogram_add(&route->duration, now_us - request->started_us);
    /* For a probe 503 is a regular answer, not a rejection. */
    if (reason != REJECTION_NONE && !request->is_probe)
        counters_reject(counters, reason);
}

void counters_admit(struct model_counters *counters, const struct history *history)
{
    histogram_add(&counters->length, history->length);
    if (history->unknown_count > 0)
        count_add(&counters->unknown_values, history->unknown_count);
    for (uint32_t i = 0; i < history->ignored_count; i++)
        count_add(&counters->ignored_fields, history->ignored[i].count);
}

void counters_decide(struct model_counters *counters, const float *probabilities)
{
    count_add(&counters->decisions[argmax(probabilities, counters->actions)], 1);
}
