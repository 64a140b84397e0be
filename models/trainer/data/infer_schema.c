/* See infer.h.  Here: which fields are kept, and what of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/infer_fields.h"

enum {
    SEEN_LEAST = 2, /* histories that a value needs for a row of its own */
    NAME_MOST = 200,
    DISTINCT_LEAST =
        20, /* of an identifier: below that, values are few enough to learn */
    EVIDENCE_LEAST = 10, /* histories in which a field that is nearly constant is not */
    REASON = 128
};

static const double NEARLY_ALL = 0.999, NEARLY_UNIQUE = 0.95;

static bool is_event(const struct seen *field)
{
    return strcmp(field->name, "event") == 0;
}

/* How many values are kept, and the events in which they stand. */
static size_t count_kept(const struct seen *field, size_t *events)
{
    size_t kept = 0;

    *events = 0;
    for (size_t i = 0; i < field->values.count; i++)
        if (field->values.counts[i].histories >= SEEN_LEAST) {
            *events += field->values.counts[i].events;
            kept++;
        }
    return kept;
}

/* The state, a value or none, that most events are in; and what speaks for the others. */
struct state {
    size_t events;
    size_t evidence; /* histories that another value stands in, or events without one */
};

static struct state most_common(const struct infer *infer, const struct seen *field)
{
    size_t stated = field->texts + field->numbers;
    size_t missing = infer->events > stated ? infer->events - stated : 0;
    size_t histories = 0, of_best = 0, best = 0;

    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        histories += value->histories;
        if (value->events > best) {
            best = value->events;
            of_best = value->histories;
        }
    }
    if (missing > best)
        return (struct state){missing, histories};
    return (struct state){best, histories - of_best + missing};
}

static bool is_identifier(const struct seen *field)
{
    size_t covered, distinct = field->values.count;

    (void)count_kept(field, &covered);
    if (distinct <= DISTINCT_LEAST)
        return false;
    if (field->numbers > 0)
        return field->is_whole && !field->varies &&
               (double)distinct >= NEARLY_UNIQUE * (double)field->histories;
    return 2 * covered < field->texts;
}

/* Why a field is left out; false when it is kept. */
static bool reason_against(const struct infer *infer, const struct seen *field,
                           char reason[REASON])
{
    size_t covered, kept = count_kept(field, &covered);
    struct state state = most_common(infer, field);
    double share = (double)state.events / (double)(infer->events + !infer->events);
    const char *why = NULL;

    if (is_event(field))
        return false;
    if (*field->name == '\0' || strlen(field->name) > NAME_MOST)
        why = "its name is empty or longer than 200 bytes";
    else if (field->others > 0)
        why = "it holds arrays or objects";
    else if (field->texts > 0 && field->numbers > 0)
        why = "it is a number in some places and a string in others";
    else if (state.events >= infer->events)
        why = "it always has the same value";
    else if (is_identifier(field))
        why = field->numbers > 0
                  ? "it looks like an identifier: nearly every history has a number of "
                    "its own"
                  : "it looks like an identifier: most of it is seen in one history only";
    else if (field->numbers == 0 && kept == 0)
        why = "no value is seen in two histories";
    if (why != NULL) {
        (void)snprintf(reason, REASON, "%s", why);
        return true;
    }
    if (share < NEARLY_ALL || state.evidence >= EVIDENCE_LEAST)
        return false;
    (void)snprintf(reason, REASON, "it is the same in %.2f %% of the events",
                   100 * share);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The values that were seen often enough, in alphabetical order. */
static json_t *kept_values(const struct seen *field)
{
    size_t count = 0;
    const char **names = calloc(field->values.count + 1, sizeof *names);
    json_t *array = json_array();
    bool is_whole = names != NULL && array != NULL;

    for (size_t i = 0; is_whole && i < field->values.count; i++)
        if (field->values.counts[i].histories >= SEEN_LEAST)
            names[count++] = field->values.counts[i].value;
    if (is_whole)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = json_array_append_new(array, json_string(names[i])) == 0;
    free(names);
    if (is_whole)
        return array;
    json_decref(array);
    return NULL;
}

/* "field "latency_ms": number, 1 to 3999; missing in 10 % of the events" */
static void describe(const struct infer *infer, const struct seen *field,
                     struct strbuf *talk)
{
    size_t covered, kept = count_kept(field, &covered);
    size_t stated = field->texts + field->numbers;
    size_t rare = field->values.count - kept;

    strbuf_printf(talk, "field \"%s\": ", field->name);
    if (field->numbers > 0)
        strbuf_printf(talk, "number, %g to %g", field->smallest, field->largest);
    else
        strbuf_printf(talk, "category, %zu value%s", kept, kept == 1 ? "" : "s");
    if (field->numbers == 0 && rare > 0)
        strbuf_printf(talk, "; %s%zu seen in one history only %s unknown",
                      field->values.further_events > 0 ? "more than " : "", rare,
                      rare == 1 ? "is" : "are");
    if (stated < infer->events)
        strbuf_printf(talk, "; missing in %.3g %% of the events",
                      100 * (double)(infer->events - stated) / (double)infer->events);
    strbuf_add(talk, "\n");
}

static bool add_field(json_t *fields, const struct seen *field)
{
    json_t *object = json_object();
    const char *kind = field->numbers > 0 ? "number" : "category";
    bool is_whole = json_object_set_new(object, "name", json_string(field->name)) == 0 &&
                    json_object_set_new(object, "kind", json_string(kind)) == 0;

    if (is_whole && field->numbers == 0)
        is_whole = json_object_set_new(object, "values", kept_values(field)) == 0;
    if (is_whole)
        return json_array_append_new(fields, object) == 0;
    json_decref(object);
    return false;
}

static bool add_times(const struct infer *infer, json_t *times, struct strbuf *talk)
{
    static const char *const names[] = {"since_previous", "since_first", "hour_sin",
                                        "hour_cos",       "weekday_sin", "weekday_cos",
                                        "missing"};
    size_t count = infer->timed < infer->histories ? 7 : 6;

    if (2 * infer->timed < infer->histories) {
        if (infer->timed > 0)
            strbuf_printf(talk,
                          "time: only read for the order, %zu of %zu histories have "
                          "it\n",
                          infer->timed, infer->histories);
        return true;
    }
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(times, json_pack("{s:s}", "name", names[i])) != 0)
            return false;
    strbuf_printf(talk,
                  "time: since the event before, since the first, hour, weekday%s\n",
                  count == 7 ? ", whether it is missing" : "");
    return true;
}

/* Is there a name of events that was seen often enough? */
static enum status check_names(const struct infer *infer, struct error *err)
{
    size_t covered, names = 0;

    for (size_t i = 0; i < infer->count; i++) {
        if (!is_event(&infer->fields[i]))
            continue;
        if (count_kept(&infer->fields[i], &covered) > 0)
            return STATUS_OK;
        names = infer->fields[i].values.count;
    }
    if (names == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no event has a name; --event says what its key is called");
    return error_set(err, STATUS_BAD_INPUT, "",
                     "none of the %zu names of events is seen in two of the histories "
                     "that learn",
                     names);
}

json_t *infer_schema(const struct infer *infer, struct strbuf *talk, struct error *err)
{
    json_t *schema = json_object(), *fields = json_array(), *times = json_array();
    bool has_fields = json_object_set_new(schema, "fields", fields) == 0;
    bool has_times = json_object_set_new(schema, "time", times) == 0;
    bool is_whole = has_fields && has_times;
    char reason[REASON];

    if (is_whole && check_names(infer, err) != STATUS_OK) {
        json_decref(schema);
        return NULL;
    }
    for (size_t i = 0; is_whole && i < infer->count; i++) {
        const struct seen *field = &infer->fields[i];
        if (reason_against(infer, field, reason)) {
            strbuf_printf(talk, "field \"%s\" is left out: %s\n", field->name, reason);
            continue;
        }
        describe(infer, field, talk);
        is_whole = add_field(fields, field);
    }
    if (is_whole && infer->count == FIELDS_MOST)
        strbuf_printf(talk, "there may be more fields: only %d are looked at\n",
                      FIELDS_MOST);
    if (is_whole && add_times(infer, times, talk) && !talk->has_failed)
        return schema;
    json_decref(schema);
    error_no_memory(err);
    return NULL;
}
