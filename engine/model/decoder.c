/*
 * The decoder: from the text of a request, or of one history, to a row of ids and values for each
 * event, in the order of the times.
 *
 * A field is taken from the event, else from the history's "fields", else it is missing.  In the
 * JSON Pointers of errors and notes, events have their positions in the text, before sorting.
 *
 * Usually the text is read once.  A row begins as "not given" in every field, so that "fields" may
 * come after "events": what is not given is filled in when the history ends.  Two things need
 * another pass:
 *
 *   - "model" comes after members whose meaning depends on the schema, and names a model of
 *     another schema.  The text is read again from its beginning, at once.
 *   - Something is refused.  Then a second pass checks the whole text: JSON that is not valid is
 *     reported before any other error, and a "model" that comes later may have a schema that accepts
 *     the text.  So the error of a text does not depend on the order of its members.
 *
 * Data that is refused is read once more, with the keys of the training only: it has been read by
 * these, and ours may mean anything in it.  If that fails too, the first error is reported.
 *
 * What can be read in pieces is read in pieces (triage_decoder_step), so that a large request does
 * not keep others waiting.
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/time_format.h"
#include "base/utf8.h"
#include "base/value.h"
#include "engine.h"
#include "model/decoder.h"
#include "model/history_reader.h"
#include "model/request_members.h"
#include "model/schema.h"

enum {
    FIRST_EVENTS = 32,
    FIRST_HISTORIES = 16,
    POINTER_BYTES = 96,
    NOTED_VALUE_BYTES = 64,
    DATE_BYTES = 11,          /* of a time: 2026-11-22T */
    SUGGESTED_VALUES = 100000 /* known values that one text may be compared with */
};

#define NOT_GIVEN UINT32_MAX /* an id, and the bits of a flag, of a field without value */

/*
 * What a key of an event is; the tag of the history reader.  A field has its index in the schema
 * added to TAG_FIELD.  An ignored key has TAG_IGNORED, the number of its history, and the index of
 * its note.
 */
enum { TAG_NEW, TAG_EVENT, TAG_TIME, TAG_FIELD, NOTE_BITS = 7 };

#define TAG_IGNORED (UINT32_C(1) << 31)
#define NOTE_MASK ((UINT32_C(1) << NOTE_BITS) - 1)

/* In place of the index of an event: the case-level fields, and the members of the request. */
enum { CASE = -1, REQUEST = -2 };

/* The events of a history in the order of the text.  The memory is used for the next history. */
struct events {
    uint32_t *ids;         /* [capacity][K]; NOT_GIVEN from count on */
    float *numbers;        /* [capacity][2 N]; the bits of NOT_GIVEN from count on */
    struct instant *times; /* [capacity] */
    uint32_t count, capacity;
    uint32_t timed; /* events that have a time */
    const char
        *untimed_at; /* the place in the text of the first event without; NULL: none */
    uint32_t unknown_names; /* events whose name is unknown */
    bool has_time_key;      /* an event has the key, perhaps with null */
};

/* The date that a time began with: the times of a history are mostly of one day. */
struct last_date {
    char text[DATE_BYTES]; /* 2026-11-22T */
    int64_t us;            /* of its midnight, in UTC */
};

/* The event that is being read. */
struct current_event {
    const char *at; /* its place in the text */
    bool has_name, has_time, has_time_key;
    const char *likely_name; /* a key that probably has the name; one of likely_names */
};

/* An ignored key of a history. */
struct note {
    const char *name; /* in the arena */
    size_t length;
    uint32_t count;
    uint32_t timed; /* events in which its value reads as a time */
    bool is_member; /* of the history or request */
    bool is_scalar; /* and its value is a string, number or boolean */
    bool is_time_checked, is_mistyped_time;
    const char *time_at; /* the first event in which a mistyped time is one; or NULL */
};

enum pass { PASS_DECODE, PASS_CHECK, PASS_DECODE_AGAIN };

/*
 * The ignored keys of one object: of a history, or of a request with "histories".  The memory is
 * used for the next one; the result has a copy of the right size, because a request may have 10,000
 * histories.
 */
struct notes {
    struct note *list; /* [HISTORY_NOTES], or NULL while there are none */
    uint32_t count;
};

struct decoder {
    const struct decoder_options *options;
    struct history_reader reader;
    const char *bytes;
    size_t length;
    struct arena *arena;
    struct arena_mark mark; /* of arena, before anything was decoded */
    enum pass pass;
    uint32_t pass_count;
    struct error refused; /* by PASS_DECODE */
    bool is_golden;       /* what decoder_decode_golden accepts is accepted */
    bool is_done;
    bool is_named; /* the text has named its model */
    bool is_late;  /* it did so after members that another schema was used for */
    bool has_trained_keys_only; /* ours have no meaning in this data */

    struct decoded result;
    size_t capacity; /* of result.histories */

    const struct schema *schema; /* NULL: not known yet */
    const struct field *name;    /* its field "event" */
    struct time_format time_format;
    struct last_date last_date;
    uint32_t K, N, F;
    const struct schema *named_schema; /* of the model that the text names */
    /* Whose keys this pass began with: the default model's, or the named one's; may be NULL. */
    const struct schema *keys_schema;

    struct history
        history;        /* that is being read; of a request, its id and ignored members */
    const char *id_key; /* of history.id */
    const char *history_at; /* its place in the text */
    uint32_t history_number;
    struct events events;
    struct current_event event;
    uint32_t *case_ids;  /* [K] */
    float *case_numbers; /* [2 N] */
    struct unknown_value
        *unknown;          /* [HISTORY_NOTES] of the history; NULL while there are none */
    struct notes notes[2]; /* of an item of "histories", of the outermost object */
    struct request_members members[2]; /* the same */
    uint32_t compared_values;          /* with unknown ones */
};

/* ---- refusing ---------------------------------------------------------------------------- */

/* Refuse the value at `at`. */
#define REFUSE(decoder, at, expected, err, ...)                                          \
    history_reader_refuse(&(decoder)->reader, STATUS_BAD_INPUT, at, expected, err,       \
                          __VA_ARGS__)

/* Refuse the object or array at `at` because of its member: one that is absent, for example. */
static enum status refuse_member(const struct decoder *decoder, const char *at,
                                 const char *member, const struct error *reason,
                                 struct error *err)
{
    char where[POINTER_BYTES];
    json_reader_pointer(&decoder->reader.json, at, where, sizeof where);
    pointer_join(where, sizeof where, where, member);
    return error_mismatch(err, reason->status, where, reason->expected, reason->received,
                          "%s", reason->text);
}

/* ---- notes: unknown values and ignored keys ---------------------------------------------- */

/* The JSON Pointer, from the history, of the value that is being read. */
static void write_pointer(const struct decoder *decoder, int64_t index,
                          char pointer[POINTER_BYTES])
{
    const struct history_reader *reader = &decoder->reader;
    char key[POINTER_BYTES];
    if (index == CASE) {
        snprintf(pointer, POINTER_BYTES, "/fields");
    } else {
        pointer_join(pointer, POINTER_BYTES, "", reader->events_key);
        pointer_join_index(pointer, POINTER_BYTES, pointer, (size_t)index);
        if (reader->value.at == decoder->event.at)
            return; /* the event is its name */
    }
    size_t length = utf8_cut(reader->key.bytes, reader->key.length, sizeof key - 1);
    memcpy(key, reader->key.bytes, length);
    key[length] = '\0';
    pointer_join(pointer, POINTER_BYTES, pointer, key);
}

/* A request has a budget for comparisons.  Whether `count` more are in it. */
static bool may_compare(struct decoder *decoder, uint32_t count)
{
    bool may = count <= SUGGESTED_VALUES - decoder->compared_values;
    if (may)
        decoder->compared_values += count;
    return may;
}

/* The known value that was probably meant, or NULL. */
static const char *find_nearest(struct decoder *decoder, const struct field *field,
                                struct span value)
{
    uint32_t count = field->values.count;
    if (!may_compare(decoder, count))
        return NULL;
    struct suggestion suggestion;
    suggestion_init(&suggestion, value.bytes, value.length);
    for (uint32_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, field->values.keys[i].bytes,
                         field->values.keys[i].length);
    return suggestion.nearest;
}

static enum status note_unknown(struct decoder *decoder, int64_t index,
                                const struct field *field, struct span value,
                                struct error *err)
{
    struct history *history = &decoder->history;
    if (history->unknown_count++ >= HISTORY_NOTES)
        return STATUS_OK;
    if (!decoder->unknown)
        decoder->unknown = malloc(HISTORY_NOTES * sizeof *decoder->unknown);
    if (!decoder->unknown)
        return error_no_memory(err);
    struct unknown_value *note = &decoder->unknown[history->unknown_count - 1];
    char pointer[POINTER_BYTES];
    write_pointer(decoder, index, pointer);
    size_t length = utf8_cut(value.bytes, value.length, NOTED_VALUE_BYTES);
    note->nearest = find_nearest(decoder, field, value);
    size_t pointer_bytes = strlen(pointer) + 1;
    char *text = arena_alloc(decoder->arena, pointer_bytes + length + 1);
    if (!text)
        return error_no_memory(err);
    note->pointer = memcpy(text, pointer, pointer_bytes);
    note->value = memcpy(text + pointer_bytes, value.bytes, length);
    text[pointer_bytes + length] = '\0';
    return STATUS_OK;
}

/*
 * Count a key as ignored.  *index receives the index of its note, or HISTORY_NOTES: there are too
 * many, and it is not counted.
 */
static enum status note_ignored(struct decoder *decoder, struct notes *notes,
                                struct span key, uint32_t *index, struct error *err)
{
    for (*index = 0; *index < notes->count; ++*index) {
        struct note *note = &notes->list[*index];
        if (note->length == key.length &&
            memcmp(note->name, key.bytes, key.length) == 0) {
            note->count++;
            return STATUS_OK;
        }
    }
    if (*index == HISTORY_NOTES)
        return STATUS_OK;
    if (!notes->list)
        notes->list = malloc(HISTORY_NOTES * sizeof *notes->list);
    char *name = arena_string(decoder->arena, key.bytes, key.length);
    if (!notes->list || !name)
        return error_no_memory(err);
    notes->list[*index] = (struct note){.name = name, .length = key.length, .count = 1};
    notes->count = *index + 1;
    return STATUS_OK;
}

/* Is the key a slip of the keyboard for the known one?  "" is not known. */
static bool is_mistyped(const struct suggestion *key, const char *known)
{
    return suggestion_is_mistyped(key, known, strlen(known));
}

/* The key of an event or of "fields" that was probably meant, or NULL. */
static const char *find_meant_field(const struct schema *schema,
                                    const struct suggestion *key)
{
    const char *const keys[] = {"event", schema->keys.event, "time", schema->keys.time};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_mistyped(key, keys[i]))
            return keys[i];
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (is_mistyped(key, schema->fields[i].name))
            return schema->fields[i].name;
    return NULL;
}

/* The member of the history or request that was probably meant, or NULL. */
static const char *find_meant_member(const struct schema *schema,
                                     const struct suggestion *key)
{
    const char *const keys[] = {"events", schema ? schema->keys.events : "", "fields",
                                "id",     schema ? schema->keys.id : "",     "model",
                                "include"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_mistyped(key, keys[i]))
            return keys[i];
    return NULL;
}

static const char *find_meant_key(struct decoder *decoder, const struct note *note)
{
    enum { MEMBERS = 7, KEYS = 4 };
    const struct schema *schema = decoder->schema;
    struct suggestion key;
    uint32_t count =
        note->is_member || !schema ? MEMBERS : KEYS + (uint32_t)schema->field_count;
    if (!may_compare(decoder, count))
        return NULL;
    suggestion_init(&key, note->name, note->length);
    if (note->is_member)
        return find_meant_member(schema, &key);
    return schema ? find_meant_field(schema, &key) : NULL;
}

/* The ignored keys as part of the result: NULL if there are none, or no memory. */
static struct ignored_field *copy_ignored(struct decoder *decoder,
                                          const struct notes *notes)
{
    struct ignored_field *fields =
        notes->count > 0 ? arena_array(decoder->arena, notes->count, sizeof *fields)
                         : NULL;
    for (uint32_t i = 0; fields && i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        fields[i] = (struct ignored_field){.name = note->name,
                                           .count = note->count,
                                           .nearest = find_meant_key(decoder, note)};
    }
    return fields;
}

/* Make the notes of the history part of it. */
static enum status keep_notes(struct decoder *decoder, const struct notes *notes,
                              struct error *err)
{
    struct history *history = &decoder->history;
    uint32_t count = history->unknown_count;
    if (count > 0) {
        size_t bytes =
            (count < HISTORY_NOTES ? count : HISTORY_NOTES) * sizeof *history->unknown;
        void *unknown = arena_alloc(decoder->arena, bytes);
        if (!unknown)
            return error_no_memory(err);
        history->unknown = memcpy(unknown, decoder->unknown, bytes);
    }
    history->ignored = copy_ignored(decoder, notes);
    history->ignored_count = notes->count;
    return history->ignored || notes->count == 0 ? STATUS_OK : error_no_memory(err);
}

/* ---- values ------------------------------------------------------------------------------ */

/*
 * The id of a text: of the value that has it, or of one that means the same.  In a golden history
 * texts have only their own id: "?" was written there for an unknown value.
 */
static uint32_t find_id(const struct decoder *decoder, const struct field *field,
                        struct span text)
{
    static const char *const forms[2][3] = {{"false", "False", "FALSE"},
                                            {"true", "True", "TRUE"}};
    uint32_t id = field_id_bytes(field, text.bytes, text.length);
    bool is_true;
    if (id != SCHEMA_UNKNOWN || decoder->is_golden)
        return id;
    if (value_boolean(text.bytes, text.length, &is_true))
        for (int i = 0; i < 3 && id == SCHEMA_UNKNOWN; i++)
            id = field_id(field, forms[is_true][i]);
    if (id == SCHEMA_UNKNOWN && value_is_missing(text.bytes, text.length))
        id = SCHEMA_MISSING;
    return id;
}

/* The text that a value has as a category; false: it has none. */
static bool category_text(const struct json_value *value, const struct field *field,
                          char buffer[VALUE_CATEGORY_SIZE], struct span *text)
{
    *text = value->text;
    switch (value->type) {
    case JSON_IS_STRING:
        return true;
    case JSON_IS_TRUE:
        *text = (struct span){.bytes = "true", .length = 4};
        return true;
    case JSON_IS_FALSE:
        *text = (struct span){.bytes = "false", .length = 5};
        return true;
    case JSON_IS_NUMBER:
        if (value_category(value->text.bytes, value->text.length, buffer, &text->length))
            text->bytes = buffer;
        return field->has_numbers;
    case JSON_IS_NULL:
    case JSON_IS_ARRAY:
    case JSON_IS_OBJECT:
        break;
    }
    return false;
}

/* A value that is not the text of a known value. */
static enum status read_unusual_category(struct decoder *decoder, int64_t index,
                                         const struct field *field, uint32_t *id,
                                         struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    char buffer[VALUE_CATEGORY_SIZE];
    struct span text;
    *id = SCHEMA_MISSING;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (!category_text(value, field, buffer, &text))
        return REFUSE(decoder, value->at, "a string", err, "expected a string");
    *id = find_id(decoder, field, text);
    return *id == SCHEMA_UNKNOWN ? note_unknown(decoder, index, field, text, err)
                                 : STATUS_OK;
}

static inline enum status read_category(struct decoder *decoder, int64_t index,
                                        const struct field *field, uint32_t *id,
                                        struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    if (value->type == JSON_IS_STRING) {
        *id = field_id_bytes(field, value->text.bytes, value->text.length);
        if (*id != SCHEMA_UNKNOWN)
            return STATUS_OK;
    }
    return read_unusual_category(decoder, index, field, id, err);
}

static enum status refuse_number(struct decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    char hint[VALUE_HINT_SIZE] = "";
    double number;
    if (value->type == JSON_IS_NUMBER)
        return REFUSE(decoder, value->at, "a number up to 1.8e308", err,
                      "the number is out of range");
    if (value->type != JSON_IS_STRING)
        return REFUSE(decoder, value->at, "a number", err, "expected a number");
    struct span text = value->text;
    if (value_number(text.bytes, text.length, DECIMAL_POINT, &number))
        return REFUSE(decoder, value->at, "a number", err,
                      "expected a number, not a string; leave out the quotes");
    value_number_explain(text.bytes, text.length, hint);
    return REFUSE(decoder, value->at, "a number", err,
                  *hint ? "expected a number; the string %s" : "expected a number%s",
                  hint);
}

static enum status read_number(struct decoder *decoder, const struct field *field,
                               float pair[2], struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    bool is_boolean = value->type == JSON_IS_TRUE || value->type == JSON_IS_FALSE;
    if (value->type == JSON_IS_NUMBER && isfinite(value->number))
        schema_encode_number(decoder->schema, field, value->number, pair);
    else if (is_boolean && field->has_booleans)
        schema_encode_number(decoder->schema, field, value->type == JSON_IS_TRUE, pair);
    else if (value->type == JSON_IS_NULL ||
             (value->type == JSON_IS_STRING &&
              value_is_missing(value->text.bytes, value->text.length)))
        schema_encode_missing(field, pair);
    else
        return refuse_number(decoder, err);
    return STATUS_OK;
}

static enum status read_value(struct decoder *decoder, int64_t index,
                              const struct field *field, uint32_t *ids, float *numbers,
                              struct error *err)
{
    return field->kind == FIELD_CATEGORY
               ? read_category(decoder, index, field, &ids[field->index], err)
               : read_number(decoder, field, &numbers[2 * (size_t)field->index], err);
}

/* ---- times ------------------------------------------------------------------------------- */

static enum status refuse_time(struct decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    char text[TIME_REFUSAL_SIZE] = "cannot be read as a time";
    char expected[TIME_EXPECTED_SIZE];
    if (value->type == JSON_IS_STRING || value->type == JSON_IS_NUMBER)
        time_format_refusal(&decoder->time_format, value->text.bytes, value->text.length,
                            text);
    time_format_expected(&decoder->time_format, expected);
    return REFUSE(decoder, value->at, expected, err, "%s", text);
}

/* A time as golden histories have always been read: no number of seconds is implausible. */
static bool golden_time(const struct json_value *value, struct instant *time)
{
    int64_t us;
    if (value->type == JSON_IS_NUMBER
            ? !timestamp_from_seconds(value->number, &us)
            : !timestamp_parse(value->text.bytes, value->text.length, &us))
        return false;
    *time = (struct instant){.us = us};
    return true;
}

/* The two digits at `at`, or a number above 99. */
static unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

/* The seconds of the day of 2026-11-22T10:04:00Z; -1 if the text has another form. */
static int second_of_day(struct span text)
{
    if (text.length != DATE_BYTES + 9)
        return -1;
    const char *at = text.bytes + DATE_BYTES;
    unsigned hour = two_digits(at), minute = two_digits(at + 3);
    unsigned second = two_digits(at + 6);
    bool is_plain = hour < 24 && minute < 60 && second < 60 && at[-1] == 'T' &&
                    at[2] == ':' && at[5] == ':' && at[8] == 'Z';
    return is_plain ? (int)(3600 * hour + 60 * minute + second) : -1;
}

static bool is_plain_date(const char *text)
{
    return two_digits(text) < 100 && two_digits(text + 2) < 100 && text[4] == '-' &&
           two_digits(text + 5) < 100 && text[7] == '-' && two_digits(text + 8) < 100;
}

/*
 * 2026-11-22T10:04:00Z, as instant_parse reads it, but the date is computed once for all times of a
 * day.  false: it may be a time in another form.
 */
static bool find_plain_time(struct last_date *date, struct span text,
                            struct instant *time)
{
    const int64_t second_us = 1000000;
    int second = second_of_day(text);
    if (second < 0)
        return false;
    if (memcmp(text.bytes, date->text, DATE_BYTES) == 0) {
        *time = (struct instant){.us = date->us + second * second_us};
        return true;
    }
    if (!is_plain_date(text.bytes) || !instant_parse(text.bytes, text.length, time))
        return false;
    memcpy(date->text, text.bytes, DATE_BYTES);
    date->us = time->us - second * second_us;
    return true;
}

/* Does the value mean a time?  Most numbers are whole seconds of this century. */
static bool find_time(struct decoder *decoder, const struct json_value *value,
                      struct instant *time)
{
    const struct time_format *format = &decoder->time_format;
    if (value->type != JSON_IS_STRING && value->type != JSON_IS_NUMBER)
        return false;
    if (format->kind == TIME_AUTO && value->type == JSON_IS_STRING &&
        !decoder->is_golden && find_plain_time(&decoder->last_date, value->text, time))
        return true;
    if (format->kind == TIME_AUTO && value->type == JSON_IS_NUMBER && value->is_whole &&
        value->number >= 1e9 && value->number < 1e10) {
        *time = (struct instant){.us = (int64_t)value->number * 1000000};
        return true;
    }
    if (decoder->is_golden && format->kind == TIME_AUTO && golden_time(value, time))
        return true;
    return time_format_read(format, value->text.bytes, value->text.length, time);
}

static enum status read_time(struct decoder *decoder, struct error *err)
{
    struct events *events = &decoder->events;
    const struct json_value *value = &decoder->reader.value;
    struct instant *time = &events->times[events->count - 1];
    if (decoder->event.has_time_key)
        return REFUSE(decoder, value->at, "one time", err,
                      "the time of the event is given twice");
    decoder->event.has_time_key = events->has_time_key = true;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (!find_time(decoder, value, time)) {
        if (value->type == JSON_IS_STRING &&
            value_is_missing(value->text.bytes, value->text.length))
            return STATUS_OK;
        return refuse_time(decoder, err);
    }
    if (instant_is_placeholder(*time) && !decoder->is_golden)
        return refuse_time(decoder, err);
    decoder->event.has_time = true;
    return STATUS_OK;
}

/* Is the key that of the times of this schema with a typing error? */
static bool is_mistyped_time(const struct decoder *decoder, const struct note *note)
{
    struct suggestion key;
    suggestion_init(&key, note->name, note->length);
    return is_mistyped(&key, "time") || is_mistyped(&key, decoder->schema->keys.time);
}

/*
 * Note whether the value of an ignored key reads as a time.  Only a key that holds one in every event
 * so far can be the time under another name, or a mistyped one that holds it in any event.  A number
 * is a time only if its key sounds like one.
 */
static void note_time(struct decoder *decoder, struct note *note)
{
    const struct json_value *value = &decoder->reader.value;
    bool is_time = false, is_in_all = note->timed + 1 == decoder->events.count;
    if (!note->is_time_checked)
        note->is_mistyped_time = is_mistyped_time(decoder, note);
    note->is_time_checked = true;
    if (!is_in_all && !note->is_mistyped_time)
        return;
    if (value->type == JSON_IS_NUMBER)
        is_time = value->number >= 1e8 && (note->is_mistyped_time ||
                                           time_name_is_likely(note->name, note->length));
    else if (value->type == JSON_IS_STRING)
        is_time = time_text_is_likely(value->text.bytes, value->text.length);
    note->timed += is_time && is_in_all;
    if (is_time && note->is_mistyped_time && !note->time_at)
        note->time_at = decoder->event.at;
}

/* ---- events ------------------------------------------------------------------------------ */

/* Mark all fields of the events [first..end) as not given. */
static void clear_events(struct decoder *decoder, size_t first, size_t end)
{
    struct events *events = &decoder->events;
    size_t K = decoder->K, N = decoder->N, count = end - first;
    if (count == 0)
        return;
    memset(events->ids + first * K, 0xFF, count * K * sizeof *events->ids);
    if (N > 0)
        memset(events->numbers + first * 2 * N, 0xFF,
               count * 2 * N * sizeof *events->numbers);
}

/*
 * Twice the events.  Their arrays are one allocation, that begins with the times; the first one is
 * from the arena, so that a small request needs no memory from the heap.
 */
static bool grow_events(struct decoder *decoder)
{
    struct events *events = &decoder->events, old = decoder->events;
    size_t K = decoder->K, N = decoder->N;
    size_t capacity = old.capacity == 0 ? FIRST_EVENTS : 2 * (size_t)old.capacity;
    size_t bytes = sizeof *old.times + K * sizeof *old.ids + 2 * N * sizeof *old.numbers;
    char *block = old.capacity == 0 ? arena_alloc(decoder->arena, capacity * bytes)
                                    : malloc(capacity * bytes);
    if (!block)
        return false;
    events->capacity = (uint32_t)capacity;
    events->times = (struct instant *)(void *)block;
    events->ids = (uint32_t *)(void *)(events->times + capacity);
    events->numbers = (float *)(void *)(events->ids + capacity * K);
    if (old.count > 0) {
        memcpy(events->times, old.times, old.count * sizeof *old.times);
        memcpy(events->ids, old.ids, old.count * K * sizeof *old.ids);
        memcpy(events->numbers, old.numbers, old.count * 2 * N * sizeof *old.numbers);
    }
    clear_events(decoder, old.count, capacity);
    if (old.capacity > FIRST_EVENTS)
        free(old.times);
    return true;
}

static enum status refuse_more_events(const struct decoder *decoder, struct error *err)
{
    struct error reason = {.status = STATUS_TOO_LARGE,
                           .text = "too many events in one history",
                           .received = "more"};
    snprintf(reason.expected, sizeof reason.expected, "at most %u",
             (unsigned)decoder->options->max_events);
    return refuse_member(decoder, decoder->history_at, decoder->reader.events_key,
                         &reason, err);
}

/* Append an event whose fields are not given yet. */
static inline enum status add_event(struct decoder *decoder, struct error *err)
{
    struct events *events = &decoder->events;
    if (events->count == decoder->options->max_events)
        return refuse_more_events(decoder, err);
    if (events->count == events->capacity && !grow_events(decoder))
        return error_no_memory(err);
    events->count++;
    return STATUS_OK;
}

/* The name of the event that was added last is known. */
static inline enum status read_name(struct decoder *decoder, struct error *err)
{
    struct events *events = &decoder->events;
    size_t index = events->count - 1;
    const struct json_value *value = &decoder->reader.value;
    uint32_t *id = &events->ids[index * decoder->K + decoder->name->index];
    if (decoder->event.has_name)
        return REFUSE(decoder, value->at, "one name", err,
                      "the name of the event is given twice");
    decoder->event.has_name = true;
    if (value->type == JSON_IS_STRING && value->text.length == 0 && !decoder->is_golden)
        return REFUSE(decoder, value->at, "the name of the event", err,
                      "the name of an event is empty");
    RETURN_IF_ERROR(read_category(decoder, (int64_t)index, decoder->name, id, err));
    events->unknown_names += *id == SCHEMA_UNKNOWN;
    return STATUS_OK;
}

static void count_time(struct decoder *decoder)
{
    struct events *events = &decoder->events;
    if (decoder->event.has_time)
        events->timed++;
    else if (!events->untimed_at)
        events->untimed_at = decoder->event.at;
}

static enum status read_event(struct decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    RETURN_IF_ERROR(add_event(decoder, err));
    decoder->event = (struct current_event){.at = value->at};
    if (value->type == JSON_IS_OBJECT)
        return STATUS_OK;
    if (value->type != JSON_IS_STRING)
        return REFUSE(decoder, value->at, "a string or an object", err,
                      "an event must be a string or an object");
    count_time(decoder);
    return read_name(decoder, err);
}

/* Has our key a meaning beside that of the training for the same thing, or is that ""? */
static bool has_our_key(const struct decoder *decoder, const char *trained)
{
    return !decoder->has_trained_keys_only || *trained == '\0';
}

/* What the key of an event is, as a tag; 0: it is ignored. */
static uint32_t find_tag(const struct decoder *decoder, struct span key)
{
    const struct schema_keys *keys = &decoder->schema->keys;
    if (span_is(key, keys->event))
        return TAG_EVENT;
    if (span_is(key, keys->time))
        return TAG_TIME;
    if (span_is(key, "event"))
        return has_our_key(decoder, keys->event) ? TAG_EVENT : TAG_NEW;
    if (span_is(key, "time"))
        return has_our_key(decoder, keys->time) ? TAG_TIME : TAG_NEW;
    const struct field *field = schema_find_bytes(decoder->schema, key.bytes, key.length);
    return field ? TAG_FIELD + (uint32_t)(field - decoder->schema->fields) : TAG_NEW;
}

/* Keys under which tools send the name of an event. */
static const char *find_likely_name(struct span key)
{
    static const char *const names[] = {
        "name",       "type",      "title",     "activity", "event_name",   "eventName",
        "event_type", "eventType", "eventname", "kind",     "concept:name", "alertname",
        "message",    "summary",   "action",    "step",     "task",         NULL};
    for (int i = 0; names[i]; i++)
        if (span_is(key, names[i]))
            return names[i];
    return NULL;
}

static enum status ignore_event_field(struct decoder *decoder, struct error *err)
{
    struct history_reader *reader = &decoder->reader;
    struct notes *notes = &decoder->notes[reader->is_request];
    uint32_t number = decoder->history_number << NOTE_BITS & ~TAG_IGNORED, index;
    if (*reader->tag != TAG_NEW &&
        (*reader->tag & ~NOTE_MASK) == (number | TAG_IGNORED)) {
        index = *reader->tag & NOTE_MASK;
        if (index < HISTORY_NOTES)
            notes->list[index].count++;
    } else {
        RETURN_IF_ERROR(note_ignored(decoder, &decoder->notes[reader->is_request],
                                     reader->key, &index, err));
        *reader->tag = TAG_IGNORED | number | index;
    }
    if (index < HISTORY_NOTES && !decoder->events.has_time_key)
        note_time(decoder, &notes->list[index]);
    if (reader->value.type == JSON_IS_STRING && !decoder->event.likely_name)
        decoder->event.likely_name = find_likely_name(reader->key);
    return STATUS_OK;
}

static enum status read_event_field(struct decoder *decoder, struct error *err)
{
    struct history_reader *reader = &decoder->reader;
    struct events *events = &decoder->events;
    size_t index = events->count - 1;
    uint32_t tag = *reader->tag;
    if (tag == TAG_NEW)
        *reader->tag = tag = find_tag(decoder, reader->key);
    if (tag == TAG_EVENT)
        return read_name(decoder, err);
    if (tag == TAG_TIME)
        return read_time(decoder, err);
    if (tag == TAG_NEW || (tag & TAG_IGNORED))
        return ignore_event_field(decoder, err);
    return read_value(decoder, (int64_t)index, &decoder->schema->fields[tag - TAG_FIELD],
                      events->ids + index * decoder->K,
                      events->numbers + index * 2 * decoder->N, err);
}

/* An ignored key of the events so far that is a mistyped "event", or NULL. */
static const char *find_mistyped_name(const struct decoder *decoder)
{
    const struct notes *notes = &decoder->notes[decoder->reader.is_request];
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        struct suggestion key;
        suggestion_init(&key, note->name, note->length);
        if (!note->is_member && (is_mistyped(&key, "event") ||
                                 is_mistyped(&key, decoder->schema->keys.event)))
            return note->name;
    }
    return NULL;
}

static enum status refuse_unnamed(const struct decoder *decoder, struct error *err)
{
    const struct current_event *event = &decoder->event;
    const char *key = decoder->schema->keys.event;
    const char *likely_name =
        event->likely_name ? event->likely_name : find_mistyped_name(decoder);
    struct error reason = {.status = STATUS_BAD_INPUT};
    snprintf(reason.expected, sizeof reason.expected, "the name of the event, or null");
    snprintf(reason.received, sizeof reason.received, "nothing");
    snprintf(reason.text, sizeof reason.text, "the event has no \"%.64s\"%s%.64s%s", key,
             likely_name ? " (did you mean it by \"" : "", likely_name ? likely_name : "",
             likely_name ? "\"?)" : "");
    return refuse_member(decoder, event->at, key, &reason, err);
}

/* All members of an event that is an object are known. */
static enum status end_event(struct decoder *decoder, struct error *err)
{
    count_time(decoder);
    return decoder->event.has_name || decoder->is_golden ? STATUS_OK
                                                         : refuse_unnamed(decoder, err);
}

/* ---- the end of a history ---------------------------------------------------------------- */

/* No event has a time.  Refuse the history if an ignored key holds what is probably the time. */
static enum status check_misnamed_times(const struct decoder *decoder, struct error *err)
{
    const struct notes *notes = &decoder->notes[decoder->reader.is_request];
    const struct events *events = &decoder->events;
    if (events->has_time_key || decoder->is_golden)
        return STATUS_OK;
    for (uint32_t i = 0; i < notes->count; i++) {
        if (notes->list[i].timed != events->count && !notes->list[i].time_at)
            continue;
        const char *event_at =
            notes->list[i].time_at ? notes->list[i].time_at : events->untimed_at;
        const char *time = decoder->schema->keys.time;
        struct error reason = {.status = STATUS_BAD_INPUT};
        snprintf(reason.expected, sizeof reason.expected, "the time as \"%.16s\"", time);
        snprintf(reason.received, sizeof reason.received, "\"%.56s\"",
                 notes->list[i].name);
        snprintf(reason.text, sizeof reason.text,
                 "\"%.40s\" holds times, but the key of an event's time is \"%.40s\" "
                 "(null: there is none)",
                 notes->list[i].name, time);
        return refuse_member(decoder, event_at, notes->list[i].name, &reason, err);
    }
    return STATUS_OK;
}

/* An ignored member that was probably meant as "events"; "" if there is none. */
static void suggest_events(const struct decoder *decoder, char phrase[SUGGEST_PHRASE])
{
    const struct notes *notes = &decoder->notes[decoder->reader.is_request];
    struct suggestion suggestion;
    suggestion_init(&suggestion, decoder->reader.events_key,
                    strlen(decoder->reader.events_key));
    for (uint32_t i = 0; i < notes->count; i++)
        suggestion_offer(&suggestion, notes->list[i].name, notes->list[i].length);
    if (suggestion.nearest)
        snprintf(phrase, SUGGEST_PHRASE, " (is it \"%.*s\"?)",
                 (int)(suggestion.nearest_length < 48 ? suggestion.nearest_length : 48),
                 suggestion.nearest);
}

static enum status refuse_no_events(const struct decoder *decoder, struct error *err)
{
    struct error reason = {.status = STATUS_BAD_INPUT};
    bool is_there = decoder->reader.has_events;
    snprintf(reason.expected, sizeof reason.expected, "%s",
             is_there ? "at least one event" : "an array");
    snprintf(reason.received, sizeof reason.received, "%s",
             is_there ? "an empty array" : "nothing");
    char phrase[SUGGEST_PHRASE] = "";
    if (!is_there)
        suggest_events(decoder, phrase);
    snprintf(reason.text, sizeof reason.text, "\"%.48s\" is %s%s",
             decoder->reader.events_key, is_there ? "empty" : "missing", phrase);
    return refuse_member(decoder, decoder->history_at, decoder->reader.events_key,
                         &reason, err);
}

static enum status refuse_untimed(const struct decoder *decoder, struct error *err)
{
    struct error reason = {.status = STATUS_BAD_INPUT};
    snprintf(reason.expected, sizeof reason.expected, "a time in every event or in none");
    snprintf(reason.received, sizeof reason.received, "nothing");
    snprintf(reason.text, sizeof reason.text,
             "this event has no time, but other events have one");
    return refuse_member(decoder, decoder->events.untimed_at, decoder->schema->keys.time,
                         &reason, err);
}

static enum status check_events(const struct decoder *decoder, struct error *err)
{
    const struct events *events = &decoder->events;
    if (events->count == 0)
        return refuse_no_events(decoder, err);
    if (events->timed == 0)
        return check_misnamed_times(decoder, err);
    return events->timed == events->count ? STATUS_OK : refuse_untimed(decoder, err);
}

/* Is a field given by "fields" or by an event? */
static bool is_given(const struct decoder *decoder, const struct field *field)
{
    const struct events *events = &decoder->events;
    size_t k = field->index;
    bool is_category = field->kind == FIELD_CATEGORY;
    if (is_category && decoder->case_ids[k] != SCHEMA_MISSING)
        return true;
    if (!is_category && decoder->case_numbers[2 * k + 1] != field->flags[1])
        return true;
    for (size_t i = 0; i < events->count; i++)
        if (is_category ? events->ids[i * decoder->K + k] != NOT_GIVEN
                        : !isnan(events->numbers[2 * (i * decoder->N + k) + 1]))
            return true;
    return false;
}

/* A field of the schema as a member of the history, which holds it nowhere else. */
static enum status check_misplaced_fields(const struct decoder *decoder,
                                          struct error *err)
{
    const struct notes *notes = &decoder->notes[decoder->reader.is_request];
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        const struct span name = {note->name, note->length};
        if (!note->is_scalar)
            continue;
        uint32_t tag = find_tag(decoder, name);
        if (tag < TAG_FIELD ||
            is_given(decoder, &decoder->schema->fields[tag - TAG_FIELD]))
            continue;
        struct error reason = {.status = STATUS_BAD_INPUT};
        snprintf(reason.expected, sizeof reason.expected, "in \"fields\" or in an event");
        snprintf(reason.received, sizeof reason.received, "beside the events");
        snprintf(reason.text, sizeof reason.text,
                 "\"%.48s\" is a field, and belongs in \"fields\" or in the events",
                 note->name);
        return refuse_member(decoder, decoder->history_at, note->name, &reason, err);
    }
    return STATUS_OK;
}

/* The optional members of an object, at `at`, that is not data. */
static enum status check_members(const struct decoder *decoder, const char *at,
                                 struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    const struct request_members *members = &decoder->members[reader->is_request];
    const unsigned count = reader->is_request ? REQUEST_MEMBERS : MEMBER_ID + 1;
    enum request_member member = request_members_mistyped(members, count);
    if (member == REQUEST_MEMBERS)
        return STATUS_OK;
    const char *key = members->mistyped[member], *name = request_member_name(member);
    struct error reason = {.status = STATUS_BAD_INPUT};
    snprintf(reason.expected, sizeof reason.expected, "\"%.16s\"", name);
    snprintf(reason.received, sizeof reason.received, "\"%s\"", key);
    snprintf(reason.text, sizeof reason.text,
             "unknown member \"%s\" (did you mean \"%.16s\"?)", key, name);
    return refuse_member(decoder, at, key, &reason, err);
}

static bool is_sorted(const struct events *events)
{
    for (uint32_t i = 1; i < events->count; i++)
        if (instant_compare(events->times[i - 1], events->times[i]) > 0)
            return false;
    return true;
}

/* positions [count] receives the new position of each event; times are sorted. */
static enum status sort_events(struct events *events, uint32_t *positions,
                               struct arena *arena, struct error *err)
{
    struct arena_mark mark = arena_mark(arena);
    struct timed_index *sorted = arena_array(arena, events->count, sizeof *sorted);
    if (!sorted)
        return error_no_memory(err);
    for (uint32_t i = 0; i < events->count; i++)
        sorted[i] = (struct timed_index){.time = events->times[i], .index = i};
    timed_index_sort(sorted, events->count);
    for (uint32_t i = 0; i < events->count; i++) {
        events->times[i] = sorted[i].time;
        positions[sorted[i].index] = i;
    }
    arena_rewind(arena, mark);
    return STATUS_OK;
}

/* Copy event i to its row; what is not given comes from the case-level fields. */
static void copy_event(const struct decoder *decoder, uint32_t i, uint32_t *ids,
                       float *values)
{
    const struct events *events = &decoder->events;
    size_t K = decoder->K, N = decoder->N;
    const uint32_t *own_ids = events->ids + i * K;
    const float *own_numbers = events->numbers + i * 2 * N;
    for (size_t k = 0; k < K; k++)
        ids[k] = own_ids[k] == NOT_GIVEN ? decoder->case_ids[k] : own_ids[k];
    for (size_t n = 0; n < 2 * N; n += 2) {
        const float *from = own_numbers + n;
        if (isnan(from[1]))
            from = decoder->case_numbers + n;
        values[n] = from[0];
        values[n + 1] = from[1];
    }
}

static enum status encode_times(const struct decoder *decoder, float *values,
                                struct error *err)
{
    const struct events *events = &decoder->events;
    struct arena_mark mark = arena_mark(decoder->arena);
    int64_t *times = NULL;
    if (decoder->schema->time_count == 0)
        return STATUS_OK;
    if (events->timed > 0) {
        times = arena_alloc(decoder->arena, events->count * sizeof *times);
        if (!times)
            return error_no_memory(err);
        for (uint32_t i = 0; i < events->count; i++)
            times[i] = events->times[i].us;
    }
    schema_encode_times(decoder->schema, times, events->count, values + 2 * decoder->N,
                        decoder->F);
    arena_rewind(decoder->arena, mark);
    return STATUS_OK;
}

/* From the events in the order of the text to the rows of the history. */
static enum status encode_events(struct decoder *decoder, struct error *err)
{
    struct events *events = &decoder->events;
    struct history *history = &decoder->history;
    size_t K = decoder->K, F = decoder->F, count = events->count;
    uint32_t *ids = arena_alloc(decoder->arena, count * K * sizeof *ids);
    float *values = arena_alloc(decoder->arena, count * F * sizeof *values);
    uint32_t *positions = NULL;
    if (!ids || !values)
        return error_no_memory(err);
    if (events->timed > 0 && !is_sorted(events)) {
        positions = arena_alloc(decoder->arena, count * sizeof *positions);
        if (!positions)
            return error_no_memory(err);
        RETURN_IF_ERROR(sort_events(events, positions, decoder->arena, err));
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t row = positions ? positions[i] : i;
        copy_event(decoder, i, ids + row * K, values + row * F);
    }
    RETURN_IF_ERROR(encode_times(decoder, values, err));
    history->length = events->count;
    history->reordered = positions != NULL;
    history->has_times = decoder->events.timed > 0;
    history->positions = positions;
    history->ids = ids;
    history->values = F > 0 ? values : NULL;
    history->unknown_names = events->unknown_names;
    return STATUS_OK;
}

/* Add the history that has been read to the result. */
static enum status keep_history(struct decoder *decoder, struct error *err)
{
    struct decoded *result = &decoder->result;
    RETURN_IF_ERROR(
        keep_notes(decoder, &decoder->notes[decoder->reader.is_request], err));
    if (result->count == decoder->capacity) {
        size_t first = result->is_many ? FIRST_HISTORIES : 1;
        size_t capacity = decoder->capacity == 0 ? first : decoder->capacity * 2;
        struct history *histories =
            arena_alloc(decoder->arena, capacity * sizeof *histories);
        if (!histories)
            return error_no_memory(err);
        if (result->count > 0)
            memcpy(histories, result->histories, result->count * sizeof *histories);
        result->histories = histories;
        decoder->capacity = capacity;
    }
    result->histories[result->count++] = decoder->history;
    result->events += decoder->history.length;
    return STATUS_OK;
}

/* ---- the schema -------------------------------------------------------------------------- */

static void encode_missing(struct decoder *decoder)
{
    for (uint32_t i = 0; i < decoder->schema->field_count; i++) {
        const struct field *field = &decoder->schema->fields[i];
        if (field->kind == FIELD_CATEGORY)
            decoder->case_ids[field->index] = SCHEMA_MISSING;
        else
            schema_encode_missing(field,
                                  &decoder->case_numbers[2 * (size_t)field->index]);
    }
}

static enum status use_schema(struct decoder *decoder, const struct schema *schema,
                              struct error *err)
{
    decoder->schema = schema;
    decoder->name = schema_find_bytes(schema, "event", 5);
    decoder->K = schema->categories;
    decoder->N = schema->numbers;
    decoder->F = schema_inputs(schema);
    RETURN_IF_ERROR(
        time_format_parse(&decoder->time_format, schema->keys.time_format, err));
    size_t K = decoder->K, N = decoder->N;
    decoder->case_ids = arena_alloc(decoder->arena, K * sizeof *decoder->case_ids +
                                                        2 * N * sizeof(float));
    if (!decoder->case_ids)
        return error_no_memory(err);
    decoder->case_numbers = (float *)(void *)(decoder->case_ids + K);
    encode_missing(decoder);
    return STATUS_OK;
}

static enum status find_schema(const struct decoder *decoder, struct span name,
                               const struct schema **schema, struct error *err)
{
    struct error own;
    own.status = STATUS_OK; /* as all that is looked at */
    err = err ? err : &own;
    *schema = decoder->options->find_schema(decoder->options->context, name.bytes,
                                            name.length, err);
    if (*schema)
        return STATUS_OK;
    return err->status != STATUS_OK
               ? err->status
               : error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
}

/* The schema is needed.  If the text has not named a model, it is that of the default model. */
static enum status ensure_schema(struct decoder *decoder, struct error *err)
{
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    if (decoder->schema)
        return STATUS_OK;
    if (!schema)
        RETURN_IF_ERROR(find_schema(decoder, (struct span){.bytes = NULL}, &schema, err));
    return use_schema(decoder, schema, err);
}

/* Do members have the same meaning for both? */
static bool has_same_keys(const struct schema *a, const struct schema *b)
{
    return strcmp(a->keys.id, b->keys.id) == 0 &&
           strcmp(a->keys.events, b->keys.events) == 0;
}

/* The value is the name of a model. */
static enum status read_model(struct decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    decoder->members[true].given |= 1U << MEMBER_MODEL;
    if (decoder->is_named)
        return STATUS_OK; /* by an earlier pass */
    if (value->type != JSON_IS_STRING)
        return REFUSE(decoder, value->at, "a string", err,
                      "the name of a model is a string");
    RETURN_IF_ERROR(find_schema(decoder, value->text, &decoder->named_schema, err));
    decoder->is_named = true;
    decoder->is_late = decoder->named_schema != decoder->keys_schema &&
                       (decoder->schema || !decoder->keys_schema ||
                        !has_same_keys(decoder->named_schema, decoder->keys_schema));
    return STATUS_OK;
}

/* ---- members ----------------------------------------------------------------------------- */

/* Is the number written as an integer that every JSON reader can take: of 64 bits? */
static bool is_integer(const struct json_value *value)
{
    char copy[24];
    if (value->type != JSON_IS_NUMBER || !value->is_whole ||
        value->text.length >= sizeof copy)
        return false;
    memcpy(copy, value->text.bytes, value->text.length);
    copy[value->text.length] = '\0';
    errno = 0;
    (void)strtoll(copy, NULL, 10);
    return errno == 0;
}

/* A string or a whole number, as JSON text; of data also what `train` reads as one. */
static enum status read_id(struct decoder *decoder, const char **id, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    bool is_scalar = value->type != JSON_IS_ARRAY && value->type != JSON_IS_OBJECT;
    *id = NULL;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (value->type != JSON_IS_STRING && !is_integer(value) &&
        !(decoder->options->is_data && is_scalar))
        return REFUSE(decoder, value->at, "a string or an integer", err,
                      "expected a string or an integer");
    if (value->type == JSON_IS_NUMBER) {
        *id = arena_string(decoder->arena, value->text.bytes, value->text.length);
        return *id ? STATUS_OK : error_no_memory(err);
    }
    if (value->type != JSON_IS_STRING) {
        *id = value->type == JSON_IS_TRUE ? "true" : "false";
        return STATUS_OK;
    }
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_json_string(&text, value->text.bytes, value->text.length);
    if (!text.has_failed)
        *id = arena_string(decoder->arena, text.bytes, text.length);
    strbuf_release(&text);
    return *id ? STATUS_OK : error_no_memory(err);
}

/* No include is known yet; an empty array asks for none. */
static enum status read_include(struct decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    decoder->members[true].given |= 1U << MEMBER_INCLUDE;
    if (value->type != JSON_IS_ARRAY)
        return REFUSE(decoder, value->at, "an array of names", err,
                      "\"include\" is an array of names");
    struct span raw;
    if (!history_reader_raw(&decoder->reader, &raw))
        return history_reader_error(&decoder->reader, err);
    const char *first = raw.bytes + 1;
    while (strchr(" \t\r\n", *first))
        first++;
    return *first == ']' ? STATUS_OK
                         : REFUSE(decoder, first, "no name", err, "no such include");
}

/* A member without meaning. */
static enum status ignore_member(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    struct notes *notes = &decoder->notes[reader->is_request];
    enum json_type type = reader->value.type;
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    uint32_t index;
    RETURN_IF_ERROR(note_ignored(decoder, notes, reader->key, &index, err));
    if (index < HISTORY_NOTES)
        notes->list[index].is_member = true;
    if (decoder->options->is_data)
        return STATUS_OK;
    if (index < HISTORY_NOTES && type >= JSON_IS_FALSE && type <= JSON_IS_STRING)
        notes->list[index].is_scalar = true;
    return request_members_note(&decoder->members[reader->is_request], reader->key, type,
                                schema ? schema->keys.id : "", decoder->arena, err);
}

/* "model" or "include", as a member of data: not counted as ignored if it asks for what is done. */
static enum status read_option_of_data(struct decoder *decoder, bool is_model,
                                       struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    const struct schema *schema;
    bool is_used = false;
    if (is_model && value->type == JSON_IS_STRING)
        is_used = find_schema(decoder, value->text, &schema, NULL) == STATUS_OK;
    else if (!is_model && value->type == JSON_IS_ARRAY)
        is_used = read_include(decoder, NULL) == STATUS_OK;
    return is_used ? STATUS_OK : ignore_member(decoder, err);
}

/* "model" or "include". */
static enum status read_option(struct decoder *decoder, bool is_model, struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    if (decoder->options->is_data)
        return read_option_of_data(decoder, is_model, err);
    if (reader->is_request)
        return is_model ? read_model(decoder, err) : read_include(decoder, err);
    if (reader->value.type != (is_model ? JSON_IS_STRING : JSON_IS_ARRAY))
        return ignore_member(decoder, err);
    return REFUSE(decoder, reader->value.at, "a member of the request", err,
                  "\"%s\" is a member of the request, not of a history",
                  is_model ? "model" : "include");
}

/* A member that is structural, and that the history reader could not open. */
static enum status refuse_structure(struct decoder *decoder, bool is_events,
                                    struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    const struct json_value *value = &reader->value;
    bool is_histories = !is_events && span_is(reader->key, "histories");
    if (is_histories && decoder->options->max_histories == 0)
        return REFUSE(decoder, value->at, "one history", err,
                      "a line of a stream is one history");
    enum json_type type = is_events || is_histories ? JSON_IS_ARRAY : JSON_IS_OBJECT;
    if (value->type != type)
        return REFUSE(decoder, value->at,
                      type == JSON_IS_ARRAY ? "an array" : "an object", err,
                      type == JSON_IS_ARRAY ? "expected an array" : "expected an object");
    if (is_events && !reader->is_many)
        return REFUSE(decoder, value->at, "one array of events", err,
                      "the events are given twice");
    return REFUSE(decoder, value->at, "either a history or \"histories\"", err,
                  "a request has either \"events\" (and \"fields\") or \"histories\", "
                  "not both");
}

static bool is_events_key(const struct history_reader *reader)
{
    return span_is(reader->key, reader->keys.events[0]) ||
           (*reader->keys.events[1] != '\0' &&
            span_is(reader->key, reader->keys.events[1]));
}

/* The key of the last member if its value is an id; else NULL. */
static const char *find_id_key(const struct decoder *decoder)
{
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    struct span key = decoder->reader.key;
    if (schema && *schema->keys.id != '\0' && span_is(key, schema->keys.id))
        return schema->keys.id;
    bool has_ours = has_our_key(decoder, schema ? schema->keys.id : "");
    return has_ours && span_is(key, "id") ? "id" : NULL;
}

static enum status read_member(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    struct span key = reader->key;
    const char *id_key = find_id_key(decoder);
    struct request_members *members = &decoder->members[reader->is_request];
    bool is_data = decoder->options->is_data;
    bool is_model = span_is(key, "model");
    if (is_model || span_is(key, "include"))
        return read_option(decoder, is_model, err);
    if (id_key && !(reader->is_request && reader->is_many)) {
        if (decoder->history.id)
            return REFUSE(decoder, reader->value.at, "one id", err,
                          "the id of the history is given twice");
        decoder->id_key = id_key;
        members->given |= 1U << MEMBER_ID;
        return read_id(decoder, &decoder->history.id, err);
    }
    if (span_is(key, "fields") && reader->value.type == JSON_IS_NULL) {
        members->given |= 1U << MEMBER_FIELDS;
        return STATUS_OK;
    }
    if (is_events_key(reader) || span_is(key, "fields") ||
        (reader->is_request && !is_data && span_is(key, "histories")))
        return refuse_structure(decoder, is_events_key(reader), err);
    return ignore_member(decoder, err);
}

static enum status read_case_field(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    RETURN_IF_ERROR(ensure_schema(decoder, err));
    uint32_t tag = find_tag(decoder, reader->key), index;
    if (tag < TAG_FIELD)
        return note_ignored(decoder, &decoder->notes[reader->is_request], reader->key,
                            &index, err);
    return read_value(decoder, CASE, &decoder->schema->fields[tag - TAG_FIELD],
                      decoder->case_ids, decoder->case_numbers, err);
}

static enum status begin_history(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    struct events *events = &decoder->events;
    size_t max_histories = decoder->options->max_histories;
    bool is_outer = reader->is_request;
    if (!is_outer && decoder->result.count == max_histories) {
        struct error reason = {.status = STATUS_TOO_LARGE,
                               .text = "there are more histories than the limit",
                               .received = "more"};
        snprintf(reason.expected, sizeof reason.expected, "at most %zu", max_histories);
        return refuse_member(decoder, reader->json.begin, "histories", &reason, err);
    }
    if (reader->value.type != JSON_IS_OBJECT)
        return REFUSE(decoder, reader->value.at, "an object", err, "%s",
                      !is_outer            ? "a history is an object with \"events\""
                      : max_histories == 0 ? "a line is an object with events"
                                           : "a request is an object with events");
    if (!is_outer && !decoder->result.is_many && decoder->history.id) {
        /* the id of a request with "histories" has no meaning */
        const struct span id = {decoder->id_key, strlen(decoder->id_key)};
        uint32_t index;
        RETURN_IF_ERROR(note_ignored(decoder, &decoder->notes[true], id, &index, err));
        if (index < HISTORY_NOTES)
            decoder->notes[true].list[index].is_member = true;
    }
    decoder->result.is_many = !is_outer;
    decoder->members[is_outer] = (struct request_members){.given = 0};
    decoder->history = (struct history){.length = 0};
    decoder->history_at = reader->value.at;
    decoder->history_number++;
    decoder->notes[is_outer].count = 0;
    clear_events(decoder, 0, events->count);
    events->count = events->timed = events->unknown_names = 0;
    events->has_time_key = false;
    events->untimed_at = NULL;
    if (decoder->schema)
        encode_missing(decoder);
    return STATUS_OK;
}

static enum status end_history(struct decoder *decoder, struct error *err)
{
    if (decoder->reader.has_fields)
        decoder->members[decoder->reader.is_request].given |= 1U << MEMBER_FIELDS;
    RETURN_IF_ERROR(ensure_schema(decoder, err));
    RETURN_IF_ERROR(check_members(decoder, decoder->history_at, err));
    RETURN_IF_ERROR(check_events(decoder, err));
    RETURN_IF_ERROR(check_misplaced_fields(decoder, err));
    RETURN_IF_ERROR(encode_events(decoder, err));
    return keep_history(decoder, err);
}

/* ---- passes ------------------------------------------------------------------------------ */

static void release_events(struct decoder *decoder)
{
    if (decoder->events.capacity > FIRST_EVENTS)
        free(decoder->events.times); /* all of its arrays */
    decoder->events = (struct events){.count = 0};
}

static void start_pass(struct decoder *decoder, enum pass pass)
{
    const struct decoder_options *options = decoder->options;
    decoder->keys_schema = decoder->is_named
                               ? decoder->named_schema
                               : options->find_schema(options->context, NULL, 0, NULL);
    const char *trained_events =
        decoder->keys_schema ? decoder->keys_schema->keys.events : "";
    bool has_ours = has_our_key(decoder, trained_events);
    const struct history_keys keys = {
        .events = {has_ours ? "events" : trained_events, trained_events},
        .may_be_many = options->max_histories > 0,
        .is_flat = pass == PASS_CHECK};
    if (decoder->pass_count++ > 0) {
        release_events(decoder);
        arena_rewind(decoder->arena, decoder->mark);
    }
    decoder->pass = pass;
    decoder->is_late = false;
    decoder->history = (struct history){.length = 0};
    decoder->result = (struct decoded){.id = decoder->result.id};
    decoder->capacity = 0;
    decoder->compared_values = 0;
    if (pass != PASS_CHECK)
        decoder->schema = NULL;
    history_reader_start(&decoder->reader, &keys, decoder->bytes, decoder->length);
}

static enum status end_decoding(struct decoder *decoder, struct error *err)
{
    struct decoded *result = &decoder->result;
    const struct notes *outer = &decoder->notes[true];
    if (decoder->reader.is_many) {
        /* the id has no meaning here, and is noted as ignored */
        decoder->members[true].given |= 1U << MEMBER_ID | 1U << MEMBER_HISTORIES;
        RETURN_IF_ERROR(check_members(decoder, decoder->reader.json.begin, err));
        result->is_many = true;
        result->ignored = copy_ignored(decoder, outer);
        result->ignored_count = outer->count;
        if (!result->ignored && outer->count > 0)
            return error_no_memory(err);
    } else if (result->count > 0) {
        result->id = result->histories[0].id;
    }
    if (decoder->reader.is_many && result->count == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "at least one history",
                              "an empty array", "\"histories\" is empty");
    decoder->is_done = true;
    return STATUS_OK;
}

/* An item of an event, and those after it as long as the text is as usual. */
static enum status take_event_items(struct decoder *decoder, enum history_item item,
                                    struct error *err)
{
    enum status status = ensure_schema(decoder, err);
    for (; status == STATUS_OK && item != ITEM_NONE;
         item = history_reader_next_usual(&decoder->reader))
        switch (item) {
        case ITEM_EVENT_FIELD:
            status = read_event_field(decoder, err);
            break;
        case ITEM_EVENT:
            status = read_event(decoder, err);
            break;
        case ITEM_EVENT_END:
            status = end_event(decoder, err);
            break;
        default:
            status = history_reader_error(&decoder->reader, err);
        }
    return status;
}

static enum status take_item(struct decoder *decoder, enum history_item item,
                             struct error *err)
{
    switch (item) {
    case ITEM_HISTORY:
        return begin_history(decoder, err);
    case ITEM_MEMBER:
        return read_member(decoder, err);
    case ITEM_FIELD:
        return read_case_field(decoder, err);
    case ITEM_EVENT:
    case ITEM_EVENT_FIELD:
    case ITEM_EVENT_END:
        return take_event_items(decoder, item, err);
    case ITEM_HISTORY_END:
        return end_history(decoder, err);
    case ITEM_END:
        return end_decoding(decoder, err);
    case ITEM_NONE:
    case ITEM_PAUSED:
    case ITEM_FAILED:
        break;
    }
    return history_reader_error(&decoder->reader, err);
}

/*
 * Check the text to its end, and find "model" and "id".  Then the error that was found before is
 * reported, unless a model with another schema was found.
 */
static enum status check(struct decoder *decoder, enum history_item item,
                         struct error *err)
{
    const struct history_reader *reader = &decoder->reader;
    if (item == ITEM_FAILED)
        return history_reader_error(reader, err);
    if (item == ITEM_MEMBER && span_is(reader->key, "model") && !decoder->is_named &&
        !decoder->options->is_data) {
        struct error failure = {0};
        if (read_model(decoder, &failure) != STATUS_OK)
            decoder->refused = failure;
    } else if (item == ITEM_MEMBER && !decoder->result.id && find_id_key(decoder)) {
        (void)read_id(decoder, &decoder->result.id, NULL); /* only for messages */
    }
    if (item != ITEM_END)
        return STATUS_OK;
    if (decoder->is_named && decoder->named_schema != decoder->keys_schema) {
        decoder->mark = arena_mark(decoder->arena); /* keeps the id */
        start_pass(decoder, PASS_DECODE_AGAIN);
        return STATUS_OK;
    }
    if (err && err->status == STATUS_OK)
        *err = decoder->refused;
    return decoder->refused.status;
}

/* One item.  *err receives a failure of the whole decoding only. */
static enum status step(struct decoder *decoder, enum history_item item,
                        struct error *err)
{
    if (decoder->pass == PASS_CHECK)
        return check(decoder, item, err);
    if (decoder->pass == PASS_DECODE_AGAIN || item == ITEM_FAILED)
        return take_item(decoder, item, err);
    bool is_retry = decoder->has_trained_keys_only; /* its refusal is not reported */
    enum status status = take_item(decoder, item, is_retry ? NULL : &decoder->refused);
    if (status == STATUS_OK && decoder->is_late)
        start_pass(decoder, PASS_DECODE);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (status == STATUS_BAD_JSON)
        return history_reader_error(&decoder->reader, err);
    bool is_retried = decoder->options->is_data && !is_retry && !decoder->is_golden;
    decoder->has_trained_keys_only = is_retried;
    start_pass(decoder, is_retried ? PASS_DECODE : PASS_CHECK);
    return STATUS_OK;
}

/* ---- the decoder ------------------------------------------------------------------------- */

struct decoder *triage_decoder_new(const struct decoder_options *options,
                                   const char *bytes, size_t length, struct arena *arena,
                                   struct error *err)
{
    struct decoder *decoder = arena_array(arena, 1, sizeof *decoder);
    if (!decoder) {
        error_no_memory(err);
        return NULL;
    }
    decoder->options = options;
    decoder->bytes = bytes;
    decoder->length = length;
    decoder->arena = arena;
    decoder->mark = arena_mark(arena);
    start_pass(decoder, PASS_DECODE);
    return decoder;
}

void triage_decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    history_reader_release(&decoder->reader);
    release_events(decoder);
    free(decoder->unknown);
    free(decoder->notes[0].list);
    free(decoder->notes[1].list);
}

enum status triage_decoder_step(struct decoder *decoder, size_t bytes, bool *is_done,
                                struct error *err)
{
    uint32_t pass_count = 0;
    enum status status = STATUS_OK;
    *is_done = false;
    while (!decoder->is_done && status == STATUS_OK) {
        if (pass_count != decoder->pass_count) /* a pass begins or continues */
            history_reader_set_pause(&decoder->reader, bytes);
        pass_count = decoder->pass_count;
        enum history_item item = history_reader_next(&decoder->reader);
        if (item == ITEM_PAUSED)
            return STATUS_OK;
        status = step(decoder, item, err);
    }
    *is_done = true;
    if (status != STATUS_OK && !decoder->result.is_many && decoder->history.id)
        decoder->result.id = decoder->history.id;
    return status;
}

const struct decoded *triage_decoder_result(const struct decoder *decoder)
{
    return &decoder->result;
}

static enum status decode(struct decoded *decoded, const struct decoder_options *options,
                          struct span text, bool is_golden, struct arena *arena,
                          struct error *err)
{
    *decoded = (struct decoded){.count = 0};
    struct decoder *decoder =
        triage_decoder_new(options, text.bytes, text.length, arena, err);
    if (!decoder)
        return STATUS_NO_MEMORY;
    decoder->is_golden = is_golden;
    bool is_done;
    enum status status = triage_decoder_step(decoder, text.length, &is_done, err);
    *decoded = decoder->result;
    triage_decoder_free(decoder);
    return status;
}

enum status triage_decode(struct decoded *decoded, const struct decoder_options *options,
                          const char *bytes, size_t length, struct arena *arena,
                          struct error *err)
{
    return decode(decoded, options, (struct span){bytes, length}, false, arena, err);
}

/* The context of find_only_schema. */
struct only_schema {
    const struct schema *schema;
};

static const struct schema *find_only_schema(void *context, const char *name,
                                             size_t length, struct error *err)
{
    const struct only_schema *only = context;
    (void)name, (void)length, (void)err;
    return only->schema;
}

static enum status decode_one(struct history *history, const struct schema *schema,
                              struct span text, uint32_t max_events, bool is_golden,
                              struct arena *arena, struct error *err)
{
    struct only_schema only = {.schema = schema};
    const struct decoder_options options = {.max_events = max_events,
                                            .is_data = true,
                                            .find_schema = find_only_schema,
                                            .context = &only};
    struct decoded decoded;
    enum status status = decode(&decoded, &options, text, is_golden, arena, err);
    *history = status == STATUS_OK ? decoded.histories[0] : (struct history){.length = 0};
    return status;
}

enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, uint32_t max_events,
                                  struct arena *arena, struct error *err)
{
    return decode_one(history, schema, (struct span){bytes, length}, max_events, false,
                      arena, err);
}

enum status decoder_decode_golden(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, struct arena *arena,
                                  struct error *err)
{
    return decode_one(history, schema, (struct span){bytes, length}, GOLDEN_MAX_EVENTS,
                      true, arena, err);
}
