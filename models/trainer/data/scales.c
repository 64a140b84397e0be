/* See scales.h. */
#include "data/scales.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"

static bool has_all(const json_t *object, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (json_object_get(object, *keys) == NULL)
            return false;
    return true;
}

bool scales_are_given(const json_t *schema)
{
    static const char *const of_number[] = {"mean", "scale", "missing_mean",
                                            "missing_scale", NULL};
    static const char *const of_time[] = {"mean", "scale", NULL};
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        if (kind != NULL && strcmp(kind, "number") == 0 && !has_all(item, of_number))
            return false;
    }
    json_array_foreach(json_object_get(schema, "time"), i, item)
    {
        if (!has_all(item, of_time))
            return false;
    }
    return true;
}

/* Items are in the same order: what was measured gives way to what was given. */
static bool prefer(json_t *measured, const json_t *given, const char *list)
{
    const json_t *theirs = json_object_get(given, list);
    json_t *ours;
    size_t i;

    json_array_foreach(json_object_get(measured, list), i, ours)
    {
        json_t *item = json_array_get(theirs, i);
        if (item != NULL && json_object_update_existing(ours, item) != 0)
            return false;
    }
    return true;
}

static enum status keep_given(struct decode *decode, const json_t *given,
                              struct error *err)
{
    struct examples *examples = decode->examples;
    struct schema *schema = NULL;
    json_t *measured = NULL;
    struct strbuf text;

    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(examples->schema, &text);
    if (!text.has_failed)
        measured = json_read(text.bytes, text.length, err);
    if (measured != NULL && prefer(measured, given, "fields") &&
        prefer(measured, given, "time"))
        schema = triage_schema_read(measured, "/schema", err);
    json_decref(measured);
    strbuf_release(&text);
    if (schema == NULL)
        return err->status != STATUS_OK ? err->status : error_no_memory(err);
    triage_schema_free(examples->schema);
    decode->schema = examples->schema = schema;
    return STATUS_OK;
}

enum status scales_measure(struct decode *decode, const json_t *given, struct error *err)
{
    struct examples *examples = decode->examples;
    const struct history **histories;
    enum status status;

    triage_schema_begin_raw(examples->schema);
    status = decode_read(decode, true, err);
    if (status != STATUS_OK)
        return status;
    histories = calloc(examples->learn_count + 1, sizeof *histories);
    if (histories == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < examples->learn_count; i++)
        histories[i] = &examples->learn[i].history;
    status =
        triage_schema_end_raw(examples->schema, histories, examples->learn_count, err);
    free(histories);
    arena_reset(&examples->arena);
    return status == STATUS_OK && given != NULL ? keep_given(decode, given, err) : status;
}
