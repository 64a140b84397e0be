/* See entry.h. */
#include "data/entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "data/dataset.h"

enum { WHERE = 96 };

/* Rename a key of an object, unless the name stays. */
static enum status rename_key(json_t *object, const char *from, const char *to,
                              struct error *err)
{
    json_t *value = json_object_get(object, from);

    if (value == NULL || strcmp(from, to) == 0)
        return STATUS_OK;
    if (json_object_set(object, to, value) != 0)
        return error_no_memory(err);
    json_object_del(object, from);
    return STATUS_OK;
}

/* A case from CSV has our names already. */
static enum status translate(const struct entry *entry, const struct keys *keys,
                             struct error *err)
{
    json_t *history = entry->history, *event;
    size_t i;
    enum status status;

    if (entry->event_lines != NULL)
        return STATUS_OK;
    if (json_object_get(history, keys->events) == NULL)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "there is no \"%.60s\"; --events names the array of events",
                         keys->events);
    status = rename_key(history, keys->events, "events", err);
    if (status == STATUS_OK)
        status = rename_key(history, *keys->id == '\0' ? "id" : keys->id, "id", err);
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        if (status == STATUS_OK && json_is_object(event))
            status = rename_key(event, keys->event, "event", err);
        if (status == STATUS_OK && json_is_object(event))
            status = rename_key(event, keys->time, "time", err);
    }
    return status;
}

/* A label may be a string, an integer or a boolean; it is known by its text. */
static enum status read_label(char room[LABEL_BYTES], const json_t *label,
                              const char *where, struct error *err)
{
    room[0] = '\0';
    if (json_is_string(label) && json_string_length(label) < LABEL_BYTES)
        utf8_copy(room, LABEL_BYTES, json_string_value(label));
    else if (json_is_integer(label))
        (void)snprintf(room, LABEL_BYTES, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(label));
    else if (json_is_boolean(label))
        utf8_copy(room, LABEL_BYTES, json_is_true(label) ? "true" : "false");
    if (room[0] != '\0')
        return STATUS_OK;
    return error_mismatch(err, STATUS_BAD_INPUT, where,
                          "a string, an integer or a boolean", json_kind(label),
                          !json_is_string(label) ? "the label is of another kind"
                          : json_string_length(label) == 0
                              ? "the label is empty"
                              : "the label is longer than 255 bytes");
}

/* In CSV any row of the case could have said it. */
static enum status read_only_label(struct entry *entry, const struct keys *keys,
                                   struct error *err)
{
    const json_t *label = json_object_get(entry->history, keys->label);
    const char *id = json_string_value(json_object_get(entry->history, "id"));
    char where[WHERE];

    pointer_join(where, sizeof where, "", keys->label);
    if (label != NULL)
        return read_label(entry->label, label, where, err);
    if (entry->event_lines != NULL)
        return error_set(err, STATUS_BAD_INPUT, where,
                         "no row of the case \"%.64s\" has a label", id);
    return error_set(err, STATUS_BAD_INPUT, where,
                     "the label is missing; --label names its key");
}

/* The label of an event: its own, else its history's; both may be NULL. */
static enum status add_label(struct entry *entry, const json_t *event, size_t index,
                             const struct keys *keys, const json_t *common,
                             struct error *err)
{
    const json_t *own = json_object_get(event, keys->label);
    bool has_own = own != NULL && !json_is_null(own);
    bool has_common = common != NULL && !json_is_null(common);
    char where[WHERE], room[LABEL_BYTES];
    enum status status;

    pointer_join_index(where, sizeof where, "/events", index);
    pointer_join(where, sizeof where, where, keys->label);
    if (!has_own && !has_common)
        return error_set(err, STATUS_BAD_INPUT, where, "%s",
                         entry->event_lines != NULL
                             ? "the row has no label, and its case has none or several"
                             : "the event has no label, nor has the whole history");
    status = read_label(room, has_own ? own : common, where, err);
    if (status != STATUS_OK)
        return status;
    return json_array_append_new(entry->labels, json_string(room)) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static enum status read_labels(struct entry *entry, const struct keys *keys,
                               struct error *err)
{
    const json_t *common = json_object_get(entry->history, keys->label), *event;
    enum status status = STATUS_OK;
    size_t i;

    entry->labels = json_array();
    if (entry->labels == NULL)
        return error_no_memory(err);
    json_array_foreach(json_object_get(entry->history, "events"), i, event)
    {
        if (status == STATUS_OK)
            status = add_label(entry, event, i, keys, common, err);
    }
    return status;
}

/*
 * What was right is no evidence: a label in the events or among the case-level fields must
 * never become a field that is learnt from.  Was there one?
 */
static bool strip_labels(json_t *history, const char *label)
{
    json_t *event;
    size_t i;
    bool has_one;

    if (strcmp(label, "event") == 0 || strcmp(label, "time") == 0)
        return false;
    has_one = json_object_del(json_object_get(history, "fields"), label) == 0;
    json_array_foreach(json_object_get(history, "events"), i, event)
    {
        has_one = json_object_del(event, label) == 0 || has_one;
    }
    return has_one;
}

enum status entry_read_part(struct entry *entry, const struct keys *keys,
                            struct error *err)
{
    static const char *const names[] = {"train", "val", "test"};
    const char *text = json_string_value(json_object_get(entry->history, keys->split));
    char where[WHERE];

    entry->part = PART_NONE;
    if (*keys->split == '\0')
        return STATUS_OK;
    for (int part = PART_LEARN; text != NULL && part <= PART_TEST; part++)
        if (strcmp(text, names[part]) == 0) {
            entry->part = (enum part)part;
            return STATUS_OK;
        }
    return error_mismatch(err, STATUS_BAD_INPUT,
                          pointer_join(where, sizeof where, "", keys->split),
                          "train, val or test", text == NULL ? "nothing" : text,
                          "the part of the split is missing or has another name");
}

enum status entry_read(struct entry *entry, const struct keys *keys, enum task target,
                       struct error *err)
{
    struct keys ours = *keys; /* after translation the label may have one of our names */
    enum status status;

    ours.label = strcmp(keys->label, keys->event) == 0  ? "event"
                 : strcmp(keys->label, keys->time) == 0 ? "time"
                                                        : keys->label;
    entry->label[0] = '\0';
    entry->posterior = json_incref(json_object_get(entry->history, "posterior"));
    status = translate(entry, keys, err);
    if (status == STATUS_OK && target == TASK_LAST)
        status = read_only_label(entry, keys, err);
    else if (status == STATUS_OK && target == TASK_EVERY)
        status = read_labels(entry, &ours, err);
    entry->had_inner_label = strip_labels(entry->history, ours.label);
    return status;
}

void entry_release(struct entry *entry)
{
    json_decref(entry->labels);
    json_decref(entry->posterior);
    json_decref(entry->history);
    entry->labels = entry->posterior = entry->history = NULL;
}
