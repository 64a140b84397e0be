/*
 * See infer.h.  Counts are kept in jansson objects: value -> how often.
 */
#include "infer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { FIELDS_MOST = 200, VALUES_MOST = 20000, SEEN_LEAST = 2, NAME_MOST = 200 };

struct seen {
    char *name;
    json_t *values; /* text -> count */
    size_t texts, numbers, others;
    size_t histories; /* in which the field stands */
    size_t marked;    /* the last history that counted */
    double smallest, largest;
};

struct infer {
    struct seen fields[FIELDS_MOST];
    size_t count, histories, timed;
};

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
        json_decref(infer->fields[i].values);
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
    field->values = json_object();
    if (field->name == NULL || field->values == NULL) {
        free(field->name);
        json_decref(field->values);
        return NULL;
    }
    infer->count++;
    return field;
}

static bool count_value(struct seen *field, const char *value)
{
    json_t *count = json_object_get(field->values, value);

    field->texts++;
    if (count != NULL)
        return json_integer_set(count, json_integer_value(count) + 1) == 0;
    if (json_object_size(field->values) == VALUES_MOST)
        return true; /* too many to tell apart: an identifier, or the rest is "unknown" */
    return json_object_set_new(field->values, value, json_integer(1)) == 0;
}

static bool add_value(struct infer *infer, const char *name, const json_t *value)
{
    struct seen *field;
    double number;

    if (json_is_null(value))
        return true;
    field = find(infer, name);
    if (field == NULL)
        return infer->count == FIELDS_MOST; /* more fields than that are not looked at */
    if (field->marked != infer->histories) {
        field->marked = infer->histories;
        field->histories++;
    }
    if (json_is_string(value))
        return count_value(field, json_string_value(value));
    if (json_is_boolean(value))
        return count_value(field, json_is_true(value) ? "true" : "false");
    if (!json_is_number(value)) {
        field->others++;
        return true;
    }
    number = json_number_value(value);
    if (field->numbers++ == 0)
        field->smallest = field->largest = number;
    field->smallest = number < field->smallest ? number : field->smallest;
    field->largest = number > field->largest ? number : field->largest;
    return true;
}

static bool add_fields(struct infer *infer, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (strcmp(key, "time") != 0 && !add_value(infer, key, value))
            return false;
    }
    return true;
}

enum status infer_add(struct infer *infer, const json_t *history, struct error *err)
{
    const json_t *events = json_object_get(history, "events");
    const json_t *first = json_array_get(events, 0);
    const json_t *time = json_object_get(first, "time");
    const json_t *event;
    size_t i;

    infer->histories++;
    infer->timed += time != NULL && !json_is_null(time);
    if (!add_fields(infer, json_object_get(history, "fields")))
        return error_no_memory(err);
    json_array_foreach(
        events, i,
        event) if (!(json_is_string(event)
                         ? add_value(infer, "event", event)
                         : add_fields(infer, event))) return error_no_memory(err);
    return STATUS_OK;
}

/* Why a field is left out; NULL when it is kept. */
static const char *reason_against(const struct infer *infer, const struct seen *field)
{
    size_t distinct = json_object_size(field->values);

    if (strcmp(field->name, "event") == 0)
        return NULL;
    if (*field->name == '\0' || strlen(field->name) > NAME_MOST)
        return "its name is empty or longer than 200 bytes";
    if (field->others > 0)
        return "it holds arrays or objects";
    if (field->texts > 0 && field->numbers > 0)
        return "it is a number in some places and a string in others";
    if (field->numbers > 0)
        return field->smallest == field->largest ? "it is always the same number" : NULL;
    if (distinct == 1 && field->histories == infer->histories)
        return "it always has the same value";
    if (distinct > 20 && 2 * distinct > field->histories)
        return "it looks like an identifier: nearly every history has its own value";
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The values that were seen often enough, in alphabetical order. */
static json_t *kept_values(const struct seen *field)
{
    size_t count = 0, distinct = json_object_size(field->values);
    const char **names = calloc(distinct + 1, sizeof *names);
    json_t *array = json_array();
    bool is_whole = names != NULL && array != NULL;
    const char *key;
    json_t *seen;

    json_object_foreach(field->values, key, seen)
    {
        if (is_whole && json_integer_value(seen) >= SEEN_LEAST)
            names[count++] = key;
    }
    if (is_whole)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = json_array_append_new(array, json_string(names[i])) == 0;
    if (is_whole && count < distinct)
        fprintf(stderr,
                "field \"%s\": %zu of %zu values were seen once and are unknown\n",
                field->name, distinct - count, distinct);
    free(names);
    if (is_whole)
        return array;
    json_decref(array);
    return NULL;
}

static bool add_field(json_t *fields, const struct seen *field)
{
    json_t *object = json_object(), *values = NULL;
    bool is_whole =
        json_object_set_new(object, "name", json_string(field->name)) == 0 &&
        json_object_set_new(object, "kind",
                            json_string(field->numbers > 0 ? "number" : "category")) == 0;

    if (is_whole && field->numbers == 0) {
        values = kept_values(field);
        if (json_array_size(values) == 0 && values != NULL &&
            strcmp(field->name, "event") != 0) {
            fprintf(stderr, "field \"%s\" is left out: no value was seen twice\n",
                    field->name);
            json_decref(values);
            json_decref(object);
            return true;
        }
        is_whole = json_object_set_new(object, "values", values) == 0;
    }
    if (is_whole)
        return json_array_append_new(fields, object) == 0;
    json_decref(object);
    return false;
}

static bool add_times(const struct infer *infer, json_t *times)
{
    static const char *const names[] = {"since_previous", "since_first", "hour_sin",
                                        "hour_cos",       "weekday_sin", "weekday_cos"};
    bool is_whole = true;

    if (2 * infer->timed < infer->histories)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_whole = is_whole && json_array_append_new(
                                   times, json_pack("{s:s}", "name", names[i])) == 0;
    if (infer->timed < infer->histories)
        is_whole = is_whole && json_array_append_new(
                                   times, json_pack("{s:s}", "name", "missing")) == 0;
    return is_whole;
}

/* Is this the field of the event's name, with a name that was seen often enough? */
static bool has_names(const struct seen *field)
{
    const char *key;
    json_t *count;

    if (strcmp(field->name, "event") != 0)
        return false;
    json_object_foreach(field->values, key, count)
    {
        if (json_integer_value(count) >= SEEN_LEAST)
            return true;
    }
    return false;
}

json_t *infer_schema(const struct infer *infer, struct error *err)
{
    json_t *schema = json_object(), *fields = json_array(), *times = json_array();
    bool is_whole, has_events = false;

    for (size_t i = 0; i < infer->count; i++)
        has_events = has_events || has_names(&infer->fields[i]);
    if (!has_events) {
        json_decref(schema);
        json_decref(fields);
        json_decref(times);
        (void)error_set(err, STATUS_BAD_INPUT, "",
                        "no event name occurs twice in the lines that learn");
        return NULL;
    }
    is_whole = json_object_set_new(schema, "fields", fields) == 0 &&
               json_object_set_new(schema, "time", times) == 0;

    for (size_t i = 0; is_whole && i < infer->count; i++) {
        const struct seen *field = &infer->fields[i];
        const char *reason = reason_against(infer, field);
        if (reason == NULL)
            is_whole = add_field(fields, field);
        else
            fprintf(stderr, "field \"%s\" is left out: %s\n", field->name, reason);
    }
    is_whole = is_whole && add_times(infer, times);
    if (is_whole)
        return schema;
    json_decref(schema);
    error_no_memory(err);
    return NULL;
}
