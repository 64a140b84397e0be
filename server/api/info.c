/* Handlers that describe the models and the state of the service. */
#include "api/handlers.h"

#include <string.h>

#include "base/suggest.h"
#include "engine.h"
#include "service/clock.h"
#include "service/context.h"
#include "service/reply.h"

static void add_string(struct strbuf *text, const char *string)
{
    strbuf_json_string(text, string, strlen(string));
}

/* Append the object of a model with its first members, but without the closing brace. */
static void begin_model(struct strbuf *text, const struct registry *registry,
                        const struct registry_entry *entry)
{
    bool is_default = entry == registry_default(registry);
    strbuf_add(text, "{\"name\": ");
    add_string(text, entry->name);
    strbuf_add(text, ", \"digest\": ");
    add_string(text, triage_model_digest(entry->model));
    strbuf_printf(text, ", \"default\": %s, \"ready\": true",
                  is_default ? "true" : "false");
}

void info_models(struct context *context, struct request *request)
{
    const struct registry *registry = context->registry;
    struct strbuf *text = &request->answer;
    strbuf_add(text, "{\"models\": [");
    for (size_t i = 0; i < registry_count(registry); i++) {
        strbuf_add(text, i > 0 ? ", " : "");
        begin_model(text, registry, registry_at(registry, i));
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]}\n");
    reply_json(request, 200);
}

static void answer_no_model(const struct registry *registry, struct request *request)
{
    struct error err = {0};
    char names[REGISTRY_NAMES], few[sizeof err.expected], phrase[SUGGEST_PHRASE];
    registry_suggest(registry, request->name, phrase, sizeof phrase);
    registry_names(registry, names, sizeof names);
    registry_names(registry, few, sizeof few);
    error_mismatch(&err, STATUS_NOT_FOUND, "", few, request->name,
                   "there is no such model%s; known: %s", phrase, names);
    reply_error(request, &err);
}

void info_model(struct context *context, struct request *request)
{
    const struct registry *registry = context->registry;
    const struct registry_entry *entry = registry_find(registry, request->name);
    if (!entry) {
        answer_no_model(registry, request);
        return;
    }
    struct strbuf *text = &request->answer;
    begin_model(text, registry, entry);
    strbuf_add(text, ",");
    size_t brace = text->length;
    triage_model_describe(entry->model, text);
    strbuf_add(text, "\n");
    if (!text->has_failed)
        text->bytes[brace] = ' '; /* instead of '{': both objects become one */
    reply_json(request, 200);
}

void info_model_schema(struct context *context, struct request *request)
{
    const struct registry_entry *entry = registry_find(context->registry, request->name);
    if (!entry) {
        answer_no_model(context->registry, request);
        return;
    }
    triage_json_schema_write(&request->answer, entry->model, entry->name);
    strbuf_add(&request->answer, "\n");
    reply_tagged(request, "application/schema+json");
}

static void add_details(struct strbuf *text, const struct context *context)
{
    struct service *service = context->service;
    strbuf_add(text, ", \"version\": \"" TRIAGE_VERSION "\", \"kernel\": ");
    add_string(text, triage_kernels_name());
    strbuf_printf(text,
                  ", \"models\": %zu, \"loops\": %u, \"connections\": %u, \"jobs\": %u, "
                  "\"uptime_seconds\": %lld",
                  registry_count(context->registry), service->loops,
                  atomic_load(&service->connections),
                  atomic_load(&service->waiting_requests),
                  (long long)((clock_us() - service->started_us) / MICROS_PER_SECOND));
}

static void answer_state(const struct context *context, struct request *request,
                         const char *state)
{
    strbuf_printf(&request->answer, "{\"status\": \"%s\"", state);
    if (request_argument(request, "verbose"))
        add_details(&request->answer, context);
    strbuf_add(&request->answer, "}\n");
    reply_json(request, 200);
}

void info_live(struct context *context, struct request *request)
{
    answer_state(context, request, "alive");
}

void info_ready(struct context *context, struct request *request)
{
    if (!service_is_draining(context->service)) {
        answer_state(context, request, "ready");
        return;
    }
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    reply_error(request, &err);
}
