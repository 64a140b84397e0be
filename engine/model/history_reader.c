/*
 * A state machine: `state` says what comes next in the text.  The objects and arrays that are open
 * are those of the JSON reader, so that a state needs no stack: a history is closed in the state
 * that its bracket was opened for.
 *
 * The events of a history usually have the same keys in the same order.  The reader remembers the
 * keys of the last event, its shape.  As long as an event follows the shape, its keys are distinct
 * because those of the shape are; from the first other key on they are checked one by one.
 *
 * Usually even the bytes between two values are those of the event before: `, "time": `.  They are
 * the lead of the second value.  Where the text has these bytes again, they are not read again.
 */
#include "model/history_reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

enum structural_key { KEY_EVENTS, KEY_FIELDS, KEY_HISTORIES, KEY_OTHER };

void history_reader_start(struct history_reader *reader, const struct history_keys *keys,
                          const char *bytes, size_t length)
{
    json_reader_init(&reader->json, bytes, length);
    reader->keys = *keys;
    reader->state = STATE_DOCUMENT;
    reader->is_request = true;
    reader->is_many = false;
    reader->shape_count = 0;
    reader->event_lead_length = 0;
}

void history_reader_release(struct history_reader *reader)
{
    json_reader_release(&reader->json);
}

void history_reader_set_pause(struct history_reader *reader, size_t bytes)
{
    struct json_reader *json = &reader->json;
    size_t left = (size_t)(json->end - json->next);
    json->pause = json->next + (bytes < left ? bytes : left);
}

/* ---- events ------------------------------------------------------------------------------ */

static struct span key_name(const struct history_key *key)
{
    return (struct span){.bytes = key->lead + key->name_at, .length = key->name_length};
}

/* The key is not the next one of the shape: from here on, the shape becomes that of this event. */
static bool leave_shape(struct history_reader *reader)
{
    reader->follows_shape = false;
    for (uint32_t i = 0; i < reader->event_keys; i++)
        if (!json_reader_add_key(&reader->json, key_name(&reader->shape[i])))
            return false;
    reader->shape_count = reader->event_keys;
    return true;
}

/* Does the next key in the text have the same bytes as a key of the shape? */
static bool next_key_is(struct history_reader *reader, struct span name)
{
    struct json_reader *json = &reader->json;
    if (json_reader_peek(json) != '"')
        return false;
    const char *at = json->next + 1;
    return (size_t)(json->end - at) > name.length &&
           memcmp(at, name.bytes, name.length) == 0 && at[name.length] == '"';
}

static bool read_event_key(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    uint32_t index = reader->event_keys++;
    reader->tag = &reader->no_tag;
    reader->no_tag = 0;
    if (reader->follows_shape && index < reader->shape_count &&
        next_key_is(reader, key_name(&reader->shape[index]))) {
        reader->tag = &reader->shape[index].tag;
        return json_reader_known_key(json, reader->shape[index].name_length,
                                     &reader->key);
    }
    reader->event_keys = index; /* of the keys before this one */
    if (reader->follows_shape && !leave_shape(reader))
        return false;
    reader->event_keys = index + 1;
    if (!json_reader_key(json, &reader->key))
        return false;
    bool is_in_text = reader->key.bytes >= json->begin && reader->key.bytes < json->end;
    if (is_in_text && reader->shape_count == index && index < HISTORY_SHAPE) {
        struct history_key *key = &reader->shape[reader->shape_count++];
        key->tag = 0;
        reader->tag = &key->tag;
    }
    return true;
}

/* ---- one step of each state -------------------------------------------------------------- */

/* Give an item whose value is JSON_IS_LONG when this has been read. */
static enum history_item give_later(struct history_reader *reader, enum history_item item)
{
    reader->state = STATE_LONG;
    reader->later_item = (uint8_t)item;
    return ITEM_NONE;
}

/* Give an item whose value has been read: an array or object is skipped before the next item. */
static enum history_item give(struct history_reader *reader, enum history_item item,
                              enum history_state next)
{
    reader->state = (int)next;
    reader->state_after = (int)next;
    if (reader->value.type < JSON_IS_ARRAY)
        return item;
    if (reader->value.type == JSON_IS_LONG)
        return give_later(reader, item);
    reader->state = STATE_SKIP;
    return item;
}

/* The text from `begin` to the value is the lead of the key, which is in the shape. */
static void remember_lead(struct history_reader *reader, const char *begin)
{
    struct history_key *key = &reader->shape[reader->event_keys - 1];
    key->lead = begin;
    key->name_at = (uint32_t)(reader->key.bytes - begin);
    key->name_length = (uint32_t)reader->key.length;
    key->lead_length = (uint32_t)(reader->value.at - begin);
}

static enum history_item read_event_field(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    const char *begin = json->next;
    if (!json_reader_more(json, '}')) {
        reader->state = STATE_EVENT;
        return json->status == STATUS_OK ? ITEM_EVENT_END : ITEM_FAILED;
    }
    if (!read_event_key(reader) || !json_reader_value(json, &reader->value))
        return ITEM_FAILED;
    if (reader->tag != &reader->no_tag)
        remember_lead(reader, begin);
    return give(reader, ITEM_EVENT_FIELD, STATE_EVENT_FIELD);
}

static enum history_item begin_event_object(struct history_reader *reader)
{
    if (!json_reader_open(&reader->json, '{'))
        return ITEM_FAILED;
    reader->event_keys = 0;
    reader->follows_shape = true;
    reader->state = STATE_EVENT_FIELD;
    return ITEM_EVENT;
}

static enum history_item begin_event(struct history_reader *reader)
{
    return reader->value.type == JSON_IS_OBJECT ? begin_event_object(reader)
                                                : give(reader, ITEM_EVENT, STATE_EVENT);
}

enum history_item history_reader_end_event(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    if (json->next == json->end || *json->next != '}')
        return ITEM_NONE;
    json_reader_more(json, '}');
    reader->state = STATE_EVENT;
    return ITEM_EVENT_END;
}

enum history_item history_reader_take_value(struct history_reader *reader)
{
    const char *at = reader->json.next;
    if (reader->state == STATE_EVENT && *at == '{') { /* take_lead has found a byte */
        reader->value.type = JSON_IS_OBJECT;
        reader->value.at = at;
        return begin_event_object(reader);
    }
    if (!json_reader_value(&reader->json, &reader->value))
        return ITEM_FAILED;
    return reader->state == STATE_EVENT
               ? begin_event(reader)
               : give(reader, ITEM_EVENT_FIELD, STATE_EVENT_FIELD);
}

static enum history_state member_state(const struct history_reader *reader)
{
    return reader->is_request ? STATE_REQUEST_MEMBER : STATE_HISTORY_MEMBER;
}

static enum history_item read_event(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    const char *begin = json->next;
    bool is_first = !json->levels[json->depth - 1].has_items;
    if (!json_reader_more(json, ']')) {
        reader->state = (int)member_state(reader);
        return json->status == STATUS_OK ? ITEM_NONE : ITEM_FAILED;
    }
    if (!json_reader_value(json, &reader->value))
        return ITEM_FAILED;
    if (!is_first) {
        reader->event_lead = begin;
        reader->event_lead_length = (uint32_t)(reader->value.at - begin);
    }
    return begin_event(reader);
}

static enum history_item read_field(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    if (!json_reader_more(json, '}')) {
        reader->state = (int)member_state(reader);
        return json->status == STATUS_OK ? ITEM_NONE : ITEM_FAILED;
    }
    if (!json_reader_key(json, &reader->key) || !json_reader_value(json, &reader->value))
        return ITEM_FAILED;
    return give(reader, ITEM_FIELD, STATE_FIELD);
}

static enum structural_key find_structural_key(struct history_reader *reader)
{
    const struct history_keys *keys = &reader->keys;
    if (keys->is_flat)
        return KEY_OTHER;
    for (int i = 0; i < 2; i++)
        if (keys->events[i] && *keys->events[i] != '\0' &&
            span_is(reader->key, keys->events[i])) {
            reader->events_key = keys->events[i];
            return KEY_EVENTS;
        }
    if (span_is(reader->key, "fields"))
        return KEY_FIELDS;
    return keys->may_be_many && reader->is_request && span_is(reader->key, "histories")
               ? KEY_HISTORIES
               : KEY_OTHER;
}

/*
 * Can the value of a structural key be opened?  If not, it is given as a MEMBER, to be refused:
 * "events" is not an array, or the object has "histories" and "events" or "fields".
 */
static bool can_open(struct history_reader *reader, enum structural_key key)
{
    const bool *has_had = reader->has_had[reader->is_request];
    bool is_conflict =
        has_had[key] || (key == KEY_HISTORIES ? has_had[KEY_EVENTS] || has_had[KEY_FIELDS]
                                              : has_had[KEY_HISTORIES]);
    return !is_conflict &&
           reader->value.type == (key == KEY_FIELDS ? JSON_IS_OBJECT : JSON_IS_ARRAY);
}

static enum history_item open_structure(struct history_reader *reader,
                                        enum structural_key key)
{
    static const enum history_state states[] = {[KEY_EVENTS] = STATE_EVENT,
                                                [KEY_FIELDS] = STATE_FIELD,
                                                [KEY_HISTORIES] = STATE_HISTORY};
    reader->has_had[reader->is_request][key] = true;
    if (!json_reader_open(&reader->json, key == KEY_FIELDS ? '{' : '['))
        return ITEM_FAILED;
    reader->state = (int)states[key];
    reader->is_many = reader->is_many || key == KEY_HISTORIES;
    return ITEM_NONE;
}

/* The object of a history, or of the request, is closed. */
static enum history_item end_object(struct history_reader *reader)
{
    reader->has_events = reader->has_had[reader->is_request][KEY_EVENTS];
    reader->has_fields = reader->has_had[reader->is_request][KEY_FIELDS];
    reader->state = reader->is_request ? (int)STATE_END : (int)STATE_HISTORY;
    return reader->is_request && reader->is_many ? ITEM_NONE : ITEM_HISTORY_END;
}

static enum history_item read_member(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    if (!json_reader_more(json, '}'))
        return json->status == STATUS_OK ? end_object(reader) : ITEM_FAILED;
    if (!json_reader_key(json, &reader->key) || !json_reader_value(json, &reader->value))
        return ITEM_FAILED;
    enum structural_key key = find_structural_key(reader);
    if (key != KEY_OTHER && can_open(reader, key))
        return open_structure(reader, key);
    return give(reader, ITEM_MEMBER, member_state(reader));
}

/* The outermost value, or an item of "histories". */
static enum history_item read_history(struct history_reader *reader)
{
    struct json_reader *json = &reader->json;
    bool is_item = reader->state == STATE_HISTORY;
    if (is_item && !json_reader_more(json, ']')) {
        reader->is_request = true;
        reader->state = STATE_REQUEST_MEMBER;
        return json->status == STATUS_OK ? ITEM_NONE : ITEM_FAILED;
    }
    if (!json_reader_value(json, &reader->value))
        return ITEM_FAILED;
    reader->is_request = !is_item;
    if (reader->value.type != JSON_IS_OBJECT)
        return give(reader, ITEM_HISTORY, is_item ? STATE_HISTORY : STATE_END);
    if (!json_reader_open(json, '{'))
        return ITEM_FAILED;
    reader->events_key = reader->keys.events[0];
    bool *has_had = reader->has_had[reader->is_request];
    has_had[KEY_EVENTS] = has_had[KEY_FIELDS] = has_had[KEY_HISTORIES] = false;
    reader->state = (int)member_state(reader);
    return ITEM_HISTORY;
}

static enum history_item skip(struct history_reader *reader)
{
    switch (json_reader_skip(&reader->json)) {
    case JSON_DONE:
        reader->state = reader->state_after;
        return ITEM_NONE;
    case JSON_PAUSED:
        return ITEM_PAUSED;
    case JSON_FAILED:
        break;
    }
    return ITEM_FAILED;
}

static enum history_item read_long_value(struct history_reader *reader)
{
    switch (json_reader_continue(&reader->json, &reader->value)) {
    case JSON_DONE:
        reader->state = reader->state_after;
        return (enum history_item)reader->later_item;
    case JSON_PAUSED:
        return ITEM_PAUSED;
    case JSON_FAILED:
        break;
    }
    return ITEM_FAILED;
}

static enum history_item step(struct history_reader *reader)
{
    switch ((enum history_state)reader->state) {
    case STATE_DOCUMENT:
    case STATE_HISTORY:
        return read_history(reader);
    case STATE_REQUEST_MEMBER:
    case STATE_HISTORY_MEMBER:
        return read_member(reader);
    case STATE_EVENT:
        return read_event(reader);
    case STATE_EVENT_FIELD:
        return read_event_field(reader);
    case STATE_FIELD:
        return read_field(reader);
    case STATE_SKIP:
        return skip(reader);
    case STATE_LONG:
        return read_long_value(reader);
    case STATE_END:
        break;
    }
    return json_reader_finish(&reader->json) ? ITEM_END : ITEM_FAILED;
}

enum history_item history_reader_next(struct history_reader *reader)
{
    enum history_item item = ITEM_NONE;
    while (item == ITEM_NONE) {
        if (reader->json.next > reader->json.pause)
            return ITEM_PAUSED;
        item = step(reader);
    }
    return item;
}

bool history_reader_raw(struct history_reader *reader, struct span *raw)
{
    const char *begin = reader->value.at, *pause = reader->json.pause;
    if (reader->state == STATE_SKIP) {
        reader->json.pause = reader->json.end;
        enum history_item item = skip(reader);
        reader->json.pause = pause;
        if (item == ITEM_FAILED)
            return false;
    }
    *raw = (struct span){.bytes = begin, .length = (size_t)(reader->json.next - begin)};
    return true;
}

/* ---- failures ------------------------------------------------------------------------------ */

/* Write the pointer of `at`, or leave that to whoever asked for the place. */
static void find_place(const struct history_reader *reader, const char *at,
                       struct error *err)
{
    if (reader->refused_at)
        *reader->refused_at = at ? at : reader->json.begin;
    else
        json_place_find(&reader->json, at, err);
}

enum status history_reader_error(const struct history_reader *reader, struct error *err)
{
    if (reader->json.status != STATUS_BAD_JSON || !reader->refused_at)
        return json_reader_error(&reader->json, err);
    if (err && err->status == STATUS_OK)
        *reader->refused_at = json_reader_problem(&reader->json, err);
    return STATUS_BAD_JSON;
}

enum status history_reader_refuse(const struct history_reader *reader, enum status status,
                                  const char *at, const char *expected, struct error *err,
                                  const char *format, ...)
{
    if (!err || err->status != STATUS_OK)
        return status;
    char received[sizeof err->received], text[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_reader_preview(&reader->json, at, received, sizeof received);
    error_mismatch(err, status, "", expected, received, "%s", text);
    find_place(reader, at, err);
    return status;
}

enum status history_reader_refuse_member(const struct history_reader *reader,
                                         const char *at, const char *member,
                                         const struct error *reason, struct error *err)
{
    if (!err || err->status != STATUS_OK)
        return reason->status;
    error_mismatch(err, reason->status, member, reason->expected, reason->received, "%s",
                   reason->text);
    find_place(reader, at, err);
    return reason->status;
}
