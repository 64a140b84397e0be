/* A schema is edited as JSON: written, changed and read again. */
#include "data/schema/scales.h"

#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"

static bool has_keys(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++)
        if (!json_object_get(object, *keys))
            return false;
    return true;
}

bool scales_are_given(const json_t *schema)
{
    static const char *const number_keys[] = {"mean", "scale", "missing_mean",
                                              "missing_scale", NULL};
    static const char *const time_keys[] = {"mean", "scale", NULL};
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        if (kind && strcmp(kind, "number") == 0 && !has_keys(item, number_keys))
            return false;
    }
    json_array_foreach(json_object_get(schema, "time"), i, item)
    {
        if (!has_keys(item, time_keys))
            return false;
    }
    return true;
}

/* Update the items of a list.  Both lists have the same order.  False without memory. */
static bool update_list(json_t *measured, const json_t *given, const char *key)
{
    const json_t *given_items = json_object_get(given, key);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(measured, key), i, item)
    {
        json_t *given_item = json_array_get(given_items, i);
        if (given_item && json_object_update_existing(item, given_item) != 0)
            return false;
    }
    return true;
}

enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(*schema, &text);
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    struct schema *updated = NULL;
    if (json && update_list(json, given, "fields") && update_list(json, given, "time"))
        updated = triage_schema_read(json, "/schema", err);
    json_decref(json);
    strbuf_release(&text);
    if (!updated)
        return err->status != STATUS_OK ? err->status : error_no_memory(err);
    triage_schema_free(*schema);
    *schema = updated;
    return STATUS_OK;
}
