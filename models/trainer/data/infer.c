/* See infer.h.  Here: counting.  infer_schema.c draws the conclusions. */
#include "data/infer.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/infer_fields.h"

struct infer *infer_new(struct error *err)
{
    struct infer *infer = calloc(1, sizeof *infer);

    if (infer == NULL)
        error_no_memory(err);
    return infer;
}

void infer_free(struct infer *infer)
{
    if (infer == NULL)
        return;
    for (size_t i = 0; i < infer->count; i++) {
        free(infer->fields[i].name);
        value_counts_release(&infer->fields[i].values);
    }
    free(infer);
}

/* The field of that name, made if it is new; NULL when memory or room has run out. */
static struct seen *find(struct infer *infer, const char *name)
{
    struct seen *field = infer->fields;

    for (size_t i = 0; i < infer->count; i++, field++)
        if (strcmp(field->name, name) == 0)
            return field;
    if (infer->count == FIELDS_MOST)
        return NULL;
    field->name = strdup(name);
    if (field->name == NULL)
        return NULL;
    value_counts_init(&field->values);
    field->is_whole = true;
    infer->count++;
    return field;
}

/* Note a new history; returns whether the field stood in it before. */
static bool mark(struct infer *infer, struct seen *field)
{
    if (field->marked == infer->histories)
        return true;
    field->marked = infer->histories;
    field->histories++;
    return false;
}

static bool add_number(struct infer *infer, struct seen *field, double number,
                       size_t events)
{
    bool stood_here = mark(infer, field);

    if (field->numbers == 0)
        field->smallest = field->largest = number;
    field->numbers += events;
    field->smallest = number < field->smallest ? number : field->smallest;
    field->largest = number > field->largest ? number : field->largest;
    field->is_whole = field->is_whole && number == floor(number);
    field->varies = field->varies || (stood_here && number != field->last);
    field->last = number;
    return value_counts_add(&field->values, &number, sizeof number, events,
                            infer->histories);
}

static bool add_text(struct infer *infer, struct seen *field, const char *text,
                     size_t events)
{
    (void)mark(infer, field);
    field->texts += events;
    return value_counts_add(&field->values, text, strlen(text), events, infer->histories);
}

/* A value that so many events of the history have. */
static bool add_value(struct infer *infer, const char *name, const json_t *value,
                      size_t events)
{
    struct seen *field;

    if (json_is_null(value))
        return true;
    field = find(infer, name);
    if (field == NULL)
        return infer->count == FIELDS_MOST; /* more fields than that are not looked at */
    if (json_is_string(value))
        return add_text(infer, field, json_string_value(value), events);
    if (json_is_boolean(value))
        return add_text(infer, field, json_is_true(value) ? "true" : "false", events);
    if (json_is_number(value))
        return add_number(infer, field, json_number_value(value), events);
    field->others += events;
    return true;
}

static bool add_fields(struct infer *infer, const json_t *object, bool is_event,
                       size_t events)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_iterable(object), key, value)
    {
        if ((!is_event || strcmp(key, "time") != 0) &&
            !add_value(infer, key, value, events))
            return false;
    }
    return true;
}

/* Codes are names, too, but a number would be learnt as a quantity. */
static enum status refuse_name(const json_t *name, size_t index, struct error *err)
{
    char where[64], preview[64];

    pointer_join_index(where, sizeof where, "/events", index);
    pointer_join(where, sizeof where, where, "event");
    json_preview(name, preview, sizeof preview);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "a string", preview,
                          "the name of an event is a number");
}

enum status infer_add(struct infer *infer, const json_t *history, struct error *err)
{
    const json_t *events = json_object_get(history, "events");
    const json_t *first = json_array_get(events, 0);
    const json_t *time = json_object_get(first, "time");
    const json_t *event;
    size_t i;

    infer->histories++;
    infer->events += json_array_size(events);
    infer->timed += time != NULL && !json_is_null(time);
    if (!add_fields(infer, json_object_get(history, "fields"), false,
                    json_array_size(events)))
        return error_no_memory(err);
    json_array_foreach(events, i, event)
    {
        if (json_is_number(json_object_get(event, "event")))
            return refuse_name(json_object_get(event, "event"), i, err);
        bool is_added = json_is_string(event) ? add_value(infer, "event", event, 1)
                                              : add_fields(infer, event, true, 1);
        if (!is_added)
            return error_no_memory(err);
    }
    return STATUS_OK;
}
