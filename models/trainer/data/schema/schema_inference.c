/*
 * The values of the training histories are counted (field_counts.h); then the decisions of
 * schema_inference.h are made from the counts, and written as JSON.
 */
#include "data/schema/schema_inference.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "data/histories/encoder.h"
#include "data/schema/field_counts.h"
#include "data/schema/field_warnings.h"

enum {
    MAX_FIELDS = 200,
    MAX_NAME_BYTES = 200,
    MIN_VALUE_HISTORIES = 2,    /* a value of fewer histories is left out */
    MIN_IDENTIFIER_VALUES = 21, /* a field with fewer values is not an identifier */
    MIN_EVIDENCE = 10,          /* histories that make a nearly constant field useful */
    REASON_BYTES = 128,
    LONGEST_EXAMPLE = 60 /* bytes of a name in a warning */
};

/*
 * Shares: of the events that have the same value, in a nearly constant field; of the histories
 * whose number is distinct, in an identifier.
 */
static const double NEARLY_ALL = 0.999, NEARLY_UNIQUE = 0.95;
static const double RARE_NAMES = 0.25; /* of the events; fewer are usual in small data */

struct schema_inference {
    const struct inference_data *data;
    struct field_counting counting;
    /* [count] in the order of first appearance; owned */
    const struct field_counts **fields;
    size_t count;
};

/* ---- kinds ---- */

static bool allows_comma(const struct tape *tape)
{
    for (size_t i = 0; i < tape->file_count; i++)
        if (tape->files[i].is_csv && !tape->files[i].allows_comma)
            return false;
    return true;
}

/* Most values are numbers: are they to be read as numbers, the others as missing? */
static bool is_nearly_number(const struct field_counts *field,
                             const struct number_decision *decision)
{
    return field->cells.codes.count == 0 && field->code_count > MAX_CODES &&
           (double)decision->numbers >= NEARLY_NUMBERS * (double)field->cells.cells;
}

/* Numbers that are not just 0 and 1 beside truth values: the two seldom mean the same. */
static void warn_of_booleans(const struct tape *tape, const struct field_counts *field,
                             struct messages *messages)
{
    char place[TAPE_PLACE_BYTES];
    const struct first_cell *booleans = &field->cells.booleans;
    tape_place_write(tape, booleans->place, place, sizeof place);
    messages_warn(messages,
                  "field \"%s\": %llu of %llu cells are true or false, the first is "
                  "\"%s\" (%s); beside numbers they are read as 1 and 0",
                  field->name, (unsigned long long)booleans->count,
                  (unsigned long long)field->cells.cells, booleans->text, place);
}

static void find_kind(const struct field_counting *counting, struct field_counts *field,
                      struct messages *messages, bool *has_comma)
{
    const struct tape *tape = counting->tape;
    struct number_decision decision;
    char place[TAPE_PLACE_BYTES];
    *has_comma = false;
    if (field->typed == 0 || field->column == counting->columns->event)
        return; /* JSON strings and booleans are a category, whatever is in them */
    number_column_decide(&field->cells, allows_comma(tape), &decision);
    switch (decision.verdict) {
    case NUMBER_COLUMN_NUMBERS:
        field->is_number = true;
        break;
    case NUMBER_COLUMN_MIXED:
        field->is_number = field->has_booleans = true;
        if (field->cells.magnitude > 1 || field->cells.fractions.count > 0)
            warn_of_booleans(tape, field, messages);
        break;
    case NUMBER_COLUMN_NEARLY:
        field->is_number = is_nearly_number(field, &decision);
        field->is_told = true;
        tape_place_write(tape, decision.first_bad.place, place, sizeof place);
        messages_warn(messages, "field \"%s\": %s (%s); %s", field->name, decision.text,
                      place,
                      field->is_number ? "what is not a number is missing"
                                       : "so it is read as text, until its cells are "
                                         "plain numbers");
        break;
    case NUMBER_COLUMN_TEXT:
    case NUMBER_COLUMN_BOOLEANS:
        break;
    }
    *has_comma = field->is_number && decision.mark == DECIMAL_COMMA;
    if (field->is_number && field->cells.magnitude > LARGEST_NUMBER) {
        tape_place_write(tape, field->cells.largest.place, place, sizeof place);
        messages_warn(messages,
                      "field \"%s\": \"%s\" (%s) is too large for a measurement; such "
                      "numbers are missing",
                      field->name, field->cells.largest.text, place);
    }
}

/* ---- deciding ---- */

/* The field of the model that the training goes on from, or NULL. */
static const struct field *find_known(const struct schema_inference *inference,
                                      const struct field_counts *field)
{
    const struct schema *from = inference->data->from;
    return from ? schema_find(from, field->name) : NULL;
}

/* A value without a text is one of numbers. */
static bool is_kept(const struct value_count *value, const struct field *known)
{
    return value->histories >= MIN_VALUE_HISTORIES ||
           (known && known->kind == FIELD_CATEGORY && value->value &&
            field_id(known, value->value) != SCHEMA_UNKNOWN);
}

/*
 * Returns how many values are kept; *events receives how many events have one of them.  known: the
 * field of the model, or NULL.
 */
static size_t count_kept_values(const struct field_counts *field,
                                const struct field *known, size_t *events)
{
    size_t kept = 0;
    *events = 0;
    for (size_t i = 0; i < field->values.count; i++) {
        const struct value_count *value = &field->values.counts[i];
        if (!is_kept(value, known))
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

static struct majority find_majority(const struct field_counting *counting,
                                     const struct field_counts *field)
{
    size_t stated = field->texts + field->numbers;
    size_t missing = counting->events > stated ? counting->events - stated : 0;
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
    if (field->is_number)
        return field->is_integer && !field->varies &&
               (double)distinct >= NEARLY_UNIQUE * (double)field->histories;
    (void)count_kept_values(field, NULL, &covered);
    return 2 * covered < field->texts;
}

/* Are most cells numbers, which are read as text because they or others are not plain ones? */
static bool has_number_texts(const struct field_counts *field)
{
    const struct number_column *cells = &field->cells;
    return !field->is_number &&
           2 * (cells->points.count + cells->commas.count + cells->measures.count) >
               cells->cells;
}

/* Is the field left out?  If so, its reason is written. */
static bool is_left_out(const struct field_counting *counting,
                        const struct field_counts *field, char reason[REASON_BYTES])
{
    size_t covered, kept = count_kept_values(field, NULL, &covered);
    struct majority majority = find_majority(counting, field);
    const char *text = NULL;
    if (strcmp(field->name, "event") == 0)
        return false;
    if (*field->name == '\0' || strlen(field->name) > MAX_NAME_BYTES)
        text = "its name is empty or longer than 200 bytes";
    else if (majority.events >= counting->events)
        text = "it always has the same value";
    else if (is_identifier(field))
        text = field->numbers > 0 ? "it looks like an identifier: nearly every history "
                                    "has a number of its own"
               : has_number_texts(field)
                   ? "its numbers are read as text, and most occur in one history only"
                   : "it looks like an identifier: in most events its value occurs in "
                     "one history only";
    else if (field->numbers == 0 && kept == 0)
        text = "no value occurs in two histories";
    if (text) {
        (void)snprintf(reason, REASON_BYTES, "%s", text);
        return true;
    }
    double share = (double)majority.events / (double)counting->events;
    if (share < NEARLY_ALL || majority.evidence >= MIN_EVIDENCE)
        return false;
    (void)snprintf(reason, REASON_BYTES, "it is the same in %.2f %% of the events",
                   100 * share);
    return true;
}

/* For example: field "latency_ms": number, 1 to 3999; missing in 10 % of the events */
static void describe_field(const struct field_counting *counting,
                           const struct field_counts *field, const struct field *known,
                           struct messages *messages)
{
    size_t covered, kept = count_kept_values(field, known, &covered);
    size_t stated = field->texts + field->numbers;
    size_t rare = field->values.count - kept;
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    if (field->is_number)
        strbuf_printf(&line, "number, %g to %g", field->min, field->max);
    else
        strbuf_printf(&line, "category, %zu value%s", kept, kept == 1 ? "" : "s");
    if (!field->is_number && rare > 0)
        strbuf_printf(&line, "; %s%zu that occur%s in one history only %s unknown",
                      field->values.further_events > 0 ? "more than " : "", rare,
                      rare == 1 ? "s" : "", rare == 1 ? "is" : "are");
    if (stated < counting->events)
        strbuf_printf(&line, "; missing in %.3g %% of the events",
                      100 * (double)(counting->events - stated) /
                          (double)counting->events);
    const struct first_cell *marks = &field->cells.missing;
    if (stated < counting->events && marks->count > 0 && marks->text[0] != '\0')
        strbuf_printf(&line, ", %" PRIu64 " of them by a mark such as \"%s\"",
                      marks->count, marks->text);
    if (line.has_failed)
        messages->notes.has_failed = true;
    else
        messages_note(messages, "field \"%s\": %s", field->name, line.bytes);
    strbuf_release(&line);
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
    const char *kind = field->is_number ? "number" : "category";
    json_t *object = json_object();
    bool is_complete =
        json_object_set_new(object, "name", json_string(field->name)) == 0 &&
        json_object_set_new(object, "kind", json_string(kind)) == 0;
    if (is_complete && !field->is_number)
        is_complete =
            json_object_set_new(object, "values", kept_values_to_json(field)) == 0;
    if (is_complete && field->has_booleans)
        is_complete = json_object_set_new(object, "booleans", json_true()) == 0;
    if (is_complete)
        return json_array_append_new(fields, object) == 0;
    json_decref(object);
    return false;
}

static bool append_time_features(const struct field_counting *counting, json_t *times,
                                 struct messages *messages)
{
    static const char *const names[] = {"since_previous", "since_first", "hour_sin",
                                        "hour_cos",       "weekday_sin", "weekday_cos",
                                        "missing"};
    if (2 * counting->timed_histories < counting->histories) {
        if (counting->timed_histories > 0)
            messages_note(messages,
                          "time: used for the order of events only, because %zu of %zu "
                          "histories have times",
                          counting->timed_histories, counting->histories);
        return true;
    }
    bool has_missing = counting->timed_histories < counting->histories;
    /* "missing", the last one, only if it varies */
    size_t count = sizeof names / sizeof *names - !has_missing;
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(times, json_pack("{s:s}", "name", names[i])) != 0)
            return false;
    messages_note(
        messages,
        "time: since the previous event, since the first event, hour, weekday%s",
        has_missing ? ", whether it is missing" : "");
    return true;
}

/* A name that carries a number or a time of its own is unknown in every later history. */
static void warn_about_rare_names(const struct field_counts *field,
                                  const struct field *known, size_t covered,
                                  struct messages *messages)
{
    const char *example = NULL;
    size_t unknown = field->texts - covered;
    if ((double)unknown < RARE_NAMES * (double)field->texts)
        return;
    for (size_t i = 0; i < field->values.count && !example; i++)
        if (!is_kept(&field->values.counts[i], known))
            example = field->values.counts[i].value;
    messages_warn(
        messages,
        "%zu of %zu events have a name that occurs in one history only%s%.*s%s "
        "and are unknown to the model: what changes from event to event belongs "
        "in a field of its own",
        unknown, field->texts, example ? ", such as \"" : "", LONGEST_EXAMPLE,
        example ? example : "", example ? "\"," : "");
}

/* Check that at least one event name is kept. */
static enum status check_event_names(const struct schema_inference *inference,
                                     struct messages *messages, struct error *err)
{
    const char *file = inference->data->file;
    size_t covered, names = 0;
    for (size_t i = 0; i < inference->count; i++) {
        const struct field_counts *field = inference->fields[i];
        const struct field *known = find_known(inference, field);
        if (strcmp(field->name, "event") != 0)
            continue;
        if (count_kept_values(field, known, &covered) > 0) {
            warn_about_rare_names(field, known, covered, messages);
            return STATUS_OK;
        }
        names = field->values.count;
    }
    if (names == 0)
        return error_set(err, STATUS_BAD_INPUT, file,
                         "no event has a name; --event names its key");
    return error_set(err, STATUS_BAD_INPUT, file,
                     "none of the %zu names of events occurs in two training histories",
                     names);
}

/* Is the field one of those that the training of the model has left out? */
static bool is_left_out_by_model(const struct schema_inference *inference,
                                 const struct field_counts *field)
{
    const json_t *name;
    size_t i;
    json_array_foreach(inference->data->left_out, i, name)
    {
        if (strcmp(json_string_value(name), field->name) == 0)
            return true;
    }
    return false;
}

static enum status write_fields(const struct schema_inference *inference, json_t *fields,
                                struct messages *messages, struct error *err)
{
    for (size_t i = 0; i < inference->count; i++) {
        const struct field_counts *field = inference->fields[i];
        const struct field *known = find_known(inference, field);
        char reason[REASON_BYTES];
        if (!known && is_left_out_by_model(inference, field)) {
            messages_note(messages, "field \"%s\" is left out, as in the model",
                          field->name);
            continue;
        }
        if (!warn_about_field(&inference->counting, field, messages))
            continue;
        if (!known && is_left_out(&inference->counting, field, reason)) {
            messages_note(messages, "field \"%s\" is left out: %s", field->name, reason);
            continue;
        }
        describe_field(&inference->counting, field, known, messages);
        if (field->is_number)
            warn_about_numbers(&inference->counting, field, messages);
        if (!append_field(fields, field))
            return error_no_memory(err);
    }
    if (inference->count == MAX_FIELDS)
        messages_note(messages, "there may be more fields: only the first %d are used",
                      MAX_FIELDS);
    return STATUS_OK;
}

/* The times of a model that the training goes on from are those that it has. */
static enum status check_times(const struct schema_inference *inference,
                               struct error *err)
{
    if (inference->data->from->time_count == 0 || inference->counting.timed_histories > 0)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, inference->data->file,
                     "no training history has times, which the model uses; --time names "
                     "their key");
}

static json_t *write_schema(const struct schema_inference *inference,
                            struct messages *messages, struct error *err)
{
    json_t *schema = json_object(), *fields = json_array(), *times = json_array();
    bool has_fields = json_object_set_new(schema, "fields", fields) == 0;
    bool has_times = json_object_set_new(schema, "time", times) == 0;
    enum status status = has_fields && has_times
                             ? check_event_names(inference, messages, err)
                             : error_no_memory(err);
    if (status == STATUS_OK)
        status = write_fields(inference, fields, messages, err);
    if (status == STATUS_OK && inference->data->from)
        status = check_times(inference, err);
    else if (status == STATUS_OK &&
             !append_time_features(&inference->counting, times, messages))
        status = error_no_memory(err);
    if (status == STATUS_OK)
        return schema;
    json_decref(schema);
    return NULL;
}

/* ---- all of it ---- */

static int compare_first(const void *a, const void *b)
{
    const struct field_counts *x = *(const struct field_counts *const *)a;
    const struct field_counts *y = *(const struct field_counts *const *)b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The fields that have a value, in the order of their first one. */
static enum status sort_fields(struct schema_inference *inference, struct error *err)
{
    const struct field_counting *counting = &inference->counting;
    size_t columns = counting->tape->column_count, count = 0;
    const struct field_counts **all = calloc(columns + 1, sizeof *all);
    if (!all)
        return error_no_memory(err);
    for (size_t i = 0; i < columns; i++)
        if (counting->by_column[i].name && counting->by_column[i].first != UINT64_MAX)
            all[count++] = &counting->by_column[i];
    if (count > 1)
        qsort(all, count, sizeof *all, compare_first);
    inference->fields = all;
    inference->count = count < MAX_FIELDS ? count : MAX_FIELDS;
    return STATUS_OK;
}

/* Both passes, and between them the kinds. */
static enum status count_fields(struct schema_inference *inference,
                                struct workers *workers, struct messages *messages,
                                bool *comma_columns, struct error *err)
{
    struct field_counting *counting = &inference->counting;
    RETURN_IF_ERROR(field_counting_first_pass(counting, workers, err));
    for (size_t i = 0; i < counting->tape->column_count; i++)
        if (counting->by_column[i].name)
            find_kind(counting, &counting->by_column[i], messages, &comma_columns[i]);
    RETURN_IF_ERROR(field_counting_second_pass(counting, workers, err));
    return sort_fields(inference, err);
}

json_t *schema_infer(const struct inference_data *data, struct messages *messages,
                     bool *comma_columns, struct error *err)
{
    struct schema_inference inference = {.data = data};
    json_t *schema = NULL;
    enum status status =
        field_counting_init(&inference.counting, data->tape, data->columns,
                            data->histories, data->workers, err);
    if (status == STATUS_OK)
        status = count_fields(&inference, data->workers, messages, comma_columns, err);
    if (status == STATUS_OK)
        schema = write_schema(&inference, messages, err);
    field_counting_release(&inference.counting);
    free(inference.fields);
    return schema;
}
