/*
 * JSON events -> rows of ids and numbers, in the order of their times.
 *
 * The one decoder: the service, the workshop and the trainer all come through here.  An
 * event's field is looked for in the event, then among the history's case-level fields;
 * found nowhere it is missing.  Pointers in complaints and notes name events by the place in
 * which they were given, whatever order they are read in.
 */
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine.h"
#include "model/decoding.h"
#include "model/schema.h"

enum status decoding_wrong(struct decoding *d, const char *inside, const char *expected,
                           const json_t *received, const char *text)
{
    char where[POINTER_BYTES], preview[64];

    json_preview(received, preview, sizeof preview);
    (void)snprintf(where, sizeof where, "%s%s", d->where, inside);
    return error_mismatch(d->err, STATUS_BAD_INPUT, where, expected, preview, "%s", text);
}

static enum status put_category(struct decoding *d, const struct field *column,
                                const json_t *value, const char *inside, uint32_t *id)
{
    const char *text = json_string_value(value);

    if (json_is_null(value)) {
        *id = SCHEMA_MISSING;
        return STATUS_OK;
    }
    if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    if (text == NULL)
        return decoding_wrong(d, inside, "a string", value, "expected a string");
    *id = field_id(column, text);
    return *id == SCHEMA_UNKNOWN ? decoding_unknown(d, inside, text, strlen(text))
                                 : STATUS_OK;
}

/* A number's two inputs: itself, and the flag that says it is missing. */
static enum status put_number(struct decoding *d, const struct field *column,
                              const json_t *value, const char *inside, float *pair)
{
    if (json_is_null(value)) {
        schema_encode_missing(column, pair);
        return STATUS_OK;
    }
    if (!json_is_number(value))
        return decoding_wrong(d, inside, "a number", value, "expected a number");
    schema_encode_number(d->schema, column, json_number_value(value), pair);
    return STATUS_OK;
}

/* Put the fields of an object, an event or the case-level ones, into a row. */
static enum status put_fields(struct decoding *d, const json_t *object,
                              const char *inside, bool is_event, uint32_t *ids,
                              float *values)
{
    const char *key;
    json_t *value;
    char place[POINTER_BYTES];
    uint32_t ignored;
    enum status status = STATUS_OK;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const struct field *column = schema_find(d->schema, key);
        if (column != NULL) {
            pointer_join(place, sizeof place, inside, key);
            status =
                column->kind == FIELD_CATEGORY
                    ? put_category(d, column, value, place, &ids[column->index])
                    : put_number(d, column, value, place, &values[2 * column->index]);
        } else if (!is_event || strcmp(key, "time") != 0) {
            status = decoding_ignored(d, key, strlen(key), &ignored);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

void decoding_miss(const struct decoding *d, uint32_t *ids, float *values)
{
    for (uint32_t i = 0; i < d->schema->field_count; i++) {
        const struct field *column = &d->schema->fields[i];
        if (column->kind == FIELD_CATEGORY)
            ids[column->index] = SCHEMA_MISSING;
        else
            schema_encode_missing(column, &values[2 * column->index]);
    }
}

/* The row that an event without any field of its own has. */
static enum status put_case(struct decoding *d, const json_t *fields, uint32_t *ids,
                            float *values)
{
    decoding_miss(d, ids, values);
    if (fields == NULL || json_is_null(fields))
        return STATUS_OK;
    if (!json_is_object(fields))
        return decoding_wrong(d, "/fields", "an object", fields, "expected an object");
    return put_fields(d, fields, "/fields", false, ids, values);
}

static enum status put_event(struct decoding *d, const json_t *event, size_t index,
                             uint32_t *ids, float *values)
{
    char inside[POINTER_BYTES];

    pointer_join_index(inside, sizeof inside, "/events", index);
    if (json_is_object(event))
        return put_fields(d, event, inside, true, ids, values);
    if (!json_is_string(event))
        return decoding_wrong(d, inside, "a string or an object", event,
                              "an event is its name or an object");
    const struct field *name = schema_find(d->schema, "event");
    return put_category(d, name, event, inside, &ids[name->index]);
}

static enum status read_id(struct decoding *d, const json_t *id)
{
    struct strbuf text;

    if (id == NULL || json_is_null(id))
        return STATUS_OK;
    if (!json_is_string(id) && !json_is_integer(id))
        return decoding_wrong(d, "/id", "a string or an integer", id,
                              "expected a string or an integer");
    strbuf_init(&text, SIZE_MAX);
    if (json_is_string(id))
        strbuf_json_string(&text, json_string_value(id), json_string_length(id));
    else
        strbuf_printf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
    d->history->id =
        text.has_failed ? NULL : arena_string(d->arena, text.bytes, text.length);
    strbuf_release(&text);
    return d->history->id != NULL ? STATUS_OK : error_no_memory(d->err);
}

/* The array of events, looked at as a whole. */
static enum status read_events(struct decoding *d, const json_t *object,
                               uint32_t max_events, const json_t **events)
{
    char where[POINTER_BYTES];
    size_t length;

    if (!json_is_object(object))
        return decoding_wrong(d, "", "an object", object,
                              "a history is an object with \"events\"");
    *events = json_object_get(object, "events");
    if (!json_is_array(*events))
        return decoding_wrong(d, "/events", "an array", *events,
                              *events == NULL ? "\"events\" is missing"
                                              : "expected an array");
    length = json_array_size(*events);
    if (length == 0)
        return decoding_wrong(d, "/events", "at least one event", *events,
                              "there is no event");
    if (length <= max_events)
        return STATUS_OK;
    (void)snprintf(where, sizeof where, "%s/events", d->where);
    char most[32], got[32];
    (void)snprintf(most, sizeof most, "at most %u", (unsigned)max_events);
    (void)snprintf(got, sizeof got, "%zu", length);
    return error_mismatch(d->err, STATUS_TOO_LARGE, where, most, got,
                          "too many events in one history");
}

static enum status put_rows(struct decoding *d, const json_t *object,
                            const json_t *events, const uint32_t *rows)
{
    uint32_t K = d->K, F = d->F, length = d->history->length;
    uint32_t *ids = arena_array(d->arena, (size_t)length * K, sizeof *ids);
    float *values =
        F == 0 ? NULL : arena_array(d->arena, (size_t)length * F, sizeof *values);
    uint32_t *case_ids = arena_array(d->arena, K, sizeof *case_ids);
    float *case_values = arena_array(d->arena, F + 1, sizeof *case_values);
    enum status status;

    if (ids == NULL || case_ids == NULL || case_values == NULL ||
        (F > 0 && values == NULL))
        return error_no_memory(d->err);
    d->history->ids = ids;
    d->history->values = values;
    status = put_case(d, json_object_get(object, "fields"), case_ids, case_values);
    for (uint32_t i = 0; status == STATUS_OK && i < length; i++) {
        size_t row = rows == NULL ? i : rows[i];
        memcpy(ids + row * K, case_ids, K * sizeof *ids);
        if (F > 0)
            memcpy(values + row * F, case_values, F * sizeof *values);
        status = put_event(d, json_array_get(events, i), i, ids + row * K,
                           F > 0 ? values + row * F : case_values);
    }
    return status;
}

enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const struct json_t *object, uint32_t max_events,
                                  const char *where, struct arena *arena,
                                  struct error *err)
{
    struct decoding d = {.schema = schema,
                         .arena = arena,
                         .err = err,
                         .where = where,
                         .history = history,
                         .K = schema->categories,
                         .F = schema_inputs(schema)};
    const json_t *events = NULL;
    int64_t *times;
    uint32_t *rows = NULL;
    enum status status;

    memset(history, 0, sizeof *history);
    status = read_events(&d, object, max_events, &events);
    if (status != STATUS_OK)
        return status;
    history->length = (uint32_t)json_array_size(events);
    if ((status = read_id(&d, json_object_get(object, "id"))) != STATUS_OK ||
        (status = decoding_times(&d, events, &times, &rows)) != STATUS_OK ||
        (status = put_rows(&d, object, events, rows)) != STATUS_OK)
        return status;
    history->positions = rows;
    if (schema->time_count > 0) {
        /* history->values is const for readers; these are its own floats. */
        float *values = (float *)(uintptr_t)history->values;
        schema_encode_times(schema, times, history->length, values + 2 * schema->numbers,
                            d.F);
    }
    return STATUS_OK;
}
