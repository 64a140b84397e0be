#include "support/roads.h"

#include <string.h>

#include "base/json.h"
#include "engine.h"

static const struct schema *find(void *context, const char *name, size_t length)
{
    const struct roads *roads = context;

    if (name == NULL || (length == 3 && memcmp(name, "one", 3) == 0))
        return roads->schemas[0];
    return length == 3 && memcmp(name, "two", 3) == 0 ? roads->schemas[1] : NULL;
}

/* The schema that a tree asks for, or NULL. */
static const struct schema *schema_of(const struct roads *roads, const json_t *body)
{
    const json_t *model = json_object_get(body, "model");

    if (model != NULL && !json_is_string(model))
        return NULL;
    return find((void *)(uintptr_t)roads, json_string_value(model),
                json_string_length(model));
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return a == NULL || b == NULL ? a == b : memcmp(a, b, size) == 0;
}

static bool same_notes(const struct history *a, const struct history *b)
{
    uint32_t named = a->unknown_count < HISTORY_NOTES ? a->unknown_count : HISTORY_NOTES;

    if (a->unknown_count != b->unknown_count || a->ignored_count != b->ignored_count)
        return false;
    for (uint32_t i = 0; i < named; i++)
        if (!same_text(a->unknown[i].pointer, b->unknown[i].pointer) ||
            !same_text(a->unknown[i].value, b->unknown[i].value))
            return false;
    for (uint32_t i = 0; i < a->ignored_count; i++)
        if (!same_text(a->ignored[i].name, b->ignored[i].name) ||
            a->ignored[i].count != b->ignored[i].count)
            return false;
    return true;
}

static const char *history_differs(const struct schema *schema, const struct history *a,
                                   const struct history *b)
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

/* The same histories by the tree; NULL, or what differs. */
static const char *tree_differs(const struct roads *roads,
                                const struct fast_request *quick, const json_t *body,
                                struct arena *arena)
{
    const json_t *histories =
        roads->max_histories > 0 ? json_object_get(body, "histories") : NULL;
    const struct schema *schema = schema_of(roads, body);
    const char *difference = NULL;
    struct history history;

    if (schema == NULL)
        return "model";
    if (quick->is_many != (histories != NULL) ||
        quick->count != (histories != NULL ? json_array_size(histories) : 1) ||
        (histories != NULL && json_object_get(body, "events") != NULL) ||
        (histories != NULL && quick->count > roads->max_histories))
        return "count";
    for (size_t i = 0; difference == NULL && i < quick->count; i++)
        difference =
            triage_history_decode(&history, schema,
                                  histories != NULL ? json_array_get(histories, i) : body,
                                  ROADS_EVENTS, "", arena, NULL) != STATUS_OK
                ? "verdict on a history"
                : history_differs(schema, &quick->histories[i], &history);
    return difference;
}

const char *roads_differ(const struct roads *roads, const char *text, size_t length,
                         bool *is_quick)
{
    const struct fast_decoder_options rules = {.max_events = ROADS_EVENTS,
                                               .max_histories = roads->max_histories,
                                               .find_schema = find,
                                               .context = (void *)(uintptr_t)roads};
    const char *difference = NULL;
    struct fast_request quick;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    bool is_read = triage_fast_decode(&quick, &rules, text, length, &arena);
    if (is_quick != NULL)
        *is_quick = is_read;
    if (!is_read && arena.last != NULL)
        difference = "arena, which should be as it was";
    json_t *body = is_read ? json_read(text, length, NULL) : NULL;
    if (is_read)
        difference = !json_is_object(body) ? "verdict on the text"
                                           : tree_differs(roads, &quick, body, &arena);
    json_decref(body);
    arena_release(&arena);
    return difference;
}
