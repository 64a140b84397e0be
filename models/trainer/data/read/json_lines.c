/*
 * The items of the history reader become values on the tape.  The keys of events are looked up once
 * in a history; later events find them by the tags of the reader.
 */
#include "data/read/json_lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json_reader.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "data/common/case_ids.h"
#include "data/read/record_lines.h"
#include "data/read/text_shape.h"

enum { HINT_BYTES = 240, LISTED_BYTES = 80 };

enum status json_lines_init(struct json_lines *lines, const struct data_keys *keys,
                            bool wants_posterior, bool wants_test, struct error *err)
{
    (void)err;
    *lines = (struct json_lines){
        .keys = keys, .wants_posterior = wants_posterior, .wants_test = wants_test};
    arena_init(&lines->arena, SIZE_MAX);
    arena_init(&lines->part_arena, SIZE_MAX);
    data_keys_parts(keys, &lines->part_keys);
    lines->history_keys = (struct history_keys){
        .events = {keys->events, keys->may_fall_back ? "events" : ""}};
    return STATUS_OK;
}

void json_lines_release(struct json_lines *lines)
{
    history_reader_release(&lines->reader);
    arena_release(&lines->arena);
    arena_release(&lines->part_arena);
    free(lines->columns);
    *lines = (struct json_lines){.block = 0};
}

/* ---- columns ---- */

/* What a key of events is: that of their names, of a part of them, or of a field. */
static uint8_t find_role(const struct json_lines *lines, struct span key)
{
    uint32_t part = name_keys_find(&lines->part_keys, key);
    if (span_is(key, lines->keys->event))
        return JSON_NAME;
    if (part < lines->part_keys.count)
        return (uint8_t)(JSON_PART + part);
    return lines->keys->may_fall_back && span_is(key, "event") ? JSON_NAME : JSON_FIELD;
}

/* The index of a key among the names; MAP_NONE without memory. */
static uint32_t find_name(struct json_lines *lines, struct span key)
{
    uint32_t known = lines->names.count;
    if (!array_reserve(&lines->columns, known, &lines->column_capacity,
                       sizeof *lines->columns))
        return MAP_NONE;
    uint32_t index = strmap_add(&lines->names, key.bytes, key.length, &lines->arena);
    if (index == known)
        lines->columns[index] =
            (struct json_name){.column = MAP_NONE, .role = find_role(lines, key)};
    return index;
}

/* The column of the field that the reader is at, and what it is in an event. */
static uint32_t field_column(struct json_lines *lines, uint32_t *tag, uint8_t *role)
{
    uint32_t index = tag && *tag != 0 ? *tag - 1 : find_name(lines, lines->reader.key);
    *role = JSON_FIELD;
    if (index == MAP_NONE) {
        lines->writer->has_failed = true;
        return MAP_NONE;
    }
    if (tag)
        *tag = index + 1;
    struct json_name *name = &lines->columns[index];
    if (name->block != lines->block) {
        const struct strmap_key *key = &lines->names.keys[index];
        name->block = lines->block;
        name->column =
            tape_writer_column(lines->writer, SCOPE_FIELD, key->bytes, key->length);
    }
    *role = name->role;
    return name->column;
}

static uint32_t member_column(struct json_lines *lines, uint32_t *column,
                              const char *name)
{
    if (*column == MAP_NONE)
        *column = tape_writer_column(lines->writer, SCOPE_MEMBER, name, strlen(name));
    return *column;
}

/* ---- values ---- */

static void write_value(struct json_lines *lines, uint32_t column,
                        const struct json_value *value)
{
    static const enum tape_kind kinds[] = {
        [JSON_IS_NULL] = TAPE_NULL,    [JSON_IS_FALSE] = TAPE_FALSE,
        [JSON_IS_TRUE] = TAPE_TRUE,    [JSON_IS_ARRAY] = TAPE_OTHER,
        [JSON_IS_OBJECT] = TAPE_OTHER,
    };
    if (value->type == JSON_IS_STRING)
        tape_write_text(lines->writer, column, value->text.bytes, value->text.length);
    else if (value->type == JSON_IS_NUMBER)
        tape_write_number(lines->writer, column, value->text.bytes, value->text.length);
    else
        tape_write_literal(lines->writer, column, kinds[value->type]);
}

/* The hash of an id, which finds equal ones, and the id itself, which messages show. */
static void write_id(struct json_lines *lines, struct span id)
{
    uint32_t column = member_column(lines, &lines->id, "id");
    tape_write_integer(lines->writer, column, (int64_t)case_id_hash(id));
    tape_write_text(lines->writer, column, id.bytes, id.length);
}

static enum status refuse(struct json_lines *lines, const char *expected,
                          struct error *err, const char *text)
{
    return history_reader_refuse(&lines->reader, STATUS_BAD_INPUT, lines->reader.value.at,
                                 expected, err, "%s", text);
}

/* The events are something else than an array. */
static enum status refuse_events(struct json_lines *lines, struct error *err)
{
    const struct json_value *value = &lines->reader.value;
    char text[HINT_BYTES] = "expected an array";
    bool is_text = value->type == JSON_IS_STRING && value->text.length > 0 &&
                   value->text.bytes[0] == '[';
    if (is_text)
        (void)snprintf(text, sizeof text,
                       "expected an array; of the JSON text that it is, jq -c "
                       "'.[\"%.40s\"] |= fromjson' makes one",
                       lines->keys->events);
    return refuse(lines, "an array", err, text);
}

/* The probabilities of {"posterior": {ACTION: p, ...}}, from its text. */
static void write_posterior(struct json_lines *lines, struct span raw)
{
    struct json_reader reader = {.begin = NULL};
    struct span key;
    struct json_value value;
    char name[256] = POSTERIOR_PREFIX;
    const size_t prefix = sizeof POSTERIOR_PREFIX - 1;
    json_reader_init(&reader, raw.bytes, raw.length);
    if (json_reader_open(&reader, '{'))
        while (json_reader_more(&reader, '}') && json_reader_key(&reader, &key)) {
            size_t length = utf8_cut(key.bytes, key.length, sizeof name - prefix);
            memcpy(name + prefix, key.bytes, length);
            if (!json_reader_value(&reader, &value))
                break;
            if (value.type == JSON_IS_ARRAY || value.type == JSON_IS_OBJECT)
                (void)json_reader_skip(&reader);
            write_value(
                lines,
                tape_writer_column(lines->writer, SCOPE_MEMBER, name, prefix + length),
                &value);
        }
    json_reader_release(&reader);
}

static void write_probability(struct json_lines *lines, uint32_t column, double p)
{
    int64_t bits;
    memcpy(&bits, &p, sizeof bits);
    tape_write_integer(lines->writer, column, bits);
}

/* The probabilities of {"posteriors": [[p, ...], ...]}, from its text. */
static void write_posteriors(struct json_lines *lines, struct span raw)
{
    struct json_reader reader = {.begin = NULL};
    struct json_value value;
    uint32_t column = tape_writer_column(lines->writer, SCOPE_MEMBER, POSTERIORS_COLUMN,
                                         sizeof POSTERIORS_COLUMN - 1);
    json_reader_init(&reader, raw.bytes, raw.length);
    if (json_reader_open(&reader, '['))
        while (json_reader_more(&reader, ']')) {
            tape_write_integer(lines->writer, column, POSTERIORS_EVENT);
            if (json_reader_peek(&reader) != '[') {
                write_probability(lines, column, (double)NAN);
                if (!json_reader_value(&reader, &value) ||
                    (value.type == JSON_IS_OBJECT && !json_reader_skip(&reader)))
                    break;
                continue;
            }
            (void)json_reader_open(&reader, '[');
            while (json_reader_more(&reader, ']')) {
                if (!json_reader_value(&reader, &value))
                    break;
                if (value.type == JSON_IS_ARRAY || value.type == JSON_IS_OBJECT)
                    (void)json_reader_skip(&reader);
                write_probability(lines, column,
                                  value.type == JSON_IS_NUMBER ? value.number
                                                               : (double)NAN);
            }
        }
    json_reader_release(&reader);
}

/* A member of the history, before its value is skipped; line: of the block. */
static enum status read_member(struct json_lines *lines, uint32_t line, struct error *err)
{
    struct history_reader *reader = &lines->reader;
    const struct data_keys *keys = lines->keys;
    const struct json_value *value = &reader->value;
    bool is_open = value->type == JSON_IS_ARRAY || value->type == JSON_IS_OBJECT;
    struct span key = reader->key, raw;
    lines->writer->target = TARGET_MEMBERS;
    if (span_is(key, keys->label) && !span_is(key, keys->events)) {
        if (is_open)
            return refuse(lines, "a string, a number or a boolean", err,
                          "the label has another type");
        write_value(lines, member_column(lines, &lines->label, keys->label), value);
    } else if (*keys->split != '\0' && span_is(key, keys->split)) {
        if (value->type != JSON_IS_STRING)
            return refuse(lines, "train, val or test", err,
                          "the part of the split is unknown");
        write_value(lines, member_column(lines, &lines->split, keys->split), value);
    } else if (span_is(key, *keys->id != '\0' ? keys->id : "id")) {
        if (is_open)
            return refuse(lines, "a string or an integer", err,
                          "expected a string or an integer");
        if (value->type == JSON_IS_STRING || value->type == JSON_IS_NUMBER)
            write_id(lines, value->text);
    } else if (lines->wants_posterior && span_is(key, "posterior") &&
               value->type == JSON_IS_OBJECT) {
        if (!history_reader_raw(reader, &raw))
            return STATUS_OK; /* the next item says why */
        write_posterior(lines, raw);
    } else if (lines->wants_posterior && span_is(key, "posteriors") &&
               value->type == JSON_IS_ARRAY) {
        if (!history_reader_raw(reader, &raw))
            return STATUS_OK; /* the next item says why */
        write_posteriors(lines, raw);
    } else if (span_is(key, keys->events) ||
               (keys->may_fall_back && span_is(key, "events"))) {
        return refuse_events(lines, err);
    } else if (span_is(key, "fields") && value->type != JSON_IS_NULL) {
        return refuse(lines, "an object", err, "expected an object");
    } else if (!span_is(key, "fields")) {
        if (lines->is_first) /* a column without values, for "did you mean" */
            (void)tape_writer_column(lines->writer, SCOPE_MEMBER, key.bytes, key.length);
        unread_members_note(&lines->unread, key, value, line);
    }
    return STATUS_OK;
}

/* ---- a history ---- */

struct line_state {
    uint32_t events;
    bool is_event_open, has_name, has_parts;
    char event_pointer[24];
};

/* The name of an event: a string, null, or a number or boolean as text. */
static enum status read_name(struct json_lines *lines, uint32_t column,
                             struct line_state *state, struct error *err)
{
    const struct json_value *value = &lines->reader.value;
    if (state->has_name)
        return refuse(lines, "one name", err, "the event has two names");
    state->has_name = true;
    if (value->type == JSON_IS_ARRAY || value->type == JSON_IS_OBJECT)
        return refuse(lines, "a string", err, "the name of an event must be a string");
    if (value->type == JSON_IS_STRING && value->text.length == 0)
        return refuse(lines, "a name", err, "the name of the event is empty");
    write_value(lines, column, value);
    return STATUS_OK;
}

/* The column of the events' names. */
static uint32_t name_column(struct json_lines *lines)
{
    uint8_t role;
    struct span own = lines->reader.key;
    lines->reader.key =
        (struct span){.bytes = lines->keys->event, .length = strlen(lines->keys->event)};
    uint32_t column = field_column(lines, NULL, &role);
    lines->reader.key = own;
    return column;
}

/* A part of the name of an event.  It is a field, too, until it is known that names are joined. */
static enum status read_part(struct json_lines *lines, uint32_t part,
                             struct line_state *state, struct error *err)
{
    if (!state->has_parts) {
        arena_reset(&lines->part_arena);
        lines->parts = (struct name_parts){.list = {{.kind = PART_ABSENT}}};
    }
    state->has_parts = true;
    if (!name_parts_add(&lines->parts, part, &lines->reader.value, &lines->part_arena,
                        &lines->writer->has_failed))
        return refuse(lines, "a string", err,
                      "a part of the name of an event must be a string");
    return STATUS_OK;
}

static enum status read_event(struct json_lines *lines, struct line_state *state,
                              struct error *err)
{
    struct history_reader *reader = &lines->reader;
    lines->writer->target = TARGET_EVENTS;
    state->events++;
    state->has_name = state->has_parts = false;
    state->is_event_open = reader->value.type == JSON_IS_OBJECT;
    if (state->is_event_open)
        return STATUS_OK;
    if (reader->value.type != JSON_IS_STRING)
        return refuse(lines, "a string or an object", err,
                      "an event must be a string or an object");
    uint32_t column = name_column(lines);
    RETURN_IF_ERROR(read_name(lines, column, state, err));
    tape_write_end(lines->writer);
    return STATUS_OK;
}

static enum status read_field(struct json_lines *lines, struct line_state *state,
                              bool is_of_event, struct error *err)
{
    uint8_t role;
    uint32_t *tag = is_of_event ? lines->reader.tag : NULL;
    lines->writer->target = is_of_event ? TARGET_EVENTS : TARGET_FIELDS;
    uint32_t column = field_column(lines, tag, &role);
    if (role == JSON_NAME && is_of_event)
        return read_name(lines, column, state, err);
    if (role >= JSON_PART && is_of_event)
        RETURN_IF_ERROR(read_part(lines, role - JSON_PART, state, err));
    else if (role >= JSON_PART)
        lines->writer->outer_parts |= (uint8_t)(1U << (role - JSON_PART));
    write_value(lines, column, &lines->reader.value);
    return STATUS_OK;
}

/* The keys that have been seen in events tell what was meant. */
static enum status refuse_event(const struct json_lines *lines, const char *where,
                                struct error *err)
{
    char phrase[SUGGEST_PHRASE], keys[HINT_BYTES] = "";
    struct suggestion suggestion;
    const struct span event = {.bytes = lines->keys->event,
                               .length = strlen(lines->keys->event)};
    const struct span wanted =
        lines->part_keys.count > 0 ? lines->part_keys.list[0] : event;
    suggestion_init(&suggestion, wanted.bytes, wanted.length);
    for (uint32_t i = 0; i < lines->names.count; i++) {
        const struct strmap_key *key = &lines->names.keys[i];
        const struct span name = {.bytes = key->bytes, .length = key->length};
        size_t used = strlen(keys);
        if (lines->part_keys.count > 0 && span_is(name, lines->keys->event))
            continue; /* the joined name of another event */
        if (name_keys_find(&lines->part_keys, name) == lines->part_keys.count)
            suggestion_offer(&suggestion, key->bytes, key->length);
        if (used + key->length + 6 < LISTED_BYTES)
            (void)snprintf(keys + used, sizeof keys - used, "%s\"%s\"",
                           used == 0 ? "" : ", ", key->bytes);
    }
    suggestion_phrase(&suggestion, "", phrase, sizeof phrase);
    if (suggestion.nearest || keys[0] == '\0')
        return error_set(
            err, STATUS_BAD_INPUT, where,
            "the event has no \"%.40s\"%s; --event names the key of its name",
            lines->keys->event, phrase);
    return error_set(
        err, STATUS_BAD_INPUT, where,
        "the event has no \"%.24s\" (it has %s); --event names the key of its "
        "name",
        lines->keys->event, keys);
}

/*
 * The event has parts of a name.  A name of its own wins, where the data has both by chance; what is read
 * for a model is refused as in a request.
 */
static enum status join_name(struct json_lines *lines, struct line_state *state,
                             const char *where, struct error *err)
{
    struct json_value name = {.type = JSON_IS_NULL};
    (void)name_parts_join(&lines->parts, &name, &lines->part_arena,
                          &lines->writer->has_failed);
    if (state->has_name && lines->keys->may_fall_back)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "one name", "two",
                              "the event has two names");
    if (state->has_name || lines->writer->has_failed)
        return STATUS_OK;
    if (name.type == JSON_IS_STRING && name.text.length == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, where, "a name", "\"\"",
                              "the name of the event is empty");
    state->has_name = lines->writer->has_joined_names = true;
    write_value(lines, name_column(lines), &name);
    return STATUS_OK;
}

static enum status end_event(struct json_lines *lines, struct line_state *state,
                             struct error *err)
{
    char where[64];
    if (state->has_parts) {
        (void)snprintf(where, sizeof where, "/%.40s/%u", lines->keys->events,
                       (unsigned)state->events - 1);
        RETURN_IF_ERROR(join_name(lines, state, where, err));
    } else if (!state->has_name) {
        (void)snprintf(where, sizeof where, "/%.40s/%u", lines->keys->events,
                       (unsigned)state->events - 1);
        return refuse_event(lines, where, err);
    }
    tape_write_end(lines->writer);
    return STATUS_OK;
}

static enum status check_events(const struct json_lines *lines,
                                const struct line_state *state, struct error *err)
{
    const char *key = lines->keys->events;
    if (!lines->reader.has_events)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no key \"%.60s\"; --events names the array of events", key);
    if (state->events == 0) {
        char where[64];
        (void)snprintf(where, sizeof where, "/%.60s", key);
        return error_set(err, STATUS_BAD_INPUT, where, "there are no events");
    }
    return STATUS_OK;
}

static enum status read_items(struct json_lines *lines, uint32_t line, struct error *err)
{
    struct history_reader *reader = &lines->reader;
    struct line_state state = {.events = 0};
    unread_members_begin(&lines->unread);
    for (;;) {
        switch (history_reader_next(reader)) {
        case ITEM_HISTORY:
            if (reader->value.type != JSON_IS_OBJECT)
                return refuse(lines, "an object", err, "the line is not an object");
            break;
        case ITEM_MEMBER:
            RETURN_IF_ERROR(read_member(lines, line, err));
            break;
        case ITEM_FIELD:
            RETURN_IF_ERROR(read_field(lines, &state, false, err));
            break;
        case ITEM_EVENT:
            RETURN_IF_ERROR(read_event(lines, &state, err));
            break;
        case ITEM_EVENT_FIELD:
            RETURN_IF_ERROR(read_field(lines, &state, true, err));
            break;
        case ITEM_EVENT_END:
            RETURN_IF_ERROR(end_event(lines, &state, err));
            break;
        case ITEM_HISTORY_END:
            RETURN_IF_ERROR(check_events(lines, &state, err));
            break;
        case ITEM_END: /* only now is it known that nothing follows the history */
            tape_history_end(lines->writer, line, state.events);
            unread_members_end(&lines->unread);
            return STATUS_OK;
        case ITEM_FAILED:
            return history_reader_error(reader, err);
        case ITEM_NONE:
        case ITEM_PAUSED:
            break;
        }
    }
}

/* The last byte of a line that is not blank. */
static char last_byte(const char *bytes, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", bytes[length - 1]))
        length--;
    return length > 0 ? bytes[length - 1] : '\0';
}

/* A line that is not JSON: what the file probably is. */
static const char *hint_of(const char *bytes, size_t length, bool is_followed,
                           const struct error *err)
{
    char last = last_byte(bytes, length);
    bool is_whole = err->status == STATUS_BAD_JSON &&
                    strstr(err->text, "text after the value") != NULL;
    if (is_whole && last == ',')
        return "; a comma is after the object: sed 's/,[ \\r]*$//' takes it off";
    if (is_whole && strcmp(err->received, "an object") == 0)
        return "; several objects in one line: jq -c . makes one line of each history";
    size_t first = 0;
    while (first < length && strchr(" \t\xef\xbb\xbf", bytes[first]))
        first++;
    if (first < length && bytes[first] == '[')
        return "; a JSON array: jq -c '.[]' makes one history a line of it";
    if (is_followed && (last == '{' || last == '[' || last == ','))
        return "; JSON over several lines: jq -c . makes one line of each history";
    return "";
}

/* Is the history, which is JSON, of the part test? */
static bool is_test(const struct json_lines *lines, const char *bytes, size_t length)
{
    struct json_reader reader = {.begin = NULL};
    struct span key;
    struct json_value value;
    bool is_found = false;
    json_reader_init(&reader, bytes, length);
    if (json_reader_peek(&reader) == '{' && json_reader_open(&reader, '{'))
        while (!is_found && json_reader_more(&reader, '}') &&
               json_reader_key(&reader, &key)) {
            bool is_split = span_is(key, lines->keys->split);
            if (!json_reader_value(&reader, &value))
                break;
            if (value.type == JSON_IS_ARRAY || value.type == JSON_IS_OBJECT)
                (void)json_reader_skip(&reader);
            else
                is_found = is_split && value.type == JSON_IS_STRING &&
                           span_is(value.text, "test");
        }
    if (reader.status == STATUS_NO_MEMORY)
        lines->writer->has_failed = true;
    json_reader_release(&reader);
    return is_found;
}

/* The first line of a block cannot be read: what the file probably is, and what helps. */
static void explain_shape(const struct json_lines *lines, const char *bytes,
                          size_t length, size_t rest, struct error *err)
{
    const char *hint = hint_of(bytes, length, rest > length + 1, err);
    const char *end = bytes + rest;
    char text[HINT_BYTES], problem[HINT_BYTES];
    struct json_shape shape;
    while (end - bytes > 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3; /* byte order marks */
    json_shape_find(&shape, bytes, (size_t)(end - bytes), lines->keys->events);
    json_shape_hint(&shape, lines->keys, text, sizeof text);
    bool is_json = err->status != STATUS_BAD_JSON;
    bool lacks_events = is_json && shape.is_object && !shape.has_events;
    if (*hint == '\0' && !lacks_events)
        return;
    utf8_copy(problem, sizeof problem, is_json ? "the line is not an object" : err->text);
    if (lacks_events)
        (void)snprintf(problem, sizeof problem, "no key \"%.40s\"", lines->keys->events);
    bool has_text = text[0] != '\0' && (lacks_events || shape.is_wrapper);
    if (lacks_events && !has_text && shape.keys[0] != '\0')
        (void)snprintf(problem, sizeof problem, "no key \"%.24s\" (there is %s)",
                       lines->keys->events, shape.keys);
    *err = (struct error){.status = STATUS_OK};
    (void)error_set(err, STATUS_BAD_INPUT, "", "%.120s%s", problem,
                    has_text       ? text
                    : lacks_events ? "; --events names the array of events"
                                   : hint);
}

/*
 * rest: bytes of the block from the beginning of the line.  record: what a numbered line is; NULL.
 */
static bool read_line(struct json_lines *lines, const char *bytes, size_t length,
                      uint32_t line, size_t rest, const struct record_line *record,
                      struct block_problems *problems)
{
    struct error err = {.status = STATUS_OK};
    tape_history_begin(lines->writer);
    history_reader_start(&lines->reader, &lines->history_keys, bytes, length);
    if (read_items(lines, line, &err) == STATUS_OK)
        return !lines->writer->has_failed;
    tape_history_drop(lines->writer);
    if (err.status == STATUS_NO_MEMORY) {
        lines->writer->has_failed = true;
        return false;
    }
    if (err.status == STATUS_BAD_INPUT && !lines->wants_test &&
        *lines->keys->split != '\0' && is_test(lines, bytes, length))
        return true;
    if (lines->writer->has_failed)
        return false;
    if (record)
        record_line_place(record, &err);
    else if (line == 0)
        explain_shape(lines, bytes, length, rest, &err);
    return block_problems_add(problems, line, &err);
}

static bool read_numbered(struct json_lines *lines, char *bytes, size_t length,
                          struct block_problems *problems)
{
    struct record_line record;
    record_line_parse(&record, bytes, length);
    if (record.kind == RECORD_HISTORY)
        return read_line(lines, record.text, record.length, record.line, record.length,
                         &record, problems);
    struct error err = {.status = STATUS_OK};
    record_line_problem(&record, &err);
    problems->is_torn = problems->is_torn || record.kind == RECORD_TORN;
    return block_problems_add(problems, record.line, &err) && !problems->is_torn;
}

uint32_t json_lines_read(struct json_lines *lines, struct tape_writer *writer,
                         char *bytes, size_t length, struct block_problems *problems)
{
    char *at = bytes, *end = bytes + length;
    uint32_t line = 0;
    bool goes_on = true;
    lines->writer = writer;
    lines->block++;
    lines->label = lines->split = lines->id = MAP_NONE;
    while (at < end && goes_on) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t bytes_of_line = (size_t)((line_end ? line_end : end) - at);
        lines->is_first = line == 0;
        if (lines->is_numbered)
            goes_on = read_numbered(lines, at, bytes_of_line, problems);
        else if (!json_are_blank(at, bytes_of_line))
            goes_on = read_line(lines, at, bytes_of_line, line, (size_t)(end - at), NULL,
                                problems);
        line += line_end != NULL;
        at = line_end ? line_end + 1 : end;
    }
    return lines->is_numbered ? 0 : line;
}
