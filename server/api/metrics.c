/*
 * The table below has one entry per metric family: name, type, labels, help and the function that
 * writes its samples.  The format demands that the samples of a family are together.
 *
 * The counters of all loops are added up while the loops count: each number is right for some
 * moment after the request arrived, and the count of a histogram is the sum of its buckets.
 */
#include "api/metrics.h"

#include <stdio.h>
#include <string.h>

#include "api/router.h"
#include "engine.h"
#include "service/clock.h"
#include "service/context.h"
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

enum { NUMBER_BYTES = 32 };

/* ---- the text format ------------------------------------------------------------------- */

void metric_write_head(struct strbuf *text, const struct metric *metric)
{
    static const char *const types[] = {[METRIC_COUNTER] = "counter",
                                        [METRIC_GAUGE] = "gauge",
                                        [METRIC_HISTOGRAM] = "histogram"};
    strbuf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                  metric->name, types[metric->type]);
}

/* Write value / divisor without trailing zeros.  Returns number. */
static char *format_number(char number[NUMBER_BYTES], uint64_t value, uint32_t divisor)
{
    int length =
        snprintf(number, NUMBER_BYTES, "%llu", (unsigned long long)value / divisor);
    if (value % divisor == 0)
        return number;
    snprintf(number + length, NUMBER_BYTES - (size_t)length, ".%06u",
             (unsigned)(value % divisor));
    for (size_t last = strlen(number) - 1; number[last] == '0'; last--)
        number[last] = '\0';
    return number;
}

/* Append name="value" after a separator, escaping the value. */
static void add_label(struct strbuf *text, const char *separator, const char *name,
                      const char *value)
{
    strbuf_printf(text, "%s%s=\"", separator, name);
    while (*value) {
        size_t plain = strcspn(value, "\\\"\n");
        strbuf_add_bytes(text, value, plain);
        value += plain;
        if (*value)
            strbuf_add(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value += *value != '\0';
    }
    strbuf_add(text, "\"");
}

/* Append one line: name, suffix, labels, number.  bound is the value of the label "le", or NULL. */
static void add_sample(struct strbuf *text, const struct metric *metric,
                       const char *suffix, const char *const values[], const char *bound,
                       const char *number)
{
    const char *separator = "{";
    strbuf_printf(text, "%s%s", metric->name, suffix);
    for (size_t i = 0; values && metric->labels[i] && values[i]; i++, separator = ",")
        add_label(text, separator, metric->labels[i], values[i]);
    if (bound) {
        add_label(text, separator, "le", bound);
        separator = ",";
    }
    strbuf_printf(text, "%s %s\n", *separator == ',' ? "}" : "", number);
}

void metric_write_number(struct strbuf *text, const struct metric *metric,
                         const char *const values[], uint64_t value, uint32_t divisor)
{
    char number[NUMBER_BYTES];
    add_sample(text, metric, "", values, NULL, format_number(number, value, divisor));
}

void metric_write_histogram(struct strbuf *text, const struct metric *metric,
                            const char *const values[], const struct histogram *histogram)
{
    const struct buckets *buckets = histogram->buckets;
    char bound[NUMBER_BYTES], number[NUMBER_BYTES];
    uint64_t count = 0;
    for (uint32_t i = 0; i < buckets->count; i++) {
        count += count_read(&histogram->counts[i]);
        add_sample(text, metric, "_bucket", values,
                   format_number(bound, buckets->bounds[i], buckets->divisor),
                   format_number(number, count, 1));
    }
    count += count_read(&histogram->counts[buckets->count]);
    format_number(number, count, 1);
    add_sample(text, metric, "_bucket", values, "+Inf", number);
    add_sample(text, metric, "_count", values, NULL, number);
    format_number(number, count_read(&histogram->sum), buckets->divisor);
    add_sample(text, metric, "_sum", values, NULL, number);
}

/* ---- the samples of each family -------------------------------------------------------- */

struct page {
    struct strbuf *text;
    const struct router *router;
    const struct registry *registry;
    struct counters *total; /* of all loops */

    /* The numbers of families without labels. */
    uint64_t in_flight, waiting, waiting_limit, events, events_limit;
    uint64_t connections, connections_limit;
    uint64_t started_at_us;
    struct resource_usage usage;
};

/* The label of the requests that are counted under index; NULL if none are. */
static const char *route_label(const struct page *page, size_t index)
{
    const struct route *route = router_at(page->router, index);
    if (route)
        return route->path;
    return index == page->total->route_count - 1 ? "other" : NULL;
}

/* Write only counts that are not 0: few of all combinations ever occur. */
static void write_requests_of(const struct page *page, const struct metric *metric,
                              size_t route, enum method method)
{
    const char *name = method_name(method);
    for (size_t i = 0; i < COUNTED_CODES; i++) {
        uint64_t count = count_read(&page->total->routes[route].requests[method][i]);
        char code[CODE_TEXT];
        const char *values[] = {route_label(page, route), name ? name : "other",
                                counters_code(i, code), NULL};
        if (count > 0)
            metric_write_number(page->text, metric, values, count, 1);
    }
}

static void write_requests(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->route_count; i++)
        for (size_t method = 0; route_label(page, i) && method < METHODS; method++)
            write_requests_of(page, metric, i, (enum method)method);
}

static void write_durations(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->route_count; i++) {
        const char *values[] = {route_label(page, i), NULL};
        if (values[0])
            metric_write_histogram(page->text, metric, values,
                                   &page->total->routes[i].duration);
    }
}

static void write_rejections(const struct page *page, const struct metric *metric)
{
#define REJECTION_TEXT(name, text) text,
    static const char *const reasons[] = {REJECTION_LIST(REJECTION_TEXT)};
#undef REJECTION_TEXT
    for (size_t i = REJECTION_NONE + 1; i < REJECTIONS; i++)
        metric_write_number(page->text, metric, &reasons[i],
                            count_read(&page->total->rejected[i]), 1);
}

/* The member of the model's counters that the family shows. */
static const void *model_member(const struct page *page, const struct metric *metric,
                                size_t model)
{
    return (const char *)&page->total->models[model] + metric->offset;
}

static void write_model_histogram(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->model_count; i++)
        metric_write_histogram(page->text, metric, &registry_at(page->registry, i)->name,
                               model_member(page, metric, i));
}

static void write_model_count(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->model_count; i++)
        metric_write_number(page->text, metric, &registry_at(page->registry, i)->name,
                            count_read(model_member(page, metric, i)), 1);
}

static void write_decisions(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->model_count; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        for (size_t action = 0; action < triage_model_actions(entry->model); action++) {
            const char *values[] = {entry->name,
                                    triage_model_action(entry->model, action), NULL};
            metric_write_number(page->text, metric, values,
                                count_read(&page->total->models[i].decisions[action]), 1);
        }
    }
}

/* The digest is for triage_model_info; triage_model_ready has no label for it. */
static void write_models(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->model_count; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        const char *values[] = {entry->name, triage_model_digest(entry->model), NULL};
        metric_write_number(page->text, metric, values, 1, 1);
    }
}

static void write_load_times(const struct page *page, const struct metric *metric)
{
    for (size_t i = 0; i < page->total->model_count; i++) {
        const struct registry_entry *entry = registry_at(page->registry, i);
        metric_write_number(page->text, metric, &entry->name,
                            (uint64_t)entry->loaded_at_us, MICROS_PER_SECOND);
    }
}

static void write_build(const struct page *page, const struct metric *metric)
{
    const char *values[] = {TRIAGE_VERSION, COMPILER, triage_kernels_name(), NULL};
    metric_write_number(page->text, metric, values, 1, 1);
}

/* Write a member of the page / divisor, or nothing if it could not be read. */
static void write_divided(const struct page *page, const struct metric *metric,
                          uint32_t divisor)
{
    uint64_t value;
    memcpy(&value, (const char *)page + metric->offset, sizeof value);
    if (value != RESOURCES_UNKNOWN)
        metric_write_number(page->text, metric, NULL, value, divisor);
}

static void write_number(const struct page *page, const struct metric *metric)
{
    write_divided(page, metric, 1);
}

static void write_seconds(const struct page *page, const struct metric *metric)
{
    write_divided(page, metric, MICROS_PER_SECOND);
}

/* ---- the page -------------------------------------------------------------------------- */

#define PAGE(member) offsetof(struct page, member)
#define MODEL(member) offsetof(struct model_counters, member)

/* clang-format off */
static const struct metric metrics[] = {
    {.name = "triage_http_requests_total", .type = METRIC_COUNTER,
     .labels = {"route", "method", "code"},
     .help = "Requests that have ended; code is none if the client left before the answer.",
     .write = write_requests},
    {.name = "triage_http_request_duration_seconds", .type = METRIC_HISTOGRAM,
     .labels = {"route"},
     .help = "Time from a request's head to the last byte of its answer.",
     .write = write_durations},
    {.name = "triage_requests_rejected_total", .type = METRIC_COUNTER,
     .labels = {"reason"},
     .help = "Requests not served because of a limit, a deadline, a shutdown or a lost client.",
     .write = write_rejections},
    {.name = "triage_requests_in_flight", .type = METRIC_GAUGE,
     .help = "Requests whose head has arrived and whose answer is not sent, this one included.",
     .write = write_number, .offset = PAGE(in_flight)},
    {.name = "triage_queue_length", .type = METRIC_GAUGE,
     .help = "Requests with histories that wait or are active.",
     .write = write_number, .offset = PAGE(waiting)},
    {.name = "triage_queue_limit", .type = METRIC_GAUGE,
     .help = "Value of --max-jobs: limit of triage_queue_length.",
     .write = write_number, .offset = PAGE(waiting_limit)},
    {.name = "triage_queue_events", .type = METRIC_GAUGE,
     .help = "Events of the histories that wait or are active.",
     .write = write_number, .offset = PAGE(events)},
    {.name = "triage_queue_events_limit", .type = METRIC_GAUGE,
     .help = "Value of --max-waiting-events: limit of triage_queue_events.",
     .write = write_number, .offset = PAGE(events_limit)},
    {.name = "triage_connections", .type = METRIC_GAUGE,
     .help = "Open connections.",
     .write = write_number, .offset = PAGE(connections)},
    {.name = "triage_connections_limit", .type = METRIC_GAUGE,
     .help = "Value of --max-connections: limit of triage_connections.",
     .write = write_number, .offset = PAGE(connections_limit)},
    {.name = "triage_queue_wait_seconds", .type = METRIC_HISTOGRAM,
     .labels = {"model"},
     .help = "Time from a request's last byte until its first history is active, decoding included.",
     .write = write_model_histogram, .offset = MODEL(queue_wait)},
    {.name = "triage_inference_duration_seconds", .type = METRIC_HISTOGRAM,
     .labels = {"model"},
     .help = "Time that a history is active, from its first step to its last.",
     .write = write_model_histogram, .offset = MODEL(inference)},
    {.name = "triage_forecast_duration_seconds", .type = METRIC_HISTOGRAM,
     .labels = {"model"},
     .help = "Time that a forecast runs, from its first step to its last.",
     .write = write_model_histogram, .offset = MODEL(forecast)},
    {.name = "triage_batch_size", .type = METRIC_HISTOGRAM,
     .labels = {"model"},
     .help = "Histories in the active batch, at each round of a few steps.",
     .write = write_model_histogram, .offset = MODEL(batch_size)},
    {.name = "triage_sequence_length", .type = METRIC_HISTOGRAM,
     .labels = {"model"},
     .help = "Events of each history that became active.",
     .write = write_model_histogram, .offset = MODEL(length)},
    {.name = "triage_decisions_total", .type = METRIC_COUNTER,
     .labels = {"model", "action"},
     .help = "Histories by their most probable action.",
     .write = write_decisions},
    {.name = "triage_unknown_values_total", .type = METRIC_COUNTER,
     .labels = {"model"},
     .help = "Values of known fields that the model was not trained on.",
     .write = write_model_count, .offset = MODEL(unknown_values)},
    {.name = "triage_ignored_fields_total", .type = METRIC_COUNTER,
     .labels = {"model"},
     .help = "Fields of events that the model does not have.",
     .write = write_model_count, .offset = MODEL(ignored_fields)},
    {.name = "triage_model_info", .type = METRIC_GAUGE,
     .labels = {"model", "digest"},
     .help = "Always 1: a served model and the digest of its file.",
     .write = write_models},
    {.name = "triage_model_ready", .type = METRIC_GAUGE,
     .labels = {"model"},
     .help = "Always 1 for a served model.",
     .write = write_models},
    {.name = "triage_model_load_timestamp_seconds", .type = METRIC_GAUGE,
     .labels = {"model"},
     .help = "Time when the model was loaded, in seconds since the epoch.",
     .write = write_load_times},
    {.name = "triage_build_info", .type = METRIC_GAUGE,
     .labels = {"version", "compiler", "kernel"},
     .help = "Always 1: version, compiler and the kernel in use.",
     .write = write_build},
    {.name = "process_start_time_seconds", .type = METRIC_GAUGE,
     .help = "Time when the service was started, in seconds since the epoch.",
     .write = write_seconds, .offset = PAGE(started_at_us)},
    {.name = "process_cpu_seconds_total", .type = METRIC_COUNTER,
     .help = "User and system CPU time in seconds.",
     .write = write_seconds, .offset = PAGE(usage.cpu_us)},
    {.name = "process_resident_memory_bytes", .type = METRIC_GAUGE,
     .help = "Resident memory in bytes.",
     .write = write_number, .offset = PAGE(usage.resident_bytes)},
    {.name = "process_virtual_memory_bytes", .type = METRIC_GAUGE,
     .help = "Virtual memory in bytes.",
     .write = write_number, .offset = PAGE(usage.virtual_bytes)},
    {.name = "process_open_fds", .type = METRIC_GAUGE,
     .help = "Open file descriptors.",
     .write = write_number, .offset = PAGE(usage.descriptors)},
    {.name = "process_max_fds", .type = METRIC_GAUGE,
     .help = "Limit on open file descriptors.",
     .write = write_number, .offset = PAGE(usage.descriptors_limit)},
};
/* clang-format on */

/* False if memory has run out. */
static bool page_init(struct page *page, const struct context *context,
                      struct request *request)
{
    struct service *service = context->service;
    struct counters *total =
        counters_new(&request->arena, context->registry, context->router->count);
    if (!total)
        return false;
    for (const struct counters *each = service->counters; each; each = each->next)
        counters_add(total, each);
    *page = (struct page){
        .text = &request->answer,
        .router = context->router,
        .registry = context->registry,
        .total = total,
        .in_flight = count_read(&total->in_flight),
        .waiting = atomic_load(&service->waiting_requests),
        .waiting_limit = context->options->max_jobs,
        .events = atomic_load(&service->waiting_events),
        .events_limit = context->options->max_waiting_events,
        .connections = atomic_load(&service->connections),
        .connections_limit = context->options->max_connections,
        .started_at_us = (uint64_t)service->started_at_us,
    };
    resources_usage(&page->usage);
    return true;
}

void metrics_show(struct context *context, struct request *request)
{
    struct page page;
    if (!page_init(&page, context, request)) {
        reply_no_memory(request);
        return;
    }
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        metric_write_head(page.text, &metrics[i]);
        metrics[i].write(&page, &metrics[i]);
    }
    reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8");
}
