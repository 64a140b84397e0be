#include "support/decoders.h"

#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "support/tree_decoder.h"

static const struct schema *find_schema(void *context, const char *name, size_t length,
                                        struct error *err)
{
    const struct decoders *decoders = context;
    if (!name || (length == 3 && memcmp(name, "one", 3) == 0))
        return decoders->schemas[0];
    if (length == 3 && memcmp(name, "two", 3) == 0)
        return decoders->schemas[1];
    (void)error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return !a || !b ? a == b : strcmp(a, b) == 0;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return !a || !b ? a == b : memcmp(a, b, size) == 0;
}

static bool same_ignored(const struct ignored_field *a, uint32_t a_count,
                         const struct ignored_field *b, uint32_t b_count)
{
    if (a_count != b_count)
        return false;
    for (uint32_t i = 0; i < a_count; i++)
        if (!same_text(a[i].name, b[i].name) || a[i].count != b[i].count ||
            !same_text(a[i].nearest, b[i].nearest))
            return false;
    return true;
}

static bool same_notes(const struct history *a, const struct history *b)
{
    if (a->unknown_count != b->unknown_count || a->unknown_names != b->unknown_names ||
        a->unnamed != b->unnamed)
        return false;
    for (uint32_t i = 0; i < a->unknown_count && i < HISTORY_NOTES; i++)
        if (!same_text(a->unknown[i].pointer, b->unknown[i].pointer) ||
            !same_text(a->unknown[i].value, b->unknown[i].value) ||
            !same_text(a->unknown[i].nearest, b->unknown[i].nearest))
            return false;
    return same_ignored(a->ignored, a->ignored_count, b->ignored, b->ignored_count);
}

const char *decoders_history_difference(const struct schema *schema,
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

static const char *result_difference(const struct decoders *decoders, const json_t *tree,
                                     const struct decoded *a, const struct decoded *b)
{
    const json_t *model = json_object_get(tree, "model");
    struct decoders context = *decoders;
    const struct schema *schema =
        find_schema(&context, json_string_value(model), json_string_length(model), NULL);
    if (a->is_many != b->is_many || a->count != b->count)
        return "count";
    if (a->includes != b->includes)
        return "includes";
    if (!same_ignored(a->ignored, a->ignored_count, b->ignored, b->ignored_count))
        return "ignored members of the request";
    for (size_t i = 0; i < a->count; i++) {
        const char *difference =
            decoders_history_difference(schema, &a->histories[i], &b->histories[i]);
        if (difference)
            return difference;
    }
    return NULL;
}

/* Decode in steps of decoders->step bytes. */
static enum status decode(const struct decoders *decoders, struct decoded *decoded,
                          const struct decoder_options *options, const char *text,
                          size_t length, struct arena *arena, struct error *err)
{
    if (decoders->step == 0)
        return triage_decode(decoded, options, text, length, arena, err);
    struct decoder *decoder = triage_decoder_new(options, text, length, arena, err);
    if (!decoder)
        return STATUS_NO_MEMORY;
    bool is_done = false;
    enum status status = STATUS_OK;
    while (!is_done)
        status = triage_decoder_step(decoder, decoders->step, &is_done, err);
    *decoded = *triage_decoder_result(decoder);
    triage_decoder_free(decoder);
    return status;
}

/* Does jansson refuse the text only for the size of a number, or accept a zero byte? */
static bool is_documented_difference(const char *text, size_t length)
{
    json_error_t error;
    if (length > 0 && memchr(text, '\0', length))
        return true;
    json_t *tree =
        json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    json_decref(tree);
    return !tree && json_error_code(&error) == json_error_numeric_overflow;
}

static const char *difference_of(struct decoders *decoders, const char *text,
                                 size_t length, struct arena *arena, bool *is_accepted)
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct decoders context = *decoders;
    const struct decoder_options options = {.max_events = DECODERS_EVENTS,
                                            .max_histories = decoders->max_histories,
                                            .find_schema = find_schema,
                                            .context = &context};
    struct decoded decoded, expected;
    struct error *err = &decoders->errors[0], *tree_err = &decoders->errors[1];
    err->status = tree_err->status = STATUS_OK;
    err->where[0] = tree_err->where[0] = '\0';
    enum status status = decode(decoders, &decoded, &options, text, length, arena, err);
    *is_accepted = status == STATUS_OK;
    if (status != err->status || (decoded.id && decoded.id[0] == '\0'))
        return "status, error and id of the decoder";
    size_t skipped = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    json_t *tree = json_read(text + skipped, length - skipped, tree_err);
    enum status tree_status = tree_err->status;
    if (tree)
        tree_status = tree_decode(&expected, &options, tree, text + skipped,
                                  length - skipped, arena, tree_err);
    const char *difference = NULL;
    if ((!tree || status == STATUS_BAD_JSON) &&
        is_documented_difference(text + skipped, length - skipped))
        difference = NULL;
    else if (status != tree_status)
        difference = "status";
    else if (tree && status != STATUS_OK && strcmp(err->where, tree_err->where) != 0)
        difference = "place of the first error";
    else if (status == STATUS_OK)
        difference = result_difference(decoders, tree, &decoded, &expected);
    json_decref(tree);
    return difference;
}

void decoders_release(struct decoders *decoders)
{
    arena_release(&decoders->arena);
}

const char *decoders_difference(struct decoders *decoders, const char *text,
                                size_t length, bool *is_accepted)
{
    bool own;
    if (decoders->arena.ceiling == 0)
        arena_init(&decoders->arena, SIZE_MAX);
    arena_reset(&decoders->arena);
    return difference_of(decoders, text, length, &decoders->arena,
                         is_accepted ? is_accepted : &own);
}
