#include "service/counters.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/utf8.h"
#include "service/clock.h"

const struct scale scale_micros = {MICROS_PER_SECOND,
                                   15,
                                   {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000,
                                    50000, 100000, 250000, 500000, 1000000, 2500000}};

const struct scale scale_rows = {
    1, 13, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}};

const struct scale scale_events = {
    1, 11, {1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576}};

/* 0 is for no answer, the last place for all others. */
static const short codes[COUNTED_CODES] = {200, 0,   400, 401, 403, 404, 405,
                                           408, 412, 413, 415, 417, 422, 429,
                                           500, 501, 503, 504, -1};

char *counters_code(size_t place, char room[CODE_TEXT])
{
    if (codes[place] > 0)
        snprintf(room, CODE_TEXT, "%d", codes[place]);
    else
        utf8_copy(room, CODE_TEXT, codes[place] == 0 ? "none" : "other");
    return room;
}

static size_t code_place(int code)
{
    size_t place = 0;
    while (place < COUNTED_CODES - 1 && codes[place] != code)
        place++;
    return place;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    const struct scale *scale = histogram->scale;
    uint64_t size = value > 0 ? (uint64_t)value : 0;
    uint32_t bucket = 0;
    while (bucket < scale->count && size > scale->bounds[bucket])
        bucket++;
    count_add(&histogram->counts[bucket], 1);
    count_add(&histogram->sum, size);
}

static void histogram_merge(struct histogram *total, const struct histogram *histogram)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        count_add(&total->counts[i], count_read(&histogram->counts[i]));
    count_add(&total->sum, count_read(&histogram->sum));
}

static bool open_model(struct model_counters *counters, struct arena *arena,
                       const struct model *model)
{
    counters->queue_wait.scale = counters->inference.scale = &scale_micros;
    counters->batch_size.scale = &scale_rows;
    counters->length.scale = &scale_events;
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
    counters->routes = routes + 1;
    counters->models = registry_count(registry);
    counters->route = arena_array(arena, counters->routes, sizeof *counters->route);
    counters->model = arena_array(arena, counters->models, sizeof *counters->model);
    if (!counters->route || !counters->model)
        return NULL;
    for (size_t i = 0; i < counters->routes; i++)
        counters->route[i].duration.scale = &scale_micros;
    for (size_t i = 0; i < counters->models; i++)
        if (!open_model(&counters->model[i], arena, registry_at(registry, i)->model))
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
    for (size_t i = 0; i < total->routes; i++)
        add_route(&total->route[i], &counters->route[i]);
    for (size_t i = 0; i < total->models; i++)
        add_model(&total->model[i], &counters->model[i]);
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
    size_t other = counters->routes - 1; /* also for requests without a route */
    struct route_counters *route =
        &counters->route[request->route_index < other ? request->route_index : other];
    enum rejection reason = request->code ? request->rejection : REJECTION_CLIENT_GONE;
    count_add(&counters->in_flight, (uint64_t)-1);
    count_add(&route->requests[request->method][code_place(request->code)], 1);
    histogram_add(&route->duration, now_us - request->started_us);
    if (reason != REJECTION_NONE &&
        !request->is_probe) /* 503 is what a probe came to hear */
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
    size_t action = 0; /* a tie goes to the first, as in the answer */
    for (size_t i = 1; i < counters->actions; i++)
        if (probabilities[i] > probabilities[action])
            action = i;
    count_add(&counters->decisions[action], 1);
}
