/*
 * A family of numbers is a line of a table: what it is called, what it means, which labels its
 * numbers have, and the function that writes them.  So a family is described once, and all of
 * it stands in one place of the page, as the format wants it.
 *
 * The page adds up the counters of all loops while they go on counting: each number is right,
 * for some moment since the request came, and no histogram contradicts itself.
 */
#include "api/metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/exposition.h"
#include "api/routes.h"
#include "engine.h"
#include "service/clock.h"
#include "service/context.h"
#include "service/counters.h"
#include "service/reply.h"
#include "service/resources.h"

#ifdef __clang__
#define DIGITS_OF(number) #number
#define DIGITS(number) DIGITS_OF(number)
#define COMPILER                                                                         \
    "clang " DIGITS(__clang_major__) "." DIGITS(__clang_minor__) "." DIGITS(             \
        __clang_patchlevel__)
#else
#define COMPILER "gcc " __VERSION__
#endif

struct page {
    struct strbuf *text;
    const struct registry *registry;
    struct counters *total;

    /* Numbers that have no labels. */
    uint64_t in_flight, waiting, waiting_limit, events, events_limit;
    uint64_t connections, connections_limit;
    uint64_t started_at_us;
    struct resource_usage usage;
};

/* A family of the page: who writes its numbers, from which member of whose. */
struct entry {
    struct family family;
    void (*write)(const struct page *page, const struct entry *entry);
    size_t place; /* in a page, or in a model_counters */
};

/* The path of a route; NULL where there is none. */
static const char *route_label(const struct page *page, size_t place)
{
    const struct route *route = route_at(place);
    return route ? route->path : place == page->total->routes - 1 ? "other" : NULL;
}

static void write_method(const struct page *page, const struct entry *entry, size_t place,
                         enum method method)
{
    const char *name = method_name(method);
    for (size_t i = 0; i < COUNTED_CODES; i++) {
        uint64_t count = count_read(&page->total->route[place].requests[method][i]);
        char code[CODE_TEXT];
        const char *values[] = {route_label(page, place), name ? name : "other",
                                counters_code(i, code)};
        if (count > 0)
            exposition_number(page->text, &entry->family, values, count, 1);
    }
}

/* Only what has come: few of all the combinations ever do. */
static void write_requests(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->routes; i++)
        for (size_t method = 0; route_label(page, i) && method < METHODS; method++)
            write_method(page, entry, i, (enum method)method);
}

static void write_durations(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->routes; i++) {
        const char *values[] = {route_label(page, i)};
        if (values[0])
            exposition_histogram(page->text, &entry->family, values,
                                 &page->total->route[i].duration);
    }
}

static void write_rejections(const struct page *page, const struct entry *entry)
{
#define REJECTION_TEXT(name, text) text,
    static const char *const reasons[] = {REJECTION_LIST(REJECTION_TEXT)};
#undef REJECTION_TEXT
    for (size_t i = REJECTION_NONE + 1; i < REJECTIONS; i++)
        exposition_number(page->text, &entry->family, &reasons[i],
                          count_read(&page->total->rejected[i]), 1);
}

/* The member of a model's counters that the family shows. */
static const void *of_model(const struct page *page, const struct entry *entry,
                            size_t model)
{
    return (const char *)&page->total->model[model] + entry->place;
}

static void write_model_histogram(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->models; i++)
        exposition_histogram(page->text, &entry->family,
                             &registry_at(page->registry, i)->name,
                             of_model(page, entry, i));
}

static void write_model_count(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->models; i++)
        exposition_number(page->text, &entry->family,
                          &registry_at(page->registry, i)->name,
                          count_read(of_model(page, entry, i)), 1);
}

static void write_decisions(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *served = registry_at(page->registry, i);
        for (size_t action = 0; action < triage_model_actions(served->model); action++) {
            const char *values[] = {served->name,
                                    triage_model_action(served->model, action)};
            exposition_number(page->text, &entry->family, values,
                              count_read(&page->total->model[i].decisions[action]), 1);
        }
    }
}

/* The digest is for the family that has a label for it. */
static void write_models(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *served = registry_at(page->registry, i);
        const char *values[] = {served->name, triage_model_digest(served->model)};
        exposition_number(page->text, &entry->family, values, 1, 1);
    }
}

static void write_load_times(const struct page *page, const struct entry *entry)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *served = registry_at(page->registry, i);
        exposition_number(page->text, &entry->family, &served->name,
                          (uint64_t)served->loaded_at_us, MICROS_PER_SECOND);
    }
}

static void write_build(const struct page *page, const struct entry *entry)
{
    const char *values[] = {TRIAGE_VERSION, COMPILER, triage_kernels_name()};
    exposition_number(page->text, &entry->family, values, 1, 1);
}

static void write_value(const struct page *page, const struct entry *entry,
                        uint32_t divisor)
{
    uint64_t value;
    memcpy(&value, (const char *)page + entry->place, sizeof value);
    if (value != RESOURCES_UNKNOWN)
        exposition_number(page->text, &entry->family, NULL, value, divisor);
}

static void write_number(const struct page *page, const struct entry *entry)
{
    write_value(page, entry, 1);
}

static void write_micros(const struct page *page, const struct entry *entry)
{
    write_value(page, entry, MICROS_PER_SECOND);
}

#define PAGE(member) offsetof(struct page, member)
#define MODEL(member) offsetof(struct model_counters, member)

/* clang-format off */
static const struct entry entries[] = {
    {{"triage_http_requests_total", "counter", {"route", "method", "code"}, "Requests that have ended; code none: the client left before there was an answer."}, write_requests, 0},
    {{"triage_http_request_duration_seconds", "histogram", {"route"}, "Time from a request's head to the last byte of its answer."}, write_durations, 0},
    {{"triage_requests_rejected_total", "counter", {"reason"}, "Requests that were not served though nothing was wrong with what they asked."}, write_rejections, 0},
    {{"triage_requests_in_flight", "gauge", {0}, "Requests whose head has come and whose answer has not gone out, this one included."}, write_number, PAGE(in_flight)},
    {{"triage_queue_length", "gauge", {0}, "Requests whose histories wait or run."}, write_number, PAGE(waiting)},
    {{"triage_queue_limit", "gauge", {0}, "How many may wait before more are refused (--max-jobs)."}, write_number, PAGE(waiting_limit)},
    {{"triage_queue_events", "gauge", {0}, "Events of the histories that wait or run."}, write_number, PAGE(events)},
    {{"triage_queue_events_limit", "gauge", {0}, "How many may wait before more are refused (--max-waiting-events)."}, write_number, PAGE(events_limit)},
    {{"triage_connections", "gauge", {0}, "Open connections."}, write_number, PAGE(connections)},
    {{"triage_connections_limit", "gauge", {0}, "How many may be open before requests on more are refused (--max-connections)."}, write_number, PAGE(connections_limit)},
    {{"triage_queue_wait_seconds", "histogram", {"model"}, "Time from a request's last byte until its first history has a row, reading its JSON included."}, write_model_histogram, MODEL(queue_wait)},
    {{"triage_inference_duration_seconds", "histogram", {"model"}, "Time that a history has a row, from its first step to its last."}, write_model_histogram, MODEL(inference)},
    {{"triage_batch_size", "histogram", {"model"}, "Histories that run together, at each round of a few steps."}, write_model_histogram, MODEL(batch_size)},
    {{"triage_sequence_length", "histogram", {"model"}, "Events of the histories that were given a row."}, write_model_histogram, MODEL(length)},
    {{"triage_decisions_total", "counter", {"model", "action"}, "Histories for which the action was the most probable."}, write_decisions, 0},
    {{"triage_unknown_values_total", "counter", {"model"}, "Values of known fields that the model has not learnt."}, write_model_count, MODEL(unknown_values)},
    {{"triage_ignored_fields_total", "counter", {"model"}, "Fields of events that the model does not know."}, write_model_count, MODEL(ignored_fields)},
    {{"triage_model_info", "gauge", {"model", "digest"}, "Always 1: a model that is served, and the digest of its file."}, write_models, 0},
    {{"triage_model_ready", "gauge", {"model"}, "Always 1 for a model that is served."}, write_models, 0},
    {{"triage_model_load_timestamp_seconds", "gauge", {"model"}, "When the model was loaded, in seconds since the epoch."}, write_load_times, 0},
    {{"triage_build_info", "gauge", {"version", "compiler", "kernel"}, "Always 1: what was built, by what, and which kernels run."}, write_build, 0},
    {{"process_start_time_seconds", "gauge", {0}, "When the service was started, in seconds since the epoch."}, write_micros, PAGE(started_at_us)},
    {{"process_cpu_seconds_total", "counter", {0}, "Processor time used, by user and system."}, write_micros, PAGE(usage.cpu_us)},
    {{"process_resident_memory_bytes", "gauge", {0}, "Resident memory."}, write_number, PAGE(usage.resident_bytes)},
    {{"process_virtual_memory_bytes", "gauge", {0}, "Virtual memory."}, write_number, PAGE(usage.virtual_bytes)},
    {{"process_open_fds", "gauge", {0}, "Open file descriptors."}, write_number, PAGE(usage.descriptors)},
    {{"process_max_fds", "gauge", {0}, "How many file descriptors may be open."}, write_number, PAGE(usage.descriptors_limit)},
};
/* clang-format on */

/* False when memory has run out. */
static bool fill(struct page *page, const struct context *context,
                 struct request *request)
{
    struct service *service = context->service;
    page->text = &request->answer;
    page->registry = context->registry;
    page->total = counters_new(&request->arena, page->registry, routes_count());
    if (!page->total)
        return false;
    for (const struct counters *each = service->counters; each; each = each->next)
        counters_add(page->total, each);
    page->in_flight = count_read(&page->total->in_flight);
    page->waiting = atomic_load(&service->jobs);
    page->waiting_limit = service->options->max_jobs;
    page->events = atomic_load(&service->events);
    page->events_limit = service->options->max_waiting_events;
    page->connections = atomic_load(&service->connections);
    page->connections_limit = service->options->max_connections;
    page->started_at_us = (uint64_t)service->started_at_us;
    resources_usage(&page->usage);
    return true;
}

void metrics_show(struct context *context, struct request *request)
{
    struct page page;
    if (!fill(&page, context, request)) {
        reply_no_memory(request);
        return;
    }
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        exposition_begin(page.text, &entries[i].family);
        entries[i].write(&page, &entries[i]);
    }
    reply_typed(request, 200, "text/plain; version=0.0.4; charset=utf-8");
}
