/*
 * A family of numbers is a line of a table: what it is called, what it means, which labels its
 * numbers have, and the function that writes them.  So a family is described once, and all of
 * it stands in one place of the page, as the format wants it.
 *
 * The page adds up the counters of all loops while they go on counting: each number is right,
 * for some moment since the request came, and no histogram contradicts itself.
 */
#include "metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "counters.h"
#include "engine.h"
#include "guard.h"
#include "loop.h"
#include "process.h"
#include "reply.h"
#include "routes.h"

enum { LABELS = 3, NUMBER_BYTES = 32 };

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

struct page {
    struct text *text;
    const struct registry *registry;
    struct counters *total;

    /* Numbers that have no labels. */
    uint64_t in_flight, waiting, waiting_limit, connections, connections_limit;
    uint64_t started_at_us;
    struct process process;
};

struct family {
    const char *name, *type;
    void (*write)(const struct page *page, const struct family *family);
    size_t place; /* of its number: in a page, or in a model_counters */
    const char *labels[LABELS + 1];
    const char *help;
};

/* value / divisor, which is 1 or a million, without zeros at its end. */
static char *format_number(char room[NUMBER_BYTES], uint64_t value, uint32_t divisor)
{
    int length =
        snprintf(room, NUMBER_BYTES, "%llu", (unsigned long long)value / divisor);
    if (value % divisor == 0)
        return room;
    snprintf(room + length, NUMBER_BYTES - (size_t)length, ".%06u",
             (unsigned)(value % divisor));
    for (size_t end = strlen(room) - 1; room[end] == '0'; end--)
        room[end] = '\0';
    return room;
}

static void add_label(struct text *text, const char *before, const char *name,
                      const char *value)
{
    text_printf(text, "%s%s=\"", before, name);
    while (*value) {
        size_t plain = strcspn(value, "\\\"\n");
        text_add_bytes(text, value, plain);
        value += plain;
        if (*value)
            text_add(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value += *value != '\0';
    }
    text_add(text, "\"");
}

/* A line: name and suffix, its labels, where a bucket ends (or NULL), and the number. */
static void add_sample(const struct page *page, const struct family *family,
                       const char *suffix, const char *const values[], const char *end,
                       const char *number)
{
    struct text *text = page->text;
    const char *before = "{";
    text_printf(text, "%s%s", family->name, suffix);
    for (size_t i = 0; family->labels[i]; i++, before = ",")
        add_label(text, before, family->labels[i], values[i]);
    if (end) {
        add_label(text, before, "le", end);
        before = ",";
    }
    text_printf(text, "%s %s\n", *before == ',' ? "}" : "", number);
}

static void add_number(const struct page *page, const struct family *family,
                       const char *const values[], uint64_t value, uint32_t divisor)
{
    char number[NUMBER_BYTES];
    add_sample(page, family, "", values, NULL, format_number(number, value, divisor));
}

static void add_histogram(const struct page *page, const struct family *family,
                          const char *const values[], const struct histogram *histogram)
{
    const struct scale *scale = histogram->scale;
    char end[NUMBER_BYTES], number[NUMBER_BYTES];
    uint64_t count = 0;
    for (uint32_t i = 0; i < scale->count; i++) {
        count += count_read(&histogram->counts[i]);
        add_sample(page, family, "_bucket", values,
                   format_number(end, scale->bounds[i], scale->divisor),
                   format_number(number, count, 1));
    }
    count += count_read(&histogram->counts[scale->count]);
    format_number(number, count, 1);
    add_sample(page, family, "_bucket", values, "+Inf", number);
    add_sample(page, family, "_count", values, NULL, number);
    format_number(number, count_read(&histogram->sum), scale->divisor);
    add_sample(page, family, "_sum", values, NULL, number);
}

/* The path of a route; NULL where there is none. */
static const char *route_label(const struct page *page, size_t place)
{
    const struct route *route = route_at(place);
    return route ? route->path : place == page->total->routes - 1 ? "other" : NULL;
}

static void write_method(const struct page *page, const struct family *family,
                         size_t place, enum method method)
{
    char number[NUMBER_BYTES];
    const char *name = guard_method_name(method);
    for (size_t i = 0; i < COUNTED_CODES; i++) {
        uint64_t count = count_read(&page->total->route[place].requests[method][i]);
        int code = counters_code(i);
        format_number(number, code > 0 ? (uint64_t)code : 0, 1);
        const char *values[] = {route_label(page, place), name ? name : "other",
                                code > 0    ? number
                                : code == 0 ? "none"
                                            : "other"};
        if (count > 0)
            add_number(page, family, values, count, 1);
    }
}

static void write_requests(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->routes; i++)
        for (size_t method = 0; route_label(page, i) && method < METHODS; method++)
            write_method(page, family, i, (enum method)method);
}

static void write_durations(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->routes; i++) {
        const char *values[] = {route_label(page, i)};
        if (values[0])
            add_histogram(page, family, values, &page->total->route[i].duration);
    }
}

static void write_rejections(const struct page *page, const struct family *family)
{
#define REJECTION_TEXT(name, text) text,
    static const char *const reasons[] = {REJECTION_LIST(REJECTION_TEXT)};
#undef REJECTION_TEXT
    for (size_t i = REJECTION_NONE + 1; i < REJECTIONS; i++)
        add_number(page, family, &reasons[i], count_read(&page->total->rejected[i]), 1);
}

/* The member of a model's counters that the family shows. */
static const void *of_model(const struct page *page, const struct family *family,
                            size_t model)
{
    return (const char *)&page->total->model[model] + family->place;
}

static void write_model_histogram(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->models; i++)
        add_histogram(page, family, &registry_at(page->registry, i)->name,
                      of_model(page, family, i));
}

static void write_model_count(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->models; i++)
        add_number(page, family, &registry_at(page->registry, i)->name,
                   count_read(of_model(page, family, i)), 1);
}

static void write_decisions(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        for (size_t action = 0; action < model_actions(entry->model); action++) {
            const char *values[] = {entry->name, model_action(entry->model, action)};
            add_number(page, family, values,
                       count_read(&page->total->model[i].decisions[action]), 1);
        }
    }
}

static void write_models(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        const char *values[] = {entry->name, model_digest(entry->model)};
        add_number(page, family, values, 1, 1);
    }
}

static void write_load_times(const struct page *page, const struct family *family)
{
    for (size_t i = 0; i < page->total->models; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        add_number(page, family, &entry->name, (uint64_t)entry->loaded_at_us,
                   MICROS_PER_SECOND);
    }
}

static void write_build(const struct page *page, const struct family *family)
{
    const char *values[] = {TRIAGE_VERSION, COMPILER, kernels_name()};
    add_number(page, family, values, 1, 1);
}

static void write_value(const struct page *page, const struct family *family,
                        uint32_t divisor)
{
    uint64_t value;
    memcpy(&value, (const char *)page + family->place, sizeof value);
    if (value != PROCESS_UNKNOWN)
        add_number(page, family, NULL, value, divisor);
}

static void write_number(const struct page *page, const struct family *family)
{
    write_value(page, family, 1);
}

static void write_micros(const struct page *page, const struct family *family)
{
    write_value(page, family, MICROS_PER_SECOND);
}

#define PAGE(member) offsetof(struct page, member)
#define MODEL(member) offsetof(struct model_counters, member)

/* clang-format off */
static const struct family families[] = {
    {"triage_http_requests_total", "counter", write_requests, 0, {"route", "method", "code"}, "Requests that have ended; code none: the client left before there was an answer."},
    {"triage_http_request_duration_seconds", "histogram", write_durations, 0, {"route"}, "Time from a request's head to the last byte of its answer."},
    {"triage_requests_rejected_total", "counter", write_rejections, 0, {"reason"}, "Requests that were not served though nothing was wrong with what they asked."},
    {"triage_requests_in_flight", "gauge", write_number, PAGE(in_flight), {0}, "Requests whose head has come and whose answer has not gone out, this one included."},
    {"triage_requests_waiting", "gauge", write_number, PAGE(waiting), {0}, "Requests whose histories wait or run."},
    {"triage_requests_waiting_limit", "gauge", write_number, PAGE(waiting_limit), {0}, "How many may wait before more are refused (--max-jobs)."},
    {"triage_connections", "gauge", write_number, PAGE(connections), {0}, "Open connections."},
    {"triage_connections_limit", "gauge", write_number, PAGE(connections_limit), {0}, "How many may be open before requests on more are refused (--max-connections)."},
    {"triage_queue_wait_seconds", "histogram", write_model_histogram, MODEL(queue_wait), {"model"}, "Time from a request's last byte until its first history has a row, reading its JSON included."},
    {"triage_inference_duration_seconds", "histogram", write_model_histogram, MODEL(inference), {"model"}, "Time that a history has a row, from its first step to its last."},
    {"triage_batch_size", "histogram", write_model_histogram, MODEL(batch_size), {"model"}, "Histories that run together, at each round of a few steps."},
    {"triage_sequence_length", "histogram", write_model_histogram, MODEL(length), {"model"}, "Events of the histories that were given a row."},
    {"triage_decisions_total", "counter", write_decisions, 0, {"model", "action"}, "Histories for which the action was the most probable."},
    {"triage_unknown_values_total", "counter", write_model_count, MODEL(unknown_values), {"model"}, "Values of known fields that the model has not learnt."},
    {"triage_ignored_fields_total", "counter", write_model_count, MODEL(ignored_fields), {"model"}, "Fields of events that the model does not know."},
    {"triage_model_info", "gauge", write_models, 0, {"model", "digest"}, "Always 1: a model that is served, and the digest of its file."},
    {"triage_model_ready", "gauge", write_models, 0, {"model"}, "Always 1 for a model that is served."},
    {"triage_model_load_timestamp_seconds", "gauge", write_load_times, 0, {"model"}, "When the model was loaded, in seconds since the epoch."},
    {"triage_build_info", "gauge", write_build, 0, {"version", "compiler", "kernel"}, "Always 1: what was built, by what, and which kernels run."},
    {"process_start_time_seconds", "gauge", write_micros, PAGE(started_at_us), {0}, "When the service was started, in seconds since the epoch."},
    {"process_cpu_seconds_total", "counter", write_micros, PAGE(process.cpu_us), {0}, "Processor time used, by user and system."},
    {"process_resident_memory_bytes", "gauge", write_number, PAGE(process.resident_bytes), {0}, "Resident memory."},
    {"process_virtual_memory_bytes", "gauge", write_number, PAGE(process.virtual_bytes), {0}, "Virtual memory."},
    {"process_open_fds", "gauge", write_number, PAGE(process.descriptors), {0}, "Open file descriptors."},
    {"process_max_fds", "gauge", write_number, PAGE(process.descriptors_limit), {0}, "How many file descriptors may be open."},
};
/* clang-format on */

/* False when memory has run out. */
static bool fill(struct page *page, struct request *request)
{
    struct service *service = loop_service(request->loop);
    page->text = &request->answer;
    page->registry = loop_registry(request->loop);
    page->total = counters_new(&request->arena, page->registry);
    if (!page->total)
        return false;
    for (const struct counters *each = service->counters; each; each = each->next)
        counters_add(page->total, each);
    page->in_flight = count_read(&page->total->in_flight);
    page->waiting = atomic_load(&service->jobs);
    page->waiting_limit = service->options->max_jobs;
    page->connections = atomic_load(&service->connections);
    page->connections_limit = service->options->max_connections;
    page->started_at_us = (uint64_t)service->started_at_us;
    process_read(&page->process);
    return true;
}

void metrics_show(struct request *request)
{
    struct page page;
    if (!fill(&page, request)) {
        reply_no_memory(request);
        return;
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct family *family = &families[i];
        text_printf(page.text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                    family->name, family->type);
        family->write(&page, family);
    }
    reply_typed(request, 200, "text/plain; version=0.0.4; charset=utf-8");
}
