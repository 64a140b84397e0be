/*
 * An event is encoded at its place in the given order; the rows are moved afterwards if times say
 * so, which is rare.
 */
#include "data/histories/encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/value.h"
#include "model/schema.h"

/* ---- categories ---- */

/*
 * The id of a text: as it is; else a boolean as "true" or "false", or a whole number as such; else
 * missing or unknown.
 */
static uint32_t id_of_text(const struct field *field, const char *bytes, size_t length)
{
    char number[VALUE_CATEGORY_SIZE];
    size_t number_length;
    bool boolean;
    uint32_t id = field_id_bytes(field, bytes, length);
    if (id != SCHEMA_UNKNOWN)
        return id;
    if (value_is_missing(bytes, length))
        return SCHEMA_MISSING;
    if (value_boolean(bytes, length, &boolean))
        return field_id(field, boolean ? "true" : "false");
    if (value_category(bytes, length, number, &number_length))
        return field_id_bytes(field, number, number_length);
    return SCHEMA_UNKNOWN;
}

static uint32_t category_id(const struct encoder *encoder,
                            const struct column_encoding *encoding,
                            const struct tape_value *value)
{
    char buffer[TAPE_TEXT_SIZE];
    switch (value->kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        return value->index == TAPE_FURTHER ? SCHEMA_UNKNOWN
                                            : encoding->ids[value->index];
    case TAPE_NULL:
        return SCHEMA_MISSING;
    case TAPE_OTHER:
        return SCHEMA_UNKNOWN;
    case TAPE_INTEGER:
    case TAPE_DECIMAL:
    case TAPE_FORM:
    case TAPE_FALSE:
    case TAPE_TRUE:
        break;
    }
    struct span text = tape_text(encoder->tape, value, buffer);
    return id_of_text(encoding->field, text.bytes, text.length);
}

uint32_t encoder_event_id(const struct encoder *encoder, const struct tape_value *value)
{
    return category_id(encoder, &encoder->list[value->column], value);
}

/* ---- the columns ---- */

/*
 * May "255,5" be a number?  As in training, not where commas separate the cells: "1,120" would be 1.12
 * there; nor in JSON, where the service refuses it, too.
 */
static bool has_decimal_commas(const struct tape *tape)
{
    for (size_t i = 0; i < tape->file_count; i++)
        if (!tape->files[i].is_csv || !tape->files[i].allows_comma)
            return false;
    return true;
}

/* Where all data is JSON, numbers in quotes are refused as predict and the service refuse them. */
static bool is_all_json(const struct tape *tape)
{
    for (size_t i = 0; i < tape->file_count; i++)
        if (tape->files[i].is_csv)
            return false;
    return true;
}

static enum status init_column(struct encoder *encoder, size_t index, bool is_inferred,
                               const bool *comma_columns, struct error *err)
{
    const struct tape_column *column = &encoder->tape->columns[index];
    struct column_encoding *encoding = &encoder->list[index];
    enum column_role role = encoder->columns->roles[index];
    if (column->scope != SCOPE_FIELD || (role != COLUMN_FIELD && role != COLUMN_EVENT))
        return STATUS_OK;
    encoding->field =
        role == COLUMN_EVENT
            ? schema_find(encoder->schema, "event")
            : schema_find_bytes(encoder->schema, column->name, column->name_length);
    if (!encoding->field)
        return STATUS_OK;
    if (encoding->field->kind == FIELD_NUMBER) {
        encoding->kind = ENCODING_NUMBER;
        encoding->skips_odd = is_inferred;
        encoding->allows_quotes = is_inferred || !is_all_json(encoder->tape);
        encoding->allows_comma =
            is_inferred ? comma_columns[index] : has_decimal_commas(encoder->tape);
        return STATUS_OK;
    }
    encoding->kind = ENCODING_CATEGORY;
    encoding->ids =
        arena_array(&encoder->arena, column->texts.count + (size_t)1, sizeof(uint32_t));
    if (!encoding->ids)
        return error_no_memory(err);
    for (uint32_t i = 0; i < column->texts.count; i++)
        encoding->ids[i] = id_of_text(encoding->field, column->texts.keys[i].bytes,
                                      column->texts.keys[i].length);
    return STATUS_OK;
}

enum status encoder_init(struct encoder *encoder, const struct tape *tape,
                         const struct columns *columns, const struct schema *schema,
                         bool is_inferred, const bool *comma_columns, struct error *err)
{
    *encoder = (struct encoder){.tape = tape,
                                .columns = columns,
                                .schema = schema,
                                .K = schema->categories,
                                .F = schema_inputs(schema)};
    arena_init(&encoder->arena, SIZE_MAX);
    encoder->list =
        arena_array(&encoder->arena, tape->column_count + 1, sizeof *encoder->list);
    if (!encoder->list)
        return error_no_memory(err);
    for (size_t i = 0; i < tape->column_count; i++)
        RETURN_IF_ERROR(init_column(encoder, i, is_inferred, comma_columns, err));
    return STATUS_OK;
}

void encoder_release(struct encoder *encoder)
{
    arena_release(&encoder->arena);
    encoder->list = NULL;
}

/* ---- values ---- */

static enum status refuse(const struct encoder *encoder, const struct tape_value *value,
                          const char *expected, const char *text, struct error *err)
{
    char received[sizeof err->received];
    columns_show_value(encoder->tape, value, received, sizeof received);
    return error_mismatch(err, STATUS_BAD_INPUT,
                          encoder->tape->columns[value->column].name, expected, received,
                          "%s", text);
}

static enum status refuse_number(const struct encoder *encoder,
                                 const struct tape_value *value, struct error *err)
{
    char buffer[TAPE_TEXT_SIZE], hint[VALUE_HINT_SIZE] = "", text[160];
    struct span span = tape_text(encoder->tape, value, buffer);
    value_number_explain(span.bytes, span.length, hint);
    (void)snprintf(text, sizeof text, "expected a number%s%s",
                   hint[0] != '\0' ? ", but the value " : "", hint);
    return refuse(encoder, value, "a number", text, err);
}

/* Is the value a number of the field?  It may be missing. */
static enum status read_number(const struct encoder *encoder,
                               const struct column_encoding *encoding,
                               const struct tape_value *value, double *number,
                               bool *is_missing, struct error *err)
{
    struct text_info info = tape_info(encoder->tape, value);
    bool is_number = info.class == CLASS_NUMBER ||
                     (info.class == CLASS_COMMA_NUMBER && encoding->allows_comma) ||
                     (info.class == CLASS_BOOLEAN && encoding->field->has_booleans);
    *number = info.number;
    *is_missing = !is_number;
    bool is_string = value->kind == TAPE_TEXT || value->kind == TAPE_FORM;
    if (!encoding->allows_quotes && is_string && info.class == CLASS_NUMBER)
        return refuse(encoder, value, "a number",
                      "expected a number, not a string; leave out the quotes", err);
    if (encoding->skips_odd && fabs(info.number) > LARGEST_NUMBER)
        *is_missing = true;
    return !*is_missing || info.class == CLASS_MISSING || encoding->skips_odd
               ? STATUS_OK
               : refuse_number(encoder, value, err);
}

static enum status encode_value(const struct encoder *encoder,
                                const struct tape_value *value, uint32_t *ids,
                                float *values, struct error *err)
{
    const struct column_encoding *encoding = &encoder->list[value->column];
    double number;
    bool is_missing;
    switch (encoding->kind) {
    case ENCODING_NONE:
        break;
    case ENCODING_CATEGORY:
        if (value->kind == TAPE_OTHER)
            return refuse(encoder, value, "a string", "expected a string", err);
        if (ids)
            ids[encoding->field->index] = category_id(encoder, encoding, value);
        break;
    case ENCODING_NUMBER: {
        float *pair = &values[2 * (size_t)encoding->field->index];
        RETURN_IF_ERROR(read_number(encoder, encoding, value, &number, &is_missing, err));
        if (is_missing)
            schema_encode_missing(encoding->field, pair);
        else
            schema_encode_number(encoder->schema, encoding->field, number, pair);
        break;
    }
    }
    return STATUS_OK;
}

static void encode_missing(const struct encoder *encoder, uint32_t *ids, float *values)
{
    for (uint32_t i = 0; i < encoder->schema->field_count; i++) {
        const struct field *field = &encoder->schema->fields[i];
        if (field->kind == FIELD_CATEGORY)
            ids[field->index] = SCHEMA_MISSING;
        else
            schema_encode_missing(field, &values[2 * (size_t)field->index]);
    }
}

enum status encoder_check(const struct encoder *encoder, size_t history, uint64_t *line,
                          struct error *err)
{
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, encoder->tape, history);
    *line = reader.line;
    bool has_fields = tape_open_members(&reader);
    while (has_fields && tape_next(&reader.cursor, &value))
        continue;
    for (bool is_open = has_fields; is_open || tape_open_event(&reader);
         is_open = false) {
        *line = reader.line;
        while (tape_next(&reader.cursor, &value)) {
            const struct column_encoding *encoding = &encoder->list[value.column];
            double number;
            bool is_missing;
            if (encoding->kind == ENCODING_CATEGORY && value.kind == TAPE_OTHER)
                return refuse(encoder, &value, "a string", "expected a string", err);
            if (encoding->kind == ENCODING_NUMBER)
                RETURN_IF_ERROR(
                    read_number(encoder, encoding, &value, &number, &is_missing, err));
        }
    }
    return STATUS_OK;
}

/* ---- memory of a thread ---- */

static enum status reserve(struct encoder_scratch *scratch, const struct encoder *encoder,
                           size_t events, struct error *err)
{
    size_t row = encoder->K * sizeof(uint32_t) > encoder->F * sizeof(float)
                     ? encoder->K * sizeof(uint32_t)
                     : encoder->F * sizeof(float);
    if (scratch->ids && events <= scratch->capacity && row <= scratch->row_bytes &&
        scratch->K == encoder->K && scratch->F == encoder->F)
        return STATUS_OK;
    size_t capacity = events > scratch->capacity ? 2 * events + 64 : scratch->capacity;
    encoder_scratch_release(scratch);
    scratch->times = malloc(capacity * sizeof *scratch->times);
    scratch->order = calloc(capacity, sizeof *scratch->order);
    scratch->micros = malloc(capacity * sizeof *scratch->micros);
    scratch->given = malloc(capacity * sizeof *scratch->given);
    scratch->rows = malloc(capacity * row + 1);
    scratch->ids = malloc(encoder->K * sizeof(uint32_t) + 1);
    scratch->values = malloc(encoder->F * sizeof(float) + 1);
    if (!scratch->times || !scratch->order || !scratch->micros || !scratch->given ||
        !scratch->rows || !scratch->ids || !scratch->values) {
        encoder_scratch_release(scratch);
        return error_no_memory(err);
    }
    scratch->capacity = capacity;
    scratch->row_bytes = row;
    scratch->K = encoder->K;
    scratch->F = encoder->F;
    return STATUS_OK;
}

void encoder_scratch_release(struct encoder_scratch *scratch)
{
    free(scratch->times);
    free(scratch->order);
    free(scratch->micros);
    free(scratch->given);
    free(scratch->rows);
    free(scratch->ids);
    free(scratch->values);
    *scratch = (struct encoder_scratch){.capacity = 0};
}

/* ---- order ---- */

/* Fill order, and sort times; false in *is_reordered if no event moves. */
static enum status sort_events(struct encoder_scratch *scratch, uint32_t length,
                               struct encoded *encoded, struct error *err)
{
    uint32_t sorted = 1;
    while (sorted < length &&
           instant_compare(scratch->times[sorted - 1], scratch->times[sorted]) <= 0)
        sorted++;
    encoded->is_reordered = sorted < length;
    if (!encoded->is_reordered)
        return STATUS_OK;
    struct timed_index *events = malloc(length * sizeof *events);
    if (!events)
        return error_no_memory(err);
    for (uint32_t i = 0; i < length; i++)
        events[i] = (struct timed_index){scratch->times[i], i};
    timed_index_sort(events, length);
    for (uint32_t i = 0; i < length; i++) {
        scratch->times[i] = events[i].time;
        scratch->order[i] = events[i].index;
    }
    free(events);
    return STATUS_OK;
}

/* The first event after the first one whose place is an earlier one. */
static uint32_t first_late_event(const struct encoder_scratch *scratch, uint32_t length)
{
    uint32_t late = length;
    for (uint32_t position = 0; position < length; position++)
        if (scratch->order[position] > position && scratch->order[position] < late)
            late = scratch->order[position];
    return late < length ? late : 1;
}

static void move_rows(void *rows, size_t row_bytes, const struct encoder_scratch *scratch,
                      uint32_t length)
{
    if (row_bytes == 0)
        return;
    char *to = rows;
    memcpy(scratch->rows, rows, length * row_bytes);
    for (uint32_t i = 0; i < length; i++)
        memcpy(to + i * row_bytes,
               (const char *)scratch->rows + scratch->order[i] * row_bytes, row_bytes);
}

/* ---- a history ---- */

enum status encoder_run(const struct encoder *encoder, size_t history,
                        struct encoder_scratch *scratch, uint32_t *ids, float *values,
                        struct encoded *encoded, uint64_t *line, struct error *err)
{
    const size_t K = encoder->K, F = encoder->F;
    const struct columns *columns = encoder->columns;
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, encoder->tape, history);
    uint32_t length = reader.history->events, timed = 0, i = 0;
    *encoded = (struct encoded){.has_times = false};
    *line = reader.line;
    RETURN_IF_ERROR(reserve(scratch, encoder, length, err));
    encode_missing(encoder, scratch->ids, scratch->values);
    if (tape_open_members(&reader)) {
        while (tape_next(&reader.cursor, &value))
            continue;
        while (tape_open_fields(&reader) && tape_next(&reader.cursor, &value))
            RETURN_IF_ERROR(
                encode_value(encoder, &value, scratch->ids, scratch->values, err));
    }
    for (; tape_open_event(&reader); i++) {
        uint32_t *event_ids = ids ? ids + i * K : NULL;
        float *event_values = F > 0 ? values + i * F : scratch->values;
        if (ids)
            memcpy(event_ids, scratch->ids, K * sizeof *ids);
        if (F > 0)
            memcpy(event_values, scratch->values, F * sizeof *values);
        *line = reader.line;
        while (tape_next(&reader.cursor, &value)) {
            bool has_time = false;
            if (value.column == columns->time) {
                (void)columns_read_time(columns, encoder->tape, &value,
                                        &scratch->times[i], &has_time);
                timed += has_time;
            }
            RETURN_IF_ERROR(encode_value(encoder, &value, event_ids, event_values, err));
        }
    }
    encoded->has_times = timed == length;
    if (encoded->has_times)
        RETURN_IF_ERROR(sort_events(scratch, length, encoded, err));
    if (encoded->is_reordered) {
        encoded->first_late = first_late_event(scratch, length);
        if (ids)
            move_rows(ids, K * sizeof *ids, scratch, length);
        move_rows(values, F * sizeof *values, scratch, length);
    }
    for (i = 0; i < length && encoded->has_times; i++)
        scratch->micros[i] = scratch->times[i].us;
    if (F > 0)
        schema_encode_times(encoder->schema, encoded->has_times ? scratch->micros : NULL,
                            length, values + 2 * (size_t)encoder->schema->numbers,
                            (uint32_t)F);
    return STATUS_OK;
}

/* ---- as JSON ---- */

static bool is_json_number(enum tape_kind kind)
{
    return kind == TAPE_INTEGER || kind == TAPE_DECIMAL || kind == TAPE_NUMBER_TEXT;
}

/*
 * A time: as it is if JSON has it and any reader knows it, or if only the pattern of the model says
 * what it means, else as RFC 3339.
 */
static void write_time(const struct encoder *encoder, const struct tape_value *value,
                       bool is_csv, struct strbuf *out)
{
    char buffer[TAPE_TEXT_SIZE], text[TIMESTAMP_SIZE];
    struct instant time;
    int64_t micros;
    const enum time_format_kind kind = encoder->columns->time_format.kind;
    bool has_time, is_auto = kind == TIME_AUTO;
    struct span span = tape_text(encoder->tape, value, buffer);
    bool is_read =
        columns_read_time(encoder->columns, encoder->tape, value, &time, &has_time);
    if (is_read && !has_time) {
        strbuf_add(out, "null");
    } else if (is_read && is_auto && is_json_number(value->kind)) {
        strbuf_add_bytes(out, span.bytes, span.length);
        if (is_csv && value->kind == TAPE_INTEGER)
            strbuf_add(out, ".0");
    } else if (!is_read || kind == TIME_PATTERN ||
               (!is_csv && timestamp_parse(span.bytes, span.length, &micros))) {
        strbuf_json_string(out, span.bytes,
                           span.length); /* what is no time is refused later */
    } else {
        instant_format(text, time);
        strbuf_json_string(out, text, strlen(text));
    }
}

/* Digits only: more of them than fit an integer of jansson, which reads the golden history. */
static bool is_long_integer(const struct tape_value *value, struct span text)
{
    return value->kind == TAPE_NUMBER_TEXT && !memchr(text.bytes, '.', text.length) &&
           !memchr(text.bytes, 'e', text.length) && !memchr(text.bytes, 'E', text.length);
}

/* A number of a field, with a decimal point; null for what is not one. */
static void write_number(const struct encoder *encoder,
                         const struct column_encoding *encoding,
                         const struct tape_value *value, struct strbuf *out)
{
    char buffer[TAPE_TEXT_SIZE];
    double number;
    bool is_missing;
    struct error ignored = {.status = STATUS_OK};
    struct span text = tape_text(encoder->tape, value, buffer);
    if (read_number(encoder, encoding, value, &number, &is_missing, &ignored) !=
        STATUS_OK)
        strbuf_json_string(out, text.bytes, text.length); /* the decoder refuses it */
    else if (is_missing)
        strbuf_add(out, "null");
    else if ((is_json_number(value->kind) && !is_long_integer(value, text)) ||
             value->kind == TAPE_TRUE || value->kind == TAPE_FALSE)
        strbuf_add_bytes(out, text.bytes, text.length);
    else
        strbuf_double(out, number);
}

static void write_text(const struct encoder *encoder, const struct tape_value *value,
                       bool is_csv, struct strbuf *out)
{
    char buffer[TAPE_TEXT_SIZE], number[VALUE_CATEGORY_SIZE];
    size_t length;
    struct span text = tape_text(encoder->tape, value, buffer);
    const struct column_encoding *encoding = &encoder->list[value->column];
    bool is_missing = value->kind == TAPE_NULL ||
                      (encoding->kind == ENCODING_CATEGORY &&
                       category_id(encoder, encoding, value) == SCHEMA_MISSING);
    if (is_missing || value->kind == TAPE_OTHER)
        strbuf_add(out, is_missing ? "null" : "[]");
    else if (value->kind == TAPE_TRUE || value->kind == TAPE_FALSE)
        strbuf_add_bytes(out, text.bytes, text.length);
    else if (!is_csv && is_json_number(value->kind) &&
             value_category(text.bytes, text.length, number, &length))
        strbuf_json_string(out, number, length);
    else
        strbuf_json_string(out, text.bytes, text.length);
}

static bool is_written(const struct encoder *encoder, const struct tape_value *value,
                       bool keeps_all)
{
    enum column_role role = encoder->columns->roles[value->column];
    return encoder->list[value->column].kind != ENCODING_NONE || role == COLUMN_TIME ||
           (keeps_all && role == COLUMN_FIELD);
}

static void write_value(const struct encoder *encoder, const struct tape_value *value,
                        bool is_csv, struct strbuf *out)
{
    const struct column_encoding *encoding = &encoder->list[value->column];
    if (encoder->columns->roles[value->column] == COLUMN_TIME)
        write_time(encoder, value, is_csv, out);
    else if (encoding->kind == ENCODING_NUMBER)
        write_number(encoder, encoding, value, out);
    else
        write_text(encoder, value, is_csv, out);
}

static void write_key(const struct encoder *encoder, const struct tape_value *value,
                      struct strbuf *out)
{
    const struct tape_column *column = &encoder->tape->columns[value->column];
    enum column_role role = encoder->columns->roles[value->column];
    if (role == COLUMN_EVENT)
        strbuf_add(out, "\"event\"");
    else if (role == COLUMN_TIME)
        strbuf_add(out, "\"time\"");
    else
        strbuf_json_string(out, column->name, column->name_length);
    strbuf_add(out, ": ");
}

/* The members of a list as an object; of a CSV row, the name and the time come first. */
static void write_members(const struct encoder *encoder, struct tape_cursor *cursor,
                          bool is_csv, bool keeps_all, struct strbuf *out)
{
    enum { NAME, TIME, OTHERS, PASSES };
    struct tape_cursor begin = *cursor;
    struct tape_value value;
    bool is_first = true;
    strbuf_add(out, "{");
    for (int pass = is_csv ? NAME : OTHERS; pass < PASSES; pass++) {
        *cursor = begin;
        while (tape_next(cursor, &value)) {
            enum column_role role = encoder->columns->roles[value.column];
            int own = !is_csv                ? OTHERS
                      : role == COLUMN_EVENT ? NAME
                      : role == COLUMN_TIME  ? TIME
                                             : OTHERS;
            if (own != pass || !is_written(encoder, &value, keeps_all))
                continue;
            strbuf_add(out, is_first ? "" : ", ");
            write_key(encoder, &value, out);
            write_value(encoder, &value, is_csv, out);
            is_first = false;
        }
    }
    strbuf_add(out, "}");
}

void encoder_write_json(const struct encoder *encoder, size_t history, bool keeps_all,
                        struct strbuf *out)
{
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, encoder->tape, history);
    bool is_csv = encoder->tape->files[reader.history->file].is_csv;
    struct span name = tape_case_name(encoder->tape, reader.history);
    strbuf_add(out, "{");
    if (keeps_all && is_csv) {
        strbuf_add(out, "\"id\": ");
        strbuf_json_string(out, name.bytes, name.length);
        strbuf_add(out, ", ");
    }
    strbuf_add(out, "\"events\": [");
    for (uint32_t i = 0; tape_open_event(&reader); i++) {
        strbuf_add(out, i == 0 ? "" : ", ");
        write_members(encoder, &reader.cursor, is_csv, keeps_all, out);
    }
    strbuf_add(out, "]");
    if (tape_open_members(&reader)) {
        while (tape_next(&reader.cursor, &value))
            continue;
        struct tape_cursor begin = reader.cursor;
        if (tape_next(&reader.cursor, &value)) {
            strbuf_add(out, ", \"fields\": ");
            write_members(encoder, &begin, is_csv, keeps_all, out);
        }
    }
    strbuf_add(out, "}");
}
