#include "support/decoders.h"

#include <string.h>

#include "base/json.h"
#include "engine.h"

static const struct schema *find_schema(void *context, const char *name, size_t length)
{
    const struct decoders *decoders = context;
    if (!name || (length == 3 && memcmp(name, "one", 3) == 0))
        return decoders->schemas[0];
    return length == 3 && memcmp(name, "two", 3) == 0 ? decoders->schemas[1] : NULL;
}

/* The schema of the model that a request names, or NULL. */
static const struct schema *schema_of(struct decoders *decoders, const json_t *request)
{
    const json_t *model = json_object_get(request, "model");
    if (model && !json_is_string(model))
        return NULL;
    return find_schema(decoders, json_string_value(model), json_string_length(model));
}

static bool same_text(const char *a, const char *b)
{
    return !a || !b ? a == b : strcmp(a, b) == 0;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return !a || !b ? a == b : memcmp(a, b, size) == 0;
}

static bool same_notes(const struct history *a, const struct history *b)
{
    if (a->unknown_count != b->unknown_count || a->ignored_count != b->ignored_count)
        return false;
    for (uint32_t i = 0; i < a->unknown_count && i < HISTORY_NOTES; i++)
        if (!same_text(a->unknown[i].pointer, b->unknown[i].pointer) ||
            !same_text(a->unknown[i].value, b->unknown[i].value))
            return false;
    for (uint32_t i = 0; i < a->ignored_count; i++)
        if (!same_text(a->ignored[i].name, b->ignored[i].name) ||
            a->ignored[i].count != b->ignored[i].count)
            return false;
    return true;
}

static const char *history_difference(const struct schema *schema,
                                      const struct history *a, const struct history *b)
{
    size_t K = schema->categories, F = schema_inputs(schema), length = a->length;
    if (a->length != b->length)
        return "length";
    if (!same_bytes(a->ids, b->ids, length * K * sizeof *a->ids))
        return "ids";
    if (!same_bytes(a->values, b->values, length * F * sizeof *a->values))
        return "values";
    if (a->reordered != b->reordered ||
        !same_bytes(a->positions, b->positions, length * sizeof *a->positions))
        return "order";
    if (!same_text(a->id, b->id))
        return "id";
    return same_notes(a, b) ? NULL : "notes";
}

/* Compare the result of the fast decoder with that of the tree decoder. */
static const char *tree_difference(struct decoders *decoders,
                                   const struct fast_request *request, const json_t *tree,
                                   struct arena *arena)
{
    if (!json_is_object(tree))
        return "status of the text";
    const json_t *histories =
        decoders->max_histories > 0 ? json_object_get(tree, "histories") : NULL;
    const struct schema *schema = schema_of(decoders, tree);
    if (!schema)
        return "model";
    if (request->is_many != (histories != NULL) ||
        request->count != (histories ? json_array_size(histories) : 1) ||
        (histories && json_object_get(tree, "events")) ||
        (histories && request->count > decoders->max_histories))
        return "count";
    for (size_t i = 0; i < request->count; i++) {
        struct history history;
        enum status status = triage_history_decode(
            &history, schema, histories ? json_array_get(histories, i) : tree,
            DECODERS_EVENTS, "", arena, NULL);
        if (status != STATUS_OK)
            return "status of a history";
        const char *difference =
            history_difference(schema, &request->histories[i], &history);
        if (difference)
            return difference;
    }
    return NULL;
}

const char *decoders_difference(struct decoders *decoders, const char *text,
                                size_t length, bool *is_fast)
{
    const struct fast_decoder_options options = {.max_events = DECODERS_EVENTS,
                                                 .max_histories = decoders->max_histories,
                                                 .find_schema = find_schema,
                                                 .context = decoders};
    const char *difference = NULL;
    struct fast_request request;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    bool is_decoded = triage_fast_decode(&request, &options, text, length, &arena);
    if (is_fast)
        *is_fast = is_decoded;
    if (!is_decoded && arena.last)
        difference = "arena, which should be as it was";
    if (is_decoded) {
        json_t *tree = json_read(text, length, NULL);
        difference = tree_difference(decoders, &request, tree, &arena);
        json_decref(tree);
    }
    arena_release(&arena);
    return difference;
}
