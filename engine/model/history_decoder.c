#include "model/history_decoder.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "base/value.h"
#include "model/field_value.h"

enum { POINTER_BYTES = 96 };

/*
 * What a key of an event is; the tag of the history reader.  A part of the name has its index among
 * the parts added to TAG_PART, a field its index in the schema added to TAG_FIELD.  An ignored key has
 * TAG_IGNORED, the number of its history, and the index of its note.
 */
enum {
    TAG_NEW,
    TAG_EVENT,
    TAG_TIME,
    TAG_PART,
    TAG_FIELD = TAG_PART + NAME_PARTS,
    NOTE_BITS = 7
};

#define TAG_IGNORED (UINT32_C(1) << 31)
#define NOTE_MASK ((UINT32_C(1) << NOTE_BITS) - 1)

/* In place of the index of an event: the case-level fields. */
enum { CASE = -1 };

/* ---- values -------------------------------------------------------------------------------- */

/* The JSON Pointer, from the history, of the value that is being read. */
static void write_pointer(const struct history_decoder *decoder, int64_t index,
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

static enum status note_unknown(struct history_decoder *decoder, int64_t index,
                                const struct field *field, struct span value,
                                struct error *err)
{
    uint32_t count = decoder->history.unknown_count++;
    if (count >= HISTORY_NOTES)
        return STATUS_OK;
    char pointer[POINTER_BYTES];
    write_pointer(decoder, index, pointer);
    return history_notes_unknown(&decoder->notes, count, field, value, pointer,
                                 decoder->arena, err);
}

/* A value that is not the text of a known value. */
static enum status read_unusual_category(struct history_decoder *decoder, int64_t index,
                                         const struct field *field, uint32_t *id,
                                         struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    char buffer[VALUE_CATEGORY_SIZE];
    struct span text;
    *id = SCHEMA_MISSING;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (!field_value_text(field, value, buffer, &text))
        return REFUSE(&decoder->reader, value->at, "a string", err, "expected a string");
    *id = field_value_id(field, text, decoder->is_golden);
    return *id == SCHEMA_UNKNOWN ? note_unknown(decoder, index, field, text, err)
                                 : STATUS_OK;
}

static inline enum status read_category(struct history_decoder *decoder, int64_t index,
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

/* Refuse the value of the last item, for a reason that has text and expected. */
static enum status refuse_value(const struct history_decoder *decoder,
                                const struct error *reason, struct error *err)
{
    return REFUSE(&decoder->reader, decoder->reader.value.at, reason->expected, err, "%s",
                  reason->text);
}

static enum status refuse_number(const struct history_decoder *decoder, struct error *err)
{
    struct error reason;
    field_value_no_number(&decoder->reader.value, &reason);
    return refuse_value(decoder, &reason, err);
}

static enum status read_number(struct history_decoder *decoder, const struct field *field,
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

static enum status read_value(struct history_decoder *decoder, int64_t index,
                              const struct field *field, uint32_t *ids, float *numbers,
                              struct error *err)
{
    return field->kind == FIELD_CATEGORY
               ? read_category(decoder, index, field, &ids[field->index], err)
               : read_number(decoder, field, &numbers[2 * (size_t)field->index], err);
}

/* ---- times --------------------------------------------------------------------------------- */

static enum status refuse_time(const struct history_decoder *decoder, struct error *err)
{
    struct error reason;
    event_time_refusal(&decoder->time_reader, &decoder->reader.value, &reason);
    return refuse_value(decoder, &reason, err);
}

static enum status read_time(struct history_decoder *decoder, struct error *err)
{
    struct event_rows *rows = &decoder->rows;
    const struct json_value *value = &decoder->reader.value;
    struct instant *time = &rows->times[rows->count - 1];
    if (decoder->event.has_time_key)
        return REFUSE(&decoder->reader, value->at, "one time", err,
                      "the time of the event is given twice");
    if (!decoder->has_time_key)
        decoder->time_key =
            span_is(decoder->reader.key, "time") ? "time" : decoder->schema->keys.time;
    decoder->event.has_time_key = decoder->has_time_key = true;
    decoder->event.time_at = value->at;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (!event_time_read(&decoder->time_reader, value, decoder->is_golden, time)) {
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
static bool is_mistyped_time(const struct history_decoder *decoder,
                             const struct note *note)
{
    return key_is_mistyped(note->name, note->length, "time") ||
           key_is_mistyped(note->name, note->length, decoder->schema->keys.time);
}

/* Does the value of an ignored key read as a time? */
static bool is_time(const struct history_decoder *decoder, const struct note *note)
{
    const struct json_value *value = &decoder->reader.value;
    bool is_text = value->type == JSON_IS_STRING;
    if (!is_text && value->type != JSON_IS_NUMBER)
        return false;
    return note->sounds_like_time
               ? time_named_is_likely(value->text.bytes, value->text.length)
               : is_text && time_text_is_likely(value->text.bytes, value->text.length);
}

/*
 * Note whether the value of an ignored key reads as a time.  Only a key that holds one in every event
 * so far can be the time under another name, or a mistyped one that holds it in any event.
 */
static void note_time(struct history_decoder *decoder, struct note *note)
{
    if (!note->is_checked) {
        note->is_mistyped_time = is_mistyped_time(decoder, note);
        note->sounds_like_time =
            note->is_mistyped_time || time_name_is_likely(note->name, note->length);
        note->is_checked = true;
    }
    bool is_in_all = note->timed + 1 == decoder->rows.count;
    if ((!is_in_all && !note->is_mistyped_time) || !is_time(decoder, note))
        return;
    note->timed += is_in_all;
    if (!note->time_at)
        note->time_at = decoder->reader.value.at;
}

/* ---- events -------------------------------------------------------------------------------- */

static enum status refuse_more_events(const struct history_decoder *decoder,
                                      struct error *err)
{
    struct error reason = {.status = STATUS_TOO_LARGE,
                           .text = "too many events in one history",
                           .received = "more"};
    snprintf(reason.expected, sizeof reason.expected, "at most %u",
             (unsigned)decoder->max_events);
    return history_reader_refuse_member(&decoder->reader, decoder->at,
                                        decoder->reader.events_key, &reason, err);
}

/* Append an event whose fields are not given yet. */
static inline enum status add_event(struct history_decoder *decoder, struct error *err)
{
    struct event_rows *rows = &decoder->rows;
    if (rows->count == decoder->max_events)
        return refuse_more_events(decoder, err);
    if (rows->count == rows->capacity && !event_rows_grow(rows, decoder->arena))
        return error_no_memory(err);
    rows->count++;
    return STATUS_OK;
}

static enum status refuse_empty_name(const struct history_decoder *decoder,
                                     struct error *err)
{
    return REFUSE(&decoder->reader, decoder->reader.value.at, "the name of the event",
                  err, "the name of an event is empty");
}

static enum status refuse_second_name(const struct history_decoder *decoder,
                                      struct error *err)
{
    return REFUSE(&decoder->reader, decoder->reader.value.at, "one name", err,
                  "the name of the event is given twice");
}

/*
 * A name that is no known one: count it if it is unknown, refuse it if it is only blanks.  Kept out of
 * read_name, so that this is inlined in the loop over events.
 */
static __attribute__((noinline)) enum status
check_unusual_name(struct history_decoder *decoder, uint32_t id, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    size_t length = value->text.length;
    decoder->history.unknown_names += id == SCHEMA_UNKNOWN;
    decoder->history.unnamed += id == SCHEMA_MISSING;
    if (id == SCHEMA_UNKNOWN || value->type != JSON_IS_STRING || decoder->is_golden)
        return STATUS_OK;
    (void)value_trim(value->text.bytes, &length);
    return length > 0 ? STATUS_OK : refuse_empty_name(decoder, err);
}

/* The name of the event that was added last is known. */
static inline enum status read_name(struct history_decoder *decoder, struct error *err)
{
    struct event_rows *rows = &decoder->rows;
    size_t index = rows->count - 1;
    const struct json_value *value = &decoder->reader.value;
    uint32_t *id = &rows->ids[index * rows->K + decoder->name->index];
    if (decoder->event.name != NAME_NONE)
        return refuse_second_name(decoder, err);
    decoder->event.name = NAME_GIVEN;
    if (value->type == JSON_IS_STRING && value->text.length == 0 && !decoder->is_golden)
        return refuse_empty_name(decoder, err);
    RETURN_IF_ERROR(read_category(decoder, (int64_t)index, decoder->name, id, err));
    return *id >= SCHEMA_FIRST ? STATUS_OK : check_unusual_name(decoder, *id, err);
}

/* A part of the name of the event that was added last is known. */
static enum status read_part(struct history_decoder *decoder, uint32_t part,
                             struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    bool has_failed = false;
    if (decoder->event.name == NAME_GIVEN)
        return refuse_second_name(decoder, err);
    decoder->event.name = NAME_IN_PARTS;
    if (!name_parts_add(decoder->parts, part, value, decoder->arena, &has_failed))
        return REFUSE(&decoder->reader, value->at, "a string", err, "expected a string");
    return has_failed ? error_no_memory(err) : STATUS_OK;
}

/* All parts of the name are known.  In pointers, the event is its name. */
static enum status join_name(struct history_decoder *decoder, struct error *err)
{
    bool has_failed = false;
    (void)name_parts_join(decoder->parts, &decoder->reader.value, decoder->arena,
                          &has_failed);
    if (has_failed)
        return error_no_memory(err);
    decoder->reader.value.at = decoder->event.at;
    decoder->event.name = NAME_NONE;
    return read_name(decoder, err);
}

static void count_time(struct history_decoder *decoder)
{
    if (decoder->event.has_time) {
        decoder->timed++;
    } else if (!decoder->untimed_at) {
        decoder->untimed_at = decoder->event.at;
        decoder->untimed_value_at = decoder->event.time_at;
    }
}

static enum status read_event(struct history_decoder *decoder, struct error *err)
{
    const struct json_value *value = &decoder->reader.value;
    RETURN_IF_ERROR(add_event(decoder, err));
    decoder->event = (struct current_event){.at = value->at};
    if (value->type == JSON_IS_OBJECT)
        return STATUS_OK;
    if (value->type != JSON_IS_STRING)
        return REFUSE(&decoder->reader, value->at, "a string or an object", err,
                      "an event must be a string or an object");
    count_time(decoder);
    return read_name(decoder, err);
}

/* What the key of an event is, as a tag; 0: it is ignored. */
static uint32_t find_tag(const struct history_decoder *decoder, struct span key)
{
    const struct schema_keys *keys = &decoder->schema->keys;
    if (span_is(key, keys->event))
        return TAG_EVENT;
    if (span_is(key, keys->time))
        return TAG_TIME;
    if (decoder->parts && !decoder->is_golden) {
        uint32_t part = name_keys_find(&decoder->schema->event_parts, key);
        if (part < decoder->schema->event_parts.count)
            return TAG_PART + part;
    }
    if (span_is(key, "event"))
        return history_decoder_has_our_key(decoder, keys->event) ? TAG_EVENT : TAG_NEW;
    if (span_is(key, "time"))
        return history_decoder_has_our_key(decoder, keys->time) ? TAG_TIME : TAG_NEW;
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

enum status history_decoder_ignore(struct history_decoder *decoder, struct span key,
                                   uint32_t *index, struct error *err)
{
    return ignored_notes_add(&decoder->notes.ignored[decoder->reader.is_request], key,
                             index, decoder->arena, err);
}

static enum status ignore_event_field(struct history_decoder *decoder, struct error *err)
{
    struct history_reader *reader = &decoder->reader;
    struct ignored_notes *notes = &decoder->notes.ignored[reader->is_request];
    uint32_t number = decoder->number << NOTE_BITS & ~TAG_IGNORED, index;
    if (*reader->tag != TAG_NEW &&
        (*reader->tag & ~NOTE_MASK) == (number | TAG_IGNORED)) {
        index = *reader->tag & NOTE_MASK;
        if (index < HISTORY_NOTES)
            notes->list[index].count++;
    } else {
        RETURN_IF_ERROR(history_decoder_ignore(decoder, reader->key, &index, err));
        *reader->tag = TAG_IGNORED | number | index;
    }
    if (index < HISTORY_NOTES && !decoder->has_time_key)
        note_time(decoder, &notes->list[index]);
    if (reader->value.type == JSON_IS_STRING && !decoder->event.likely_name)
        decoder->event.likely_name = find_likely_name(reader->key);
    return STATUS_OK;
}

/* The value of a key that is neither the name, nor the time, nor a field. */
static enum status read_other(struct history_decoder *decoder, uint32_t tag,
                              struct error *err)
{
    return tag >= TAG_PART && tag < TAG_FIELD ? read_part(decoder, tag - TAG_PART, err)
                                              : ignore_event_field(decoder, err);
}

static enum status read_event_field(struct history_decoder *decoder, struct error *err)
{
    struct history_reader *reader = &decoder->reader;
    struct event_rows *rows = &decoder->rows;
    size_t index = rows->count - 1;
    uint32_t tag = *reader->tag;
    if (tag == TAG_NEW)
        *reader->tag = tag = find_tag(decoder, reader->key);
    if (tag == TAG_EVENT)
        return read_name(decoder, err);
    if (tag == TAG_TIME)
        return read_time(decoder, err);
    if (tag < TAG_FIELD || (tag & TAG_IGNORED))
        return read_other(decoder, tag, err);
    return read_value(decoder, (int64_t)index, &decoder->schema->fields[tag - TAG_FIELD],
                      rows->ids + index * rows->K, rows->numbers + index * 2 * rows->N,
                      err);
}

static enum status refuse_unnamed(const struct history_decoder *decoder,
                                  struct error *err)
{
    const struct current_event *event = &decoder->event;
    const char *key = decoder->schema->keys.event;
    const char *likely_name =
        event->likely_name
            ? event->likely_name
            : ignored_notes_mistyped_event(
                  &decoder->notes.ignored[decoder->reader.is_request], decoder->schema);
    struct error reason = {.status = STATUS_BAD_INPUT};
    snprintf(reason.expected, sizeof reason.expected, "the name of the event, or null");
    snprintf(reason.received, sizeof reason.received, "nothing");
    snprintf(reason.text, sizeof reason.text, "the event has no \"%.64s\"%s%.64s%s", key,
             likely_name ? " (did you mean it by \"" : "", likely_name ? likely_name : "",
             likely_name ? "\"?)" : "");
    return history_reader_refuse_member(&decoder->reader, event->at, key, &reason, err);
}

/* All members of an event that is an object are known. */
static enum status end_event(struct history_decoder *decoder, struct error *err)
{
    count_time(decoder);
    if (decoder->event.name == NAME_GIVEN)
        return STATUS_OK;
    if (decoder->event.name == NAME_IN_PARTS)
        return join_name(decoder, err);
    return decoder->is_golden ? STATUS_OK : refuse_unnamed(decoder, err);
}

enum status history_decoder_take_events(struct history_decoder *decoder,
                                        enum history_item item, struct error *err)
{
    enum status status = STATUS_OK;
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

enum status history_decoder_take_field(struct history_decoder *decoder, struct error *err)
{
    uint32_t tag = find_tag(decoder, decoder->reader.key), index;
    if (tag < TAG_FIELD)
        return history_decoder_ignore(decoder, decoder->reader.key, &index, err);
    return read_value(decoder, CASE, &decoder->schema->fields[tag - TAG_FIELD],
                      decoder->rows.case_ids, decoder->rows.case_numbers, err);
}

/* ---- the end of a history ------------------------------------------------------------------ */

/* No event has a time.  Refuse the history if an ignored key holds what is probably the time. */
static enum status check_misnamed_times(const struct history_decoder *decoder,
                                        struct error *err)
{
    const struct ignored_notes *notes =
        &decoder->notes.ignored[decoder->reader.is_request];
    if (decoder->has_time_key || decoder->is_golden)
        return STATUS_OK;
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        if (note->timed != decoder->rows.count &&
            !(note->is_mistyped_time && note->time_at))
            continue;
        const char *time = decoder->schema->keys.time;
        char expected[32];
        snprintf(expected, sizeof expected, "the time as \"%.16s\"", time);
        return REFUSE(
            &decoder->reader, note->time_at, expected, err,
            "\"%.40s\" holds times, but the key of an event's time is \"%.40s\" "
            "(null: there is none)",
            note->name, time);
    }
    return STATUS_OK;
}

/* An ignored member that was probably meant as "events"; "" if there is none. */
static void suggest_events(const struct history_decoder *decoder,
                           char phrase[SUGGEST_PHRASE])
{
    const struct ignored_notes *notes =
        &decoder->notes.ignored[decoder->reader.is_request];
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

static enum status refuse_no_events(const struct history_decoder *decoder,
                                    struct error *err)
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
    return history_reader_refuse_member(&decoder->reader, decoder->at,
                                        decoder->reader.events_key, &reason, err);
}

/* An event has no time: it has no such key, or null or a mark of a missing value. */
static enum status refuse_untimed(const struct history_decoder *decoder,
                                  struct error *err)
{
    static const char text[] = "this event has no time, but other events have one";
    static const char expected[] = "a time in every event or in none";
    struct error reason = {.status = STATUS_BAD_INPUT, .received = "nothing"};
    if (decoder->untimed_value_at)
        return REFUSE(&decoder->reader, decoder->untimed_value_at, expected, err, "%s",
                      text);
    memcpy(reason.text, text, sizeof text);
    memcpy(reason.expected, expected, sizeof expected);
    return history_reader_refuse_member(&decoder->reader, decoder->untimed_at,
                                        decoder->schema->keys.time, &reason, err);
}

static enum status check_events(const struct history_decoder *decoder, struct error *err)
{
    const struct event_rows *rows = &decoder->rows;
    if (rows->count == 0)
        return refuse_no_events(decoder, err);
    if (decoder->timed == 0)
        return check_misnamed_times(decoder, err);
    return decoder->timed == rows->count ? STATUS_OK : refuse_untimed(decoder, err);
}

/* A field of the schema as a member of the history, which holds it nowhere else. */
static enum status check_misplaced_fields(const struct history_decoder *decoder,
                                          struct error *err)
{
    const struct ignored_notes *notes =
        &decoder->notes.ignored[decoder->reader.is_request];
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->list[i];
        const struct span name = {note->name, note->length};
        if (!note->value_at)
            continue;
        uint32_t tag = find_tag(decoder, name);
        if (tag < TAG_FIELD ||
            event_rows_have(&decoder->rows, &decoder->schema->fields[tag - TAG_FIELD]))
            continue;
        return REFUSE(&decoder->reader, note->value_at, "in \"fields\" or in an event",
                      err,
                      "\"%.48s\" is a field, and belongs in \"fields\" or in the events",
                      note->name);
    }
    return STATUS_OK;
}

/* The place in the text of the event that has been sorted to the row. */
static uint32_t event_of_row(const struct history *history, uint32_t row)
{
    uint32_t event = row;
    if (history->positions)
        for (event = 0; history->positions[event] != row; event++)
            continue;
    return event;
}

static enum status note_unusual(struct history_decoder *decoder,
                                const struct unusual_times *unusual,
                                const struct time_range *range, struct error *err)
{
    struct history *history = &decoder->history;
    struct unusual_time *notes =
        arena_array(decoder->arena, UNUSUAL_KINDS, sizeof *notes);
    if (!notes)
        return error_no_memory(err);
    history->unusual_times = notes;
    for (unsigned kind = 0; kind < UNUSUAL_KINDS; kind++) {
        char pointer[POINTER_BYTES];
        struct unusual_text text;
        if ((unusual->kinds & 1U << kind) == 0)
            continue;
        uint32_t row = unusual->events[kind];
        pointer_join(pointer, sizeof pointer, "", decoder->reader.events_key);
        pointer_join_index(pointer, sizeof pointer, pointer, event_of_row(history, row));
        pointer_join(pointer, sizeof pointer, pointer, decoder->time_key);
        unusual_text_write(&text, kind, &decoder->schema->time_range, range,
                           decoder->rows.times[row].us);
        struct unusual_time *note = &notes[history->unusual_count++];
        note->kind = unusual_kind_names[kind];
        note->pointer = arena_string(decoder->arena, pointer, strlen(pointer));
        note->received =
            arena_string(decoder->arena, text.received, strlen(text.received));
        note->trained = arena_string(decoder->arena, text.trained, strlen(text.trained));
        if (!note->pointer || !note->received || !note->trained)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* Compare the times, which are sorted, with those of the training. */
static enum status check_unusual_times(struct history_decoder *decoder, struct error *err)
{
    const struct schema *schema = decoder->schema;
    struct unusual_times unusual;
    uint32_t longest_gap_at;
    if (!decoder->history.has_times || !schema->time_range.is_known || decoder->is_golden)
        return STATUS_OK;
    struct time_range range =
        time_range_of(decoder->rows.times, decoder->rows.count, &longest_gap_at);
    time_range_compare(&schema->time_range, schema->time_uses, &range, longest_gap_at,
                       decoder->rows.count, &unusual);
    return unusual.kinds == 0 ? STATUS_OK : note_unusual(decoder, &unusual, &range, err);
}

enum status history_decoder_end(struct history_decoder *decoder, struct error *err)
{
    struct history *history = &decoder->history;
    uint32_t *positions = NULL;
    RETURN_IF_ERROR(check_events(decoder, err));
    RETURN_IF_ERROR(check_misplaced_fields(decoder, err));
    history->has_times = decoder->timed > 0;
    if (history->has_times)
        RETURN_IF_ERROR(event_rows_sort(&decoder->rows, &positions, decoder->arena, err));
    history->positions = positions;
    return STATUS_OK;
}

enum status history_decoder_write(struct history_decoder *decoder, struct error *err)
{
    struct history *history = &decoder->history;
    RETURN_IF_ERROR(event_rows_encode(&decoder->rows, history, decoder->arena, err));
    RETURN_IF_ERROR(check_unusual_times(decoder, err));
    return history_notes_keep(&decoder->notes, decoder->reader.is_request,
                              decoder->schema, history, decoder->arena, err);
}

/* ---- the decoder --------------------------------------------------------------------------- */

enum status history_decoder_use_schema(struct history_decoder *decoder,
                                       const struct schema *schema, struct error *err)
{
    decoder->schema = schema;
    decoder->name = schema_find_bytes(schema, "event", 5);
    RETURN_IF_ERROR(
        time_format_parse(&decoder->time_reader.format, schema->keys.time_format, err));
    if (schema->event_parts.count > 0) {
        decoder->parts = arena_array(decoder->arena, 1, sizeof *decoder->parts);
        if (!decoder->parts)
            return error_no_memory(err);
    }
    return event_rows_init(&decoder->rows, schema, decoder->arena, err);
}

void history_decoder_restart(struct history_decoder *decoder)
{
    event_rows_release(&decoder->rows);
    decoder->history = (struct history){.length = 0};
    decoder->notes.compared = 0;
}

void history_decoder_release(struct history_decoder *decoder)
{
    history_reader_release(&decoder->reader);
    event_rows_release(&decoder->rows);
    history_notes_release(&decoder->notes);
}

void history_decoder_begin(struct history_decoder *decoder)
{
    decoder->history = (struct history){.length = 0};
    decoder->at = decoder->reader.value.at;
    decoder->number++;
    decoder->notes.ignored[decoder->reader.is_request].count = 0;
    event_rows_clear(&decoder->rows);
    decoder->timed = 0;
    decoder->untimed_at = decoder->untimed_value_at = NULL;
    decoder->has_time_key = false;
}
