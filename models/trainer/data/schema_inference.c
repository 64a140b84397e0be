/*
 * First part: for each field, count its values, and the events and histories that have them.
 * Second part: the decisions of schema_inference.h, made from the counts.  Third part: the scales
 * that a recipe gives.
 */
#include "data/schema_inference.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"

enum {
    MAX_FIELDS = 200,
    MAX_NAME_BYTES = 200,
    MAX_VALUES = 100000,        /* of a field */
    MIN_VALUE_HISTORIES = 2,    /* a value of fewer histories is left out */
    MIN_IDENTIFIER_VALUES = 21, /* a field with fewer values is not an identifier */
    MIN_EVIDENCE = 10,          /* histories that make a nearly constant field useful */
    REASON_BYTES = 128
};

/*
 * Shares: of the events that have the same value, in a nearly constant field; of the histories
 * whose number is distinct, in an identifier.
 */
static const double NEARLY_ALL = 0.999, NEARLY_UNIQUE = 0.95;

/* How many events and histories have a value.  A value is a string of bytes. */
struct value_count {
    const char *value; /* a zero byte follows it */
    size_t events;
    uint32_t histories;
    size_t last_history; /* the last one counted in histories */
};

/* The counts of the values of a field; only the first MAX_VALUES values are told apart. */
struct value_counts {
    struct arena arena;         /* of map */
    struct strmap map;          /* value -> index in counts */
    struct value_count *counts; /* [count] in order of first appearance; owned */
    size_t count, capacity;
    size_t further_events; /* events with another value than those counted */
};

struct field_counts {
    char *name;                    /* owned */
    struct value_counts values;    /* strings; numbers by the bytes of the double */
    size_t texts, numbers, others; /* events; others have an array or an object */
    size_t histories;              /* with a string or a number */
    size_t last_history;           /* the last one counted in histories, from 1 */
    bool is_integer;               /* all numbers are integers */
    bool varies;                   /* some history has two different numbers */
    double min, max, last;         /* of the numbers */
};

struct schema_inference {
    struct field_counts fields[MAX_FIELDS];
    size_t count; /* fields */
    size_t histories, timed_histories, events;
};

/* ---- values of a field ---- */

static bool value_counts_reserve(struct value_counts *counts)
{
    if (counts->count < counts->capacity)
        return true;
    size_t capacity = counts->capacity == 0 ? 8 : 2 * counts->capacity;
    struct value_count *grown = realloc(counts->counts, capacity * sizeof *grown);
    if (!grown)
        return false;
    counts->counts = grown;
    counts->capacity = capacity;
    return true;
}

/*
 * Count a value that `events` events of a history have.  The calls for a history, which `history`
 * identifies, follow each other.  False when memory runs out.
 */
static bool value_counts_add(struct value_counts *counts, const void *bytes,
                             size_t length, size_t events, size_t history)
{
    uint32_t index;
    if (counts->count == MAX_VALUES) {
        index = strmap_find(&counts->map, bytes, length);
        if (index == MAP_NONE) {
            counts->further_events += events;
            return true;
        }
    } else {
        index = value_counts_reserve(counts)
                    ? strmap_add(&counts->map, bytes, length, &counts->arena)
                    : MAP_NONE;
        if (index == MAP_NONE)
            return false;
    }
    struct value_count *count = &counts->counts[index];
    if (index == counts->count) {
        *count = (struct value_count){.value = counts->map.keys[index].bytes,
                                      .last_history = SIZE_MAX};
        counts->count++;
    }
    count->histories += count->last_history != history;
    count->last_history = history;
    count->events += events;
    return true;
}

/* ---- fields ---- */

struct schema_inference *schema_inference_new(struct error *err)
{
    struct schema_inference *inference = calloc(1, sizeof *inference);
    if (!inference)
        error_no_memory(err);
    return inference;
}

void schema_inference_free(struct schema_inference *inference)
{
    if (!inference)
        return;
    for (size_t i = 0; i < inference->count; i++) {
        free(inference->fields[i].name);
        free(inference->fields[i].values.counts);
        arena_release(&inference->fields[i].values.arena);
    }
    free(inference);
}

/* The field of that name, added if it is new; NULL without memory or if it is one too many. */
static struct field_counts *find_field(struct schema_inference *inference,
                                       const char *name)
{
    for (size_t i = 0; i < inference->count; i++)
        if (strcmp(inference->fields[i].name, name) == 0)
            return &inference->fields[i];
    if (inference->count == MAX_FIELDS)
        return NULL;
    struct field_counts *field = &inference->fields[inference->count];
    field->name = strdup(name);
    if (!field->name)
        return NULL;
    arena_init(&field->values.arena, SIZE_MAX);
    field->is_integer = true;
    inference->count++;
    return field;
}

/* Count the current history, once.  Returns whether it had been counted before. */
static bool count_history(const struct schema_inference *inference,
                          struct field_counts *field)
{
    if (field->last_history == inference->histories)
        return true;
    field->last_history = inference->histories;
    field->histories++;
    return false;
}

static bool add_number(const struct schema_inference *inference,
                       struct field_counts *field, double number, size_t events)
{
    bool is_repeated = count_history(inference, field);
    if (field->numbers == 0)
        field->min = field->max = number;
    field->numbers += events;
    field->min = number < field->min ? number : field->min;
    field->max = number > field->max ? number : field->max;
    field->is_integer = field->is_integer && number == floor(number);
    field->varies = field->varies || (is_repeated && number != field->last);
    field->last = number;
    return value_counts_add(&field->values, &number, sizeof number, events,
                            inference->histories);
}

static bool add_text(const struct schema_inference *inference, struct field_counts *field,
                     const char *text, size_t events)
{
    (void)count_history(inference, field);
    field->texts += events;
    return value_counts_add(&field->values, text, strlen(text), events,
                            inference->histories);
}

/* Add a value that `events` events of the current history have.  False without memory. */
static bool add_value(struct schema_inference *inference, const char *name,
                      const json_t *value, size_t events)
{
    if (json_is_null(value))
        return true;
    struct field_counts *field = find_field(inference, name);
    if (!field)
        return inference->count == MAX_FIELDS; /* further fields are not counted */
    if (json_is_string(value))
        return add_text(inference, field, json_string_value(value), events);
    if (json_is_boolean(value))
        return add_text(inference, field, json_is_true(value) ? "true" : "false", events);
    if (json_is_number(value))
        return add_number(inference, field, json_number_value(value), events);
    field->others += events;
    return true;
}

/* Add the members of an event (events: 1), or the case-level fields of a history. */
static bool add_members(struct schema_inference *inference, json_t *object, bool is_event,
                        size_t events)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        bool is_time = is_event && strcmp(key, "time") == 0;
        if (!is_time && !add_value(inference, key, value, events))
            return false;
    }
    return true;
}

/* A number would become a number field, but names are categories. */
static enum status refuse_name(const json_t *name, size_t index, struct error *err)
{
    char where[64], preview[64];
    pointer_join_index(where, sizeof where, "/events", index);
    pointer_join(where, sizeof where, where, "event");
    json_preview(name, preview, sizeof preview);
    return error_mismatch(err, STATUS_BAD_INPUT, where, "a string", preview,
                          "the name of the event is a number");
}

enum status schema_inference_add(struct schema_inference *inference,
                                 const json_t *history, struct error *err)
{
    const json_t *events = json_object_get(history, "events");
    const json_t *time = json_object_get(json_array_get(events, 0), "time");
    size_t count = json_array_size(events), i;
    json_t *event;
    inference->histories++;
    inference->events += count;
    inference->timed_histories += time && !json_is_null(time);
    if (!add_members(inference, json_object_get(history, "fields"), false, count))
        return error_no_memory(err);
    json_array_foreach(events, i, event)
    {
        const json_t *name = json_object_get(event, "event");
        if (json_is_number(name))
            return refuse_name(name, i, err);
        bool is_added = json_is_string(event) ? add_value(inference, "event", event, 1)
                                              : add_members(inference, event, true, 1);
        if (!is_added)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* ---- deciding ---- */

/* Returns how many values are kept; *events receives how many events have one of them. */
static size_t count_kept_values(const struct field_counts *field, size_t *events)
{
    size_t kept = 0;
    *events = 0;
    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        if (value->histories < MIN_VALUE_HISTORIES)
            continue;
        *events += value->events;
        kept++;
    }
    return kept;
}

/* What most events have in a field: one value, or no value. */
struct majority {
    size_t events;
    /* against "constant": histories with another value, events without a value */
    size_t evidence;
};

static struct majority find_majority(const struct schema_inference *inference,
                                     const struct field_counts *field)
{
    size_t stated = field->texts + field->numbers;
    size_t missing = inference->events > stated ? inference->events - stated : 0;
    size_t histories = 0, most_events = 0, most_histories = 0;
    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        histories += value->histories;
        if (value->events > most_events) {
            most_events = value->events;
            most_histories = value->histories;
        }
    }
    if (missing > most_events)
        return (struct majority){.events = missing, .evidence = histories};
    return (struct majority){.events = most_events,
                             .evidence = histories - most_histories + missing};
}

static bool is_identifier(const struct field_counts *field)
{
    size_t distinct = field->values.count, covered;
    if (distinct < MIN_IDENTIFIER_VALUES)
        return false;
    if (field->numbers > 0)
        return field->is_integer && !field->varies &&
               (double)distinct >= NEARLY_UNIQUE * (double)field->histories;
    (void)count_kept_values(field, &covered);
    return 2 * covered < field->texts;
}

/* Is the field left out?  If so, its reason is written. */
static bool is_left_out(const struct schema_inference *inference,
                        const struct field_counts *field, char reason[REASON_BYTES])
{
    size_t covered, kept = count_kept_values(field, &covered);
    struct majority majority = find_majority(inference, field);
    const char *text = NULL;
    if (strcmp(field->name, "event") == 0)
        return false;
    if (*field->name == '\0' || strlen(field->name) > MAX_NAME_BYTES)
        text = "its name is empty or longer than 200 bytes";
    else if (field->others > 0)
        text = "it holds arrays or objects";
    else if (field->texts > 0 && field->numbers > 0)
        text = "it is a number in some places and a string in others";
    else if (majority.events >= inference->events)
        text = "it always has the same value";
    else if (is_identifier(field))
        text = field->numbers > 0 ? "it looks like an identifier: nearly every history "
                                    "has a number of its own"
                                  : "it looks like an identifier: in most events its "
                                    "value occurs in one history only";
    else if (field->numbers == 0 && kept == 0)
        text = "no value occurs in two histories";
    if (text) {
        (void)snprintf(reason, REASON_BYTES, "%s", text);
        return true;
    }
    double share = (double)majority.events / (double)inference->events;
    if (share < NEARLY_ALL || majority.evidence >= MIN_EVIDENCE)
        return false;
    (void)snprintf(reason, REASON_BYTES, "it is the same in %.2f %% of the events",
                   100 * share);
    return true;
}

/* For example: field "latency_ms": number, 1 to 3999; missing in 10 % of the events */
static void describe_field(const struct schema_inference *inference,
                           const struct field_counts *field, struct strbuf *notes)
{
    size_t covered, kept = count_kept_values(field, &covered);
    size_t stated = field->texts + field->numbers;
    size_t rare = field->values.count - kept;
    strbuf_printf(notes, "field \"%s\": ", field->name);
    if (field->numbers > 0)
        strbuf_printf(notes, "number, %g to %g", field->min, field->max);
    else
        strbuf_printf(notes, "category, %zu value%s", kept, kept == 1 ? "" : "s");
    if (field->numbers == 0 && rare > 0)
        strbuf_printf(notes, "; %s%zu that occur%s in one history only %s unknown",
                      field->values.further_events > 0 ? "more than " : "", rare,
                      rare == 1 ? "s" : "", rare == 1 ? "is" : "are");
    if (stated < inference->events)
        strbuf_printf(notes, "; missing in %.3g %% of the events",
                      100 * (double)(inference->events - stated) /
                          (double)inference->events);
    strbuf_add(notes, "\n");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The kept values as JSON strings, in alphabetical order; NULL without memory. */
static json_t *kept_values_to_json(const struct field_counts *field)
{
    size_t count = 0;
    const char **names = calloc(field->values.count + 1, sizeof *names);
    json_t *array = json_array();
    bool is_complete = names && array;
    for (size_t i = 0; is_complete && i < field->values.count; i++)
        if (field->values.counts[i].histories >= MIN_VALUE_HISTORIES)
            names[count++] = field->values.counts[i].value;
    if (is_complete)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; is_complete && i < count; i++)
        is_complete = json_array_append_new(array, json_string(names[i])) == 0;
    free(names);
    if (is_complete)
        return array;
    json_decref(array);
    return NULL;
}

static bool append_field(json_t *fields, const struct field_counts *field)
{
    const char *kind = field->numbers > 0 ? "number" : "category";
    json_t *object = json_object();
    bool is_complete =
        json_object_set_new(object, "name", json_string(field->name)) == 0 &&
        json_object_set_new(object, "kind", json_string(kind)) == 0;
    if (is_complete && field->numbers == 0)
        is_complete =
            json_object_set_new(object, "values", kept_values_to_json(field)) == 0;
    if (is_complete)
        return json_array_append_new(fields, object) == 0;
    json_decref(object);
    return false;
}

static bool append_time_features(const struct schema_inference *inference, json_t *times,
                                 struct strbuf *notes)
{
    static const char *const names[] = {"since_previous", "since_first", "hour_sin",
                                        "hour_cos",       "weekday_sin", "weekday_cos",
                                        "missing"};
    if (2 * inference->timed_histories < inference->histories) {
        if (inference->timed_histories > 0)
            strbuf_printf(notes,
                          "time: used for the order of events only, because %zu of %zu "
                          "histories have times\n",
                          inference->timed_histories, inference->histories);
        return true;
    }
    bool has_missing = inference->timed_histories < inference->histories;
    /* "missing", the last one, only if it varies */
    size_t count = sizeof names / sizeof *names - !has_missing;
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(times, json_pack("{s:s}", "name", names[i])) != 0)
            return false;
    strbuf_printf(notes,
                  "time: since the previous event, since the first event, hour, "
                  "weekday%s\n",
                  has_missing ? ", whether it is missing" : "");
    return true;
}

/* Check that at least one event name is kept. */
static enum status check_event_names(const struct schema_inference *inference,
                                     struct error *err)
{
    size_t covered, names = 0;
    for (size_t i = 0; i < inference->count; i++) {
        const struct field_counts *field = &inference->fields[i];
        if (strcmp(field->name, "event") != 0)
            continue;
        if (count_kept_values(field, &covered) > 0)
            return STATUS_OK;
        names = field->values.count;
    }
    if (names == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no event has a name; --event names its key");
    return error_set(err, STATUS_BAD_INPUT, "",
                     "none of the %zu names of events occurs in two training histories",
                     names);
}

json_t *schema_inference_finish(const struct schema_inference *inference,
                                struct strbuf *notes, struct error *err)
{
    json_t *schema = json_object(), *fields = json_array(), *times = json_array();
    bool has_fields = json_object_set_new(schema, "fields", fields) == 0;
    bool has_times = json_object_set_new(schema, "time", times) == 0;
    bool is_complete = has_fields && has_times;
    if (is_complete && check_event_names(inference, err) != STATUS_OK) {
        json_decref(schema);
        return NULL;
    }
    for (size_t i = 0; is_complete && i < inference->count; i++) {
        const struct field_counts *field = &inference->fields[i];
        char reason[REASON_BYTES];
        if (is_left_out(inference, field, reason)) {
            strbuf_printf(notes, "field \"%s\" is left out: %s\n", field->name, reason);
            continue;
        }
        describe_field(inference, field, notes);
        is_complete = append_field(fields, field);
    }
    if (is_complete && inference->count == MAX_FIELDS)
        strbuf_printf(notes, "there may be more fields: only the first %d are used\n",
                      MAX_FIELDS);
    if (is_complete && append_time_features(inference, times, notes) &&
        !notes->has_failed)
        return schema;
    json_decref(schema);
    error_no_memory(err);
    return NULL;
}

/* ---- scales that a recipe gives ---- */

static bool has_keys(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++)
        if (!json_object_get(object, *keys))
            return false;
    return true;
}

bool scales_are_given(const json_t *schema)
{
    static const char *const number_keys[] = {"mean", "scale", "missing_mean",
                                              "missing_scale", NULL};
    static const char *const time_keys[] = {"mean", "scale", NULL};
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        if (kind && strcmp(kind, "number") == 0 && !has_keys(item, number_keys))
            return false;
    }
    json_array_foreach(json_object_get(schema, "time"), i, item)
    {
        if (!has_keys(item, time_keys))
            return false;
    }
    return true;
}

/* Update the items of a list.  Both lists have the same order.  False without memory. */
static bool update_list(json_t *measured, const json_t *given, const char *key)
{
    const json_t *given_items = json_object_get(given, key);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(measured, key), i, item)
    {
        json_t *given_item = json_array_get(given_items, i);
        if (given_item && json_object_update_existing(item, given_item) != 0)
            return false;
    }
    return true;
}

/* A schema is edited as JSON: written, changed and read again. */
enum status scales_apply_given(struct schema **schema, const json_t *given,
                               struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(*schema, &text);
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    struct schema *updated = NULL;
    if (json && update_list(json, given, "fields") && update_list(json, given, "time"))
        updated = triage_schema_read(json, "/schema", err);
    json_decref(json);
    strbuf_release(&text);
    if (!updated)
        return err->status != STATUS_OK ? err->status : error_no_memory(err);
    triage_schema_free(*schema);
    *schema = updated;
    return STATUS_OK;
}
