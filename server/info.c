#include "info.h"

#include <string.h>

#include "clock.h"
#include "engine.h"
#include "http.h"
#include "loop.h"
#include "reply.h"

static void add_string(struct text *text, const char *string)
{
    text_json(text, string, strlen(string));
}

/* The beginning of an object that says more. */
static void begin_model(struct text *text, const struct registry *registry,
                        const struct registry_entry *entry)
{
    bool is_default = entry == registry_default(registry);
    text_add(text, "{\"name\": ");
    add_string(text, entry->name);
    text_add(text, ", \"digest\": ");
    add_string(text, model_digest(entry->model));
    text_printf(text, ", \"default\": %s, \"ready\": true",
                is_default ? "true" : "false");
}

void info_models(struct request *request)
{
    const struct registry *registry = loop_registry(request->loop);
    struct text *text = &request->answer;
    text_add(text, "{\"models\": [");
    for (size_t i = 0; i < registry_count(registry); i++) {
        text_add(text, i ? ", " : "");
        begin_model(text, registry, registry_at(registry, i));
        text_add(text, "}");
    }
    text_add(text, "]}\n");
    reply_json(request, 200);
}

void info_model(struct request *request)
{
    const struct registry *registry = loop_registry(request->loop);
    const struct registry_entry *entry = registry_find(registry, request->name);
    struct text *text = &request->answer;
    char names[96];
    struct error err = {0};
    if (!entry) {
        registry_names(registry, names, sizeof names);
        error_mismatch(&err, STATUS_NOT_FOUND, "", names, request->name,
                       "there is no such model; known: %s", names);
        reply_error(request, &err);
        return;
    }
    begin_model(text, registry, entry);
    text_add(text, ",");
    size_t brace = text->length;
    model_describe(entry->model, text);
    text_add(text, "\n");
    if (!text->has_failed)
        text->bytes[brace] = ' '; /* its members join ours */
    reply_json(request, 200);
}

static void add_details(struct text *text, struct loop *loop)
{
    struct service *service = loop_service(loop);
    text_add(text, ", \"version\": \"" TRIAGE_VERSION "\", \"kernel\": ");
    add_string(text, kernels_name());
    text_printf(text,
                ", \"models\": %zu, \"loops\": %u, \"connections\": %u, \"jobs\": %u, "
                "\"uptime_seconds\": %lld",
                registry_count(loop_registry(loop)), service->loops,
                atomic_load(&service->connections), atomic_load(&service->jobs),
                (long long)((clock_us() - service->started_us) / MICROS_PER_SECOND));
}

static void answer_well(struct request *request, const char *word)
{
    text_printf(&request->answer, "{\"status\": \"%s\"", word);
    if (http_asks(request, "verbose"))
        add_details(&request->answer, request->loop);
    text_add(&request->answer, "}\n");
    reply_json(request, 200);
}

void info_live(struct request *request)
{
    answer_well(request, "alive");
}

void info_ready(struct request *request)
{
    if (!service_is_draining(loop_service(request->loop))) {
        answer_well(request, "ready");
        return;
    }
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    reply_error(request, &err);
}
