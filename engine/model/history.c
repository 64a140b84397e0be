/*
 * The tree decoder: from jansson's tree of a history to a row of ids and values for each event, in
 * the order of the times.
 *
 * It defines what a history means; the fast decoder gives the same result or declines.  The trainer
 * also decodes its examples with it.
 *
 * A field is taken from the event, else from the history's "fields", else it is missing.  In the
 * JSON Pointers of errors and notes, events have their positions in the request, before sorting.
 */
#include "model/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "base/utf8.h"

enum { POINTER_BYTES = 96, NOTED_VALUE_BYTES = 64 };

/*
 * Write a JSON Pointer relative to the history: of a member of an event or, with HISTORY_CASE, of
 * "fields".  If key is NULL, of the event or "fields" itself.
 */
static void join_pointer(char pointer[POINTER_BYTES], int64_t index, const char *key)
{
    if (index == HISTORY_CASE)
        snprintf(pointer, POINTER_BYTES, "/fields");
    else
        snprintf(pointer, POINTER_BYTES, "/events/%lld", (long long)index);
    if (key)
        pointer_join(pointer, POINTER_BYTES, pointer, key);
}

/* STATUS_BAD_INPUT at a pointer relative to the history. */
static enum status bad_input(struct history_decoder *decoder, const char *pointer,
                             const char *expected, const json_t *received,
                             const char *text)
{
    char where[POINTER_BYTES], preview[64];
    json_preview(received, preview, sizeof preview);
    snprintf(where, sizeof where, "%s%s", decoder->where, pointer);
    return error_mismatch(decoder->err, STATUS_BAD_INPUT, where, expected, preview, "%s",
                          text);
}

/* ---- unknown values and ignored fields --------------------------------------------------- */

enum status history_note_unknown(struct history_decoder *decoder, int64_t index,
                                 const struct field *field, const char *value,
                                 size_t length)
{
    struct history *history = decoder->history;
    if (history->unknown_count++ >= HISTORY_NOTES)
        return STATUS_OK;
    if (!decoder->unknown)
        decoder->unknown =
            arena_array(decoder->arena, HISTORY_NOTES, sizeof *decoder->unknown);
    if (!decoder->unknown)
        return error_no_memory(decoder->err);
    history->unknown = decoder->unknown;
    struct unknown_value *note = &decoder->unknown[history->unknown_count - 1];
    char pointer[POINTER_BYTES];
    join_pointer(pointer, index, field ? field->name : NULL);
    length = utf8_cut(value, length, NOTED_VALUE_BYTES);
    note->pointer = arena_string(decoder->arena, pointer, strlen(pointer));
    note->value = arena_string(decoder->arena, value, length);
    return note->pointer && note->value ? STATUS_OK : error_no_memory(decoder->err);
}

enum status history_note_ignored(struct history_decoder *decoder, const char *name,
                                 size_t length, uint32_t *index)
{
    struct history *history = decoder->history;
    assert(history->ignored_count == 0 || decoder->ignored);
    for (*index = 0; *index < history->ignored_count; ++*index) {
        struct ignored_field *note = &decoder->ignored[*index];
        if (strncmp(note->name, name, length) == 0 && note->name[length] == '\0') {
            note->count++;
            return STATUS_OK;
        }
    }
    if (*index == HISTORY_NOTES)
        return STATUS_OK;
    if (!decoder->ignored)
        decoder->ignored =
            arena_array(decoder->arena, HISTORY_NOTES, sizeof *decoder->ignored);
    char *copy = arena_string(decoder->arena, name, length);
    if (!decoder->ignored || !copy)
        return error_no_memory(decoder->err);
    decoder->ignored[history->ignored_count++] = (struct ignored_field){copy, 1};
    history->ignored = decoder->ignored;
    return STATUS_OK;
}

/* ---- times ------------------------------------------------------------------------------- */

static enum status read_time(struct history_decoder *decoder, const json_t *event,
                             size_t index, bool *has_time, int64_t *time)
{
    const json_t *value = json_is_object(event) ? json_object_get(event, "time") : NULL;
    *has_time = value && !json_is_null(value);
    if (!*has_time)
        return STATUS_OK;
    bool is_time;
    if (json_is_string(value))
        is_time =
            timestamp_parse(json_string_value(value), json_string_length(value), time);
    else
        is_time = json_is_number(value) &&
                  timestamp_from_seconds(json_number_value(value), time);
    if (is_time)
        return STATUS_OK;
    char pointer[POINTER_BYTES];
    join_pointer(pointer, (int64_t)index, "time");
    return bad_input(decoder, pointer, "RFC 3339, or seconds since the epoch", value,
                     "not a time between the years 1 and 9999");
}

/* The times of all events, unsorted; *times is NULL when no event has one. */
static enum status read_times(struct history_decoder *decoder, const json_t *events,
                              int64_t **times)
{
    size_t length = json_array_size(events), timed = 0, first_untimed = length;
    *times = arena_array(decoder->arena, length, sizeof **times);
    if (!*times)
        return error_no_memory(decoder->err);
    for (size_t i = 0; i < length; i++) {
        bool has_time;
        RETURN_IF_ERROR(
            read_time(decoder, json_array_get(events, i), i, &has_time, *times + i));
        timed += has_time;
        if (!has_time && first_untimed == length)
            first_untimed = i;
    }
    if (timed == 0)
        *times = NULL;
    if (timed == 0 || timed == length)
        return STATUS_OK;
    char pointer[POINTER_BYTES];
    join_pointer(pointer, (int64_t)first_untimed, "time");
    return bad_input(decoder, pointer, "a time in every event or in none", NULL,
                     "this event has no time, but other events have one");
}

struct timed_event {
    int64_t time;
    uint32_t index;
};

/* By time, then by index: no two events compare equal, so qsort keeps the order of equal times. */
static int compare_timed_events(const void *a, const void *b)
{
    const struct timed_event *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

enum status history_sort(struct history_decoder *decoder, int64_t *times, uint32_t length,
                         uint32_t **positions)
{
    *positions = NULL;
    if (!times)
        return STATUS_OK;
    uint32_t sorted = 1;
    while (sorted < length && times[sorted - 1] <= times[sorted])
        sorted++;
    if (sorted == length)
        return STATUS_OK;
    struct timed_event *events = arena_array(decoder->arena, length, sizeof *events);
    *positions = arena_array(decoder->arena, length, sizeof **positions);
    if (!events || !*positions)
        return error_no_memory(decoder->err);
    for (uint32_t i = 0; i < length; i++)
        events[i] = (struct timed_event){times[i], i};
    qsort(events, length, sizeof *events, compare_timed_events);
    for (uint32_t i = 0; i < length; i++) {
        times[i] = events[i].time;
        (*positions)[events[i].index] = i;
    }
    decoder->history->reordered = true;
    return STATUS_OK;
}

/* ---- fields ------------------------------------------------------------------------------ */

void history_encode_missing(const struct history_decoder *decoder, uint32_t *ids,
                            float *values)
{
    for (uint32_t i = 0; i < decoder->schema->field_count; i++) {
        const struct field *field = &decoder->schema->fields[i];
        if (field->kind == FIELD_CATEGORY)
            ids[field->index] = SCHEMA_MISSING;
        else
            schema_encode_missing(field, &values[2 * field->index]);
    }
}

/* STATUS_BAD_INPUT at the pointer that join_pointer writes. */
static enum status bad_member(struct history_decoder *decoder, int64_t index,
                              const char *key, const char *expected,
                              const json_t *received, const char *text)
{
    char pointer[POINTER_BYTES];
    join_pointer(pointer, index, key);
    return bad_input(decoder, pointer, expected, received, text);
}

static enum status decode_category(struct history_decoder *decoder, int64_t index,
                                   const struct field *field, const json_t *value,
                                   uint32_t *id)
{
    if (json_is_null(value)) {
        *id = SCHEMA_MISSING;
        return STATUS_OK;
    }
    const char *text = json_string_value(value);
    if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    if (!text)
        return bad_member(decoder, index, field->name, "a string", value,
                          "expected a string");
    *id = field_id(field, text);
    if (*id != SCHEMA_UNKNOWN)
        return STATUS_OK;
    return history_note_unknown(decoder, index, field, text, strlen(text));
}

static enum status decode_number(struct history_decoder *decoder, int64_t index,
                                 const struct field *field, const json_t *value,
                                 float pair[2])
{
    if (json_is_null(value)) {
        schema_encode_missing(field, pair);
        return STATUS_OK;
    }
    if (!json_is_number(value))
        return bad_member(decoder, index, field->name, "a number", value,
                          "expected a number");
    schema_encode_number(decoder->schema, field, json_number_value(value), pair);
    return STATUS_OK;
}

/* Encode the members of an event or, with HISTORY_CASE, of the history's "fields". */
static enum status decode_fields(struct history_decoder *decoder, int64_t index,
                                 json_t *object, uint32_t *ids, float *values)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const struct field *field = schema_find(decoder->schema, key);
        if (!field) {
            uint32_t ignored;
            if (index == HISTORY_CASE || strcmp(key, "time") != 0)
                RETURN_IF_ERROR(
                    history_note_ignored(decoder, key, strlen(key), &ignored));
        } else if (field->kind == FIELD_CATEGORY) {
            RETURN_IF_ERROR(
                decode_category(decoder, index, field, value, &ids[field->index]));
        } else {
            RETURN_IF_ERROR(
                decode_number(decoder, index, field, value, &values[2 * field->index]));
        }
    }
    return STATUS_OK;
}

static enum status decode_event(struct history_decoder *decoder, int64_t index,
                                json_t *event, uint32_t *ids, float *values)
{
    if (json_is_object(event))
        return decode_fields(decoder, index, event, ids, values);
    const char *name = json_string_value(event);
    if (!name)
        return bad_member(decoder, index, NULL, "a string or an object", event,
                          "an event must be a string or an object");
    const struct field *field = schema_find(decoder->schema, "event");
    ids[field->index] = field_id(field, name);
    if (ids[field->index] != SCHEMA_UNKNOWN)
        return STATUS_OK;
    return history_note_unknown(decoder, index, NULL, name, strlen(name));
}

/* ---- the history ------------------------------------------------------------------------- */

/* Find the array of events and check its length. */
static enum status find_events(struct history_decoder *decoder, const json_t *object,
                               uint32_t max_events, const json_t **events)
{
    if (!json_is_object(object))
        return bad_input(decoder, "", "an object", object,
                         "a history must be an object with \"events\"");
    *events = json_object_get(object, "events");
    if (!json_is_array(*events))
        return bad_input(decoder, "/events", "an array", *events,
                         *events ? "expected an array" : "\"events\" is missing");
    size_t length = json_array_size(*events);
    if (length == 0)
        return bad_input(decoder, "/events", "at least one event", *events,
                         "\"events\" is empty");
    if (length <= max_events)
        return STATUS_OK;
    char where[POINTER_BYTES], expected[32], received[32];
    snprintf(where, sizeof where, "%s/events", decoder->where);
    snprintf(expected, sizeof expected, "at most %u", (unsigned)max_events);
    snprintf(received, sizeof received, "%zu", length);
    return error_mismatch(decoder->err, STATUS_TOO_LARGE, where, expected, received,
                          "too many events in one history");
}

static enum status decode_id(struct history_decoder *decoder, const json_t *id)
{
    if (!id || json_is_null(id))
        return STATUS_OK;
    if (!json_is_string(id) && !json_is_integer(id))
        return bad_input(decoder, "/id", "a string or an integer", id,
                         "expected a string or an integer");
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    if (json_is_string(id))
        strbuf_json_string(&text, json_string_value(id), json_string_length(id));
    else
        strbuf_printf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
    if (!text.has_failed)
        decoder->history->id = arena_string(decoder->arena, text.bytes, text.length);
    strbuf_release(&text);
    return decoder->history->id ? STATUS_OK : error_no_memory(decoder->err);
}

/* Encode each event at its position in ids [length][K] and values [length][F]. */
static enum status decode_events(struct history_decoder *decoder, json_t *fields,
                                 const json_t *events, const uint32_t *positions,
                                 uint32_t *ids, float *values)
{
    size_t K = decoder->K, F = decoder->F, length = json_array_size(events);
    uint32_t *case_ids = arena_array(decoder->arena, K, sizeof *case_ids);
    float *case_values = arena_array(decoder->arena, F, sizeof *case_values);
    if (!case_ids || !case_values)
        return error_no_memory(decoder->err);
    history_encode_missing(decoder, case_ids, case_values);
    if (json_is_object(fields))
        RETURN_IF_ERROR(
            decode_fields(decoder, HISTORY_CASE, fields, case_ids, case_values));
    else if (fields && !json_is_null(fields))
        return bad_input(decoder, "/fields", "an object", fields, "expected an object");
    for (size_t i = 0; i < length; i++) {
        size_t position = positions ? positions[i] : i;
        uint32_t *event_ids = ids + position * K;
        float *event_values = values + position * F;
        memcpy(event_ids, case_ids, K * sizeof *ids);
        memcpy(event_values, case_values, F * sizeof *values);
        RETURN_IF_ERROR(decode_event(decoder, (int64_t)i, json_array_get(events, i),
                                     event_ids, event_values));
    }
    return STATUS_OK;
}

enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const struct json_t *object, uint32_t max_events,
                                  const char *where, struct arena *arena,
                                  struct error *err)
{
    struct history_decoder decoder = {.schema = schema,
                                      .K = schema->categories,
                                      .F = schema_inputs(schema),
                                      .arena = arena,
                                      .where = where,
                                      .err = err,
                                      .history = history};
    const json_t *events = NULL;
    int64_t *times;
    uint32_t *positions;
    memset(history, 0, sizeof *history);
    RETURN_IF_ERROR(find_events(&decoder, object, max_events, &events));
    uint32_t length = (uint32_t)json_array_size(events);
    history->length = length;
    RETURN_IF_ERROR(decode_id(&decoder, json_object_get(object, "id")));
    RETURN_IF_ERROR(read_times(&decoder, events, &times));
    RETURN_IF_ERROR(history_sort(&decoder, times, length, &positions));

    uint32_t *ids = arena_array(arena, (size_t)length * decoder.K, sizeof *ids);
    float *values = arena_array(arena, (size_t)length * decoder.F, sizeof *values);
    if (!ids || !values)
        return error_no_memory(err);
    RETURN_IF_ERROR(decode_events(&decoder, json_object_get(object, "fields"), events,
                                  positions, ids, values));
    schema_encode_times(schema, times, length, values + 2 * schema->numbers, decoder.F);
    history->ids = ids;
    history->values = decoder.F > 0 ? values : NULL;
    history->positions = positions;
    return STATUS_OK;
}
