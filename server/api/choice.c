#include "api/choice.h"

#include <string.h>

#include "base/json.h"
#include "loop/loop.h"

enum status choice_of_tree(struct request *request, const json_t *body,
                           const struct registry_entry **entry, struct error *err)
{
    const struct registry *registry = loop_registry(request->loop);
    const json_t *name = json_object_get(body, "model");
    char names[96], preview[64];
    if (name && !json_is_string(name)) {
        json_preview(name, preview, sizeof preview);
        return error_mismatch(err, STATUS_BAD_INPUT, "/model", "a string", preview,
                              "the name of a model is a string");
    }
    *entry = name ? registry_find(registry, json_string_value(name))
                  : registry_default(registry);
    registry_names(registry, names, sizeof names);
    if (!*entry && !name)
        return error_mismatch(err, STATUS_BAD_INPUT, "/model", names, "nothing",
                              "there is no default model; name one of: %s", names);
    if (!*entry)
        return error_mismatch(err, STATUS_NOT_FOUND, "/model", names,
                              json_string_value(name),
                              "there is no such model; known: %s", names);
    request->model = (*entry)->name;
    return STATUS_OK;
}

/* A request that is being read, and the entry of its model. */
struct choice {
    const struct registry *registry;
    const struct registry_entry *entry;
};

static const struct schema *choose(void *context, const char *name, size_t length)
{
    struct choice *choice = context;
    char room[REGISTRY_NAME + 1];
    if (!name) {
        choice->entry = registry_default(choice->registry);
    } else if (length < sizeof room) {
        memcpy(room, name, length);
        room[length] = '\0';
        choice->entry = registry_find(choice->registry, room);
    } else {
        return NULL;
    }
    return choice->entry ? triage_model_schema(choice->entry->model) : NULL;
}

bool choice_of_text(struct request *request, const char *bytes, size_t length,
                    size_t max_histories, struct arena *arena,
                    const struct registry_entry **entry, struct fast_request *quick)
{
    struct choice choice = {.registry = loop_registry(request->loop)};
    const struct fast_decoder_options rules = {
        .max_events = loop_service(request->loop)->options->max_events,
        .max_histories = max_histories,
        .find_schema = choose,
        .context = &choice};
    if (!triage_fast_decode(quick, &rules, bytes, length, arena))
        return false;
    *entry = choice.entry;
    request->model = choice.entry->name;
    return true;
}
