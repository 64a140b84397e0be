/*
 * Labels, the split and the keys of one history.
 *
 * A record from CSV has our keys already, because cases.c made its history; only the keys of its
 * labels and of its part of the split are still the names of columns.
 */
#include "data/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

enum { POINTER_BYTES = 96, SHOWN_PATH_BYTES = 60 };

#define KEYS(member) offsetof(struct data_keys, member)

const struct option_def data_options[] = {
    {.name = "id",
     .kind = OPTION_TEXT,
     .offset = KEYS(id),
     .default_text = "",
     .help = "key of a history's id; empty: \"id\" in JSON Lines, \"case\" in CSV"},
    {.name = "label",
     .kind = OPTION_TEXT,
     .offset = KEYS(label),
     .default_text = "action",
     .help = "key of the label, the right action"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = KEYS(events),
     .default_text = "events",
     .help = "key of the array of events, in JSON Lines"},
    {.name = "event",
     .kind = OPTION_TEXT,
     .offset = KEYS(event),
     .default_text = "event",
     .help = "key of an event's name"},
    {.name = "time",
     .kind = OPTION_TEXT,
     .offset = KEYS(time),
     .default_text = "time",
     .help = "key of an event's time"},
    {.name = "split",
     .kind = OPTION_TEXT,
     .offset = KEYS(split),
     .default_text = "",
     .help = "key whose value is train, val or test; training never uses test"},
    {.name = "skip-bad",
     .kind = OPTION_SWITCH,
     .offset = KEYS(skip_bad),
     .default_text = "false",
     .help = "list histories that cannot be read, and go on without them"},
    {.name = NULL},
};

/* ---- the split ---- */

enum status record_read_part(struct record *record, const struct data_keys *keys,
                             struct error *err)
{
    static const char *const names[] = {
        [PART_TRAIN] = "train", [PART_VALIDATION] = "val", [PART_TEST] = "test"};
    record->part = PART_NONE;
    if (*keys->split == '\0')
        return STATUS_OK;
    const char *text = json_string_value(json_object_get(record->history, keys->split));
    for (int part = PART_TRAIN; text && part <= PART_TEST; part++)
        if (strcmp(text, names[part]) == 0) {
            record->part = (enum part)part;
            return STATUS_OK;
        }
    char where[POINTER_BYTES];
    return error_mismatch(err, STATUS_BAD_INPUT,
                          pointer_join(where, sizeof where, "", keys->split),
                          "train, val or test", text ? text : "nothing",
                          "the part of the split is missing or unknown");
}

/* ---- labels ---- */

/* A label may be a string, an integer or a boolean; it is used as text. */
static enum status read_label(char buffer[LABEL_BYTES], const json_t *label,
                              const char *where, struct error *err)
{
    buffer[0] = '\0';
    if (json_is_string(label) && json_string_length(label) < LABEL_BYTES)
        utf8_copy(buffer, LABEL_BYTES, json_string_value(label));
    else if (json_is_integer(label))
        (void)snprintf(buffer, LABEL_BYTES, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(label));
    else if (json_is_boolean(label))
        utf8_copy(buffer, LABEL_BYTES, json_is_true(label) ? "true" : "false");
    if (buffer[0] != '\0')
        return STATUS_OK;
    const char *reason = !json_is_string(label) ? "the label has another type"
                         : json_string_length(label) == 0
                             ? "the label is empty"
                             : "the label is longer than 255 bytes";
    return error_mismatch(err, STATUS_BAD_INPUT, where,
                          "a string, an integer or a boolean", json_kind(label), "%s",
                          reason);
}

/* TASK_LAST: the label of the whole history. */
static enum status read_history_label(struct record *record, const char *key,
                                      struct error *err)
{
    char where[POINTER_BYTES];
    pointer_join(where, sizeof where, "", key);
    const json_t *label = json_object_get(record->history, key);
    if (label)
        return read_label(record->label, label, where, err);
    if (!record->event_lines)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "the label is missing; --label names its key");
    return error_set(err, STATUS_BAD_INPUT, where,
                     "no row of the case \"%.64s\" has a label",
                     json_string_value(json_object_get(record->history, "id")));
}

/* TASK_EVERY: the label of one event, which is its own, else that of its history. */
static enum status add_event_label(struct record *record, const char *key,
                                   const json_t *event, size_t index, struct error *err)
{
    char where[POINTER_BYTES], text[LABEL_BYTES];
    pointer_join_index(where, sizeof where, "/events", index);
    pointer_join(where, sizeof where, where, key);
    const json_t *label = json_object_get(event, key);
    if (!label || json_is_null(label))
        label = json_object_get(record->history, key);
    if (!label || json_is_null(label))
        return error_set(err, STATUS_BAD_INPUT, where, "%s",
                         record->event_lines
                             ? "the row has no label, and its case has none or several"
                             : "neither the event nor its history has a label");
    RETURN_IF_ERROR(read_label(text, label, where, err));
    return json_array_append_new(record->labels, json_string(text)) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static enum status read_event_labels(struct record *record, const char *key,
                                     struct error *err)
{
    record->labels = json_array();
    if (!record->labels)
        return error_no_memory(err);
    const json_t *event;
    size_t i;
    json_array_foreach(json_object_get(record->history, "events"), i, event)
    {
        RETURN_IF_ERROR(add_event_label(record, key, event, i, err));
    }
    return STATUS_OK;
}

/*
 * Remove labels from the events and from the case-level fields: a label must never become an
 * input of the model.  Returns whether there was one.
 */
static bool remove_inner_labels(json_t *history, const char *key)
{
    if (strcmp(key, "event") == 0 || strcmp(key, "time") == 0)
        return false;
    bool has_label = json_object_del(json_object_get(history, "fields"), key) == 0;
    json_t *event;
    size_t i;
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        has_label = json_object_del(event, key) == 0 || has_label;
    }
    return has_label;
}

/* ---- keys ---- */

static enum status rename_key(json_t *object, const char *from, const char *to,
                              struct error *err)
{
    json_t *value = json_object_get(object, from);
    if (!value || strcmp(from, to) == 0)
        return STATUS_OK;
    if (json_object_set(object, to, value) != 0)
        return error_no_memory(err);
    json_object_del(object, from);
    return STATUS_OK;
}

static enum status rename_keys(json_t *history, const struct data_keys *keys,
                               struct error *err)
{
    if (!json_object_get(history, keys->events))
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no key \"%.60s\"; --events names the array of events",
                         keys->events);
    RETURN_IF_ERROR(rename_key(history, keys->events, "events", err));
    RETURN_IF_ERROR(rename_key(history, *keys->id == '\0' ? "id" : keys->id, "id", err));
    json_t *event;
    size_t i;
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        if (!json_is_object(event))
            continue;
        RETURN_IF_ERROR(rename_key(event, keys->event, "event", err));
        RETURN_IF_ERROR(rename_key(event, keys->time, "time", err));
    }
    return STATUS_OK;
}

enum status record_read(struct record *record, const struct data_keys *keys,
                        enum task task, struct error *err)
{
    record->label[0] = '\0';
    record->posterior = json_incref(json_object_get(record->history, "posterior"));
    if (!record->event_lines)
        RETURN_IF_ERROR(rename_keys(record->history, keys, err));
    /* the label may be the name or the time of an event, whose keys have just been renamed */
    const char *key = strcmp(keys->label, keys->event) == 0  ? "event"
                      : strcmp(keys->label, keys->time) == 0 ? "time"
                                                             : keys->label;
    if (task == TASK_LAST)
        RETURN_IF_ERROR(read_history_label(record, keys->label, err));
    else if (task == TASK_EVERY)
        RETURN_IF_ERROR(read_event_labels(record, key, err));
    record->has_inner_label = remove_inner_labels(record->history, key);
    return STATUS_OK;
}

void record_release(struct record *record)
{
    json_decref(record->labels);
    json_decref(record->posterior);
    json_decref(record->history);
    record->labels = record->posterior = record->history = NULL;
}

/* ---- errors, with the keys of the data ---- */

void file_line_write(char *buffer, size_t size, const char *file, size_t line)
{
    size_t length = strlen(file);
    bool is_cut = length > SHOWN_PATH_BYTES;
    const char *tail = is_cut ? file + length - SHOWN_PATH_BYTES : file;
    (void)snprintf(buffer, size, "%s%s:%zu", is_cut ? "..." : "", tail, line);
}

/* Append the last part of a pointer into an event, with the data's key for name or time. */
static void append_member(char *buffer, size_t size, const struct data_keys *keys,
                          const char *member)
{
    size_t used = strlen(buffer);
    if (strcmp(member, "/event") == 0)
        pointer_join(buffer, size, buffer, keys->event);
    else if (strcmp(member, "/time") == 0)
        pointer_join(buffer, size, buffer, keys->time);
    else
        (void)snprintf(buffer + used, size - used, "%s", member);
}

static const char events_pointer[] = "/events";
enum { EVENTS_POINTER_BYTES = sizeof events_pointer - 1 };

/* JSON Lines: "/events/3/time" becomes "/steps/3/ts". */
static void write_pointer(const struct data_keys *keys, const char *pointer, char *buffer,
                          size_t size)
{
    const char *rest = pointer + EVENTS_POINTER_BYTES;
    if (strncmp(pointer, events_pointer, EVENTS_POINTER_BYTES) != 0 ||
        (*rest != '\0' && *rest != '/')) {
        (void)snprintf(buffer, size, "%s", pointer);
        return;
    }
    pointer_join(buffer, size, "", keys->events);
    size_t index_bytes = *rest == '/' ? 1 + strspn(rest + 1, "0123456789") : 0;
    size_t used = strlen(buffer);
    (void)snprintf(buffer + used, size - used, "%.*s", (int)index_bytes, rest);
    append_member(buffer, size, keys, rest + index_bytes);
}

/* CSV: "/events/3/time" becomes "ts", the name of a column.  Returns the line of the row. */
static size_t write_column(const struct record *record, const struct data_keys *keys,
                           const char *pointer, char *buffer, size_t size)
{
    size_t line = record->line;
    char column[POINTER_BYTES] = "";
    if (strncmp(pointer, events_pointer, EVENTS_POINTER_BYTES) == 0 &&
        pointer[EVENTS_POINTER_BYTES] == '/') {
        char *end;
        size_t event = strtoul(pointer + EVENTS_POINTER_BYTES + 1, &end, 10);
        line = event < record->event_count ? record->event_lines[event] : line;
        pointer = end;
    }
    append_member(column, sizeof column, keys, pointer);
    (void)snprintf(buffer, size, "%s", column + (*column == '/'));
    return line;
}

void record_error(const struct record *record, const struct data_keys *keys,
                  const struct error *inner, struct error *err)
{
    const char *pointer = inner->where[0] == '/' ? inner->where : "";
    char where[POINTER_BYTES], place[POINTER_BYTES];
    size_t line = record->line;
    if (record->event_lines)
        line = write_column(record, keys, pointer, place, sizeof place);
    else
        write_pointer(keys, pointer, place, sizeof place);
    file_line_write(where, sizeof where, record->file, line);
    (void)error_mismatch(err, inner->status, where, inner->expected, inner->received,
                         "%s%s%s", place, *place != '\0' ? ": " : "",
                         inner->text[0] != '\0' ? inner->text
                                                : triage_status_text(inner->status));
}
