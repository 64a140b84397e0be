/* Every nth history is read; values of categories are told apart by their hashes. */
#include "data/warnings/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/tape/value_hash.h"
#include "model/schema.h"

enum {
    SAMPLED_EVENTS = 1 << 14,
    SAMPLED_CELLS = 1 << 18, /* of tables with many columns */
    LONGEST = 512            /* events of a history that are read */
};

/* ---- growing lists; false without memory ---- */

static bool add_place(struct sample *sample, uint64_t place)
{
    if (!array_reserve(&sample->places, sample->count, &sample->capacity,
                       sizeof *sample->places))
        return false;
    sample->places[sample->count++] = place;
    return true;
}

static bool add_cell(struct sampled_column *column, const struct sampled_cell *cell)
{
    if (!array_reserve(&column->cells, column->count, &column->capacity,
                       sizeof *column->cells))
        return false;
    column->cells[column->count++] = *cell;
    return true;
}

static bool add_value(struct sampled_column *column, const struct tape_value *value,
                      uint32_t *index)
{
    const uint32_t known = column->map.count;
    uint64_t hash = 0;
    (void)tape_value_hash(&hash, value);
    *index = u64map_add(&column->map, hash);
    if (*index == MAP_NONE)
        return false;
    if (!array_reserve(&column->values, *index, &column->value_capacity,
                       sizeof *column->values))
        return false;
    struct sampled_value *found = &column->values[*index];
    if (*index == known)
        *found = (struct sampled_value){.value = *value, .first = column->count};
    found->count++;
    found->last = column->count;
    return true;
}

/* ---- reading ---- */

static bool read_value(struct sample *sample, const struct tape_value *value)
{
    struct sampled_column *column = &sample->columns[value->column];
    struct sampled_cell cell = {.event = (uint32_t)sample->count - 1};
    if (!column->name)
        return true;
    struct text_info info = tape_info(sample->tape, value);
    if (column->is_number) {
        cell.number = info.number;
        cell.decimals = value->kind == TAPE_DECIMAL ? (uint8_t)value->decimals : 0;
        bool is_number = info.class == CLASS_NUMBER || info.class == CLASS_COMMA_NUMBER;
        return !is_number || !isfinite(info.number) || add_cell(column, &cell);
    }
    bool is_value = value->kind != TAPE_NULL && value->kind != TAPE_OTHER &&
                    value->index != TAPE_FURTHER && info.class != CLASS_MISSING;
    return !is_value ||
           (add_value(column, value, &cell.value) && add_cell(column, &cell));
}

static bool read_history(struct sample *sample, size_t index)
{
    struct tape_reader reader;
    struct tape_value value;
    tape_open(&reader, sample->tape, index);
    const uint32_t file = reader.history->file;
    const size_t end = sample->count + LONGEST;
    bool is_read = true;
    bool has_fields = tape_open_members(&reader);
    while (has_fields && tape_next(&reader.cursor, &value))
        continue;
    if (has_fields && tape_open_fields(&reader)) { /* of JSON Lines, beside the events */
        is_read = add_place(sample, tape_place(file, reader.line));
        while (is_read && tape_next(&reader.cursor, &value))
            is_read = read_value(sample, &value);
    }
    while (is_read && sample->count < end && tape_open_event(&reader)) {
        is_read = add_place(sample, tape_place(file, reader.line));
        while (is_read && tape_next(&reader.cursor, &value))
            is_read = read_value(sample, &value);
    }
    return is_read;
}

static bool read_histories(struct sample *sample, const struct histories *histories)
{
    size_t events = 0, used = 0;
    size_t most = SAMPLED_CELLS / (sample->column_count + 1);
    most = most < SAMPLED_EVENTS ? most : SAMPLED_EVENTS;
    for (size_t i = 0; i < histories->count; i++)
        if (histories->list[i].role != ROLE_NONE)
            events += sample->tape->histories[i].events;
    const size_t stride = 1 + events / most;
    bool is_read = true;
    for (size_t i = 0; i < histories->count && is_read; i++)
        if (histories->list[i].role != ROLE_NONE && used++ % stride == 0)
            is_read = read_history(sample, i);
    return is_read;
}

static void open_columns(struct sample *sample, const struct columns *columns,
                         const struct schema *schema)
{
    for (uint32_t i = 0; i < sample->column_count; i++) {
        const struct tape_column *column = &sample->tape->columns[i];
        bool is_event = i == columns->event;
        if (column->scope != SCOPE_FIELD ||
            (!is_event && columns->roles[i] != COLUMN_FIELD))
            continue;
        const struct field *field =
            is_event ? schema_find_bytes(schema, "event", strlen("event"))
                     : schema_find_bytes(schema, column->name, column->name_length);
        if (!field || (field->kind == FIELD_NUMBER && field->has_booleans))
            continue;
        sample->columns[i] =
            (struct sampled_column){.name = field->name,
                                    .is_number = field->kind == FIELD_NUMBER,
                                    .is_event = is_event};
    }
}

enum status sample_init(struct sample *sample, const struct tape *tape,
                        const struct columns *columns, const struct histories *histories,
                        const struct schema *schema, struct error *err)
{
    *sample = (struct sample){.tape = tape, .column_count = tape->column_count};
    sample->columns = calloc(tape->column_count + 1, sizeof *sample->columns);
    if (!sample->columns)
        return error_no_memory(err);
    open_columns(sample, columns, schema);
    return read_histories(sample, histories) ? STATUS_OK : error_no_memory(err);
}

void sample_release(struct sample *sample)
{
    for (size_t i = 0; sample->columns && i < sample->column_count; i++) {
        free(sample->columns[i].cells);
        free(sample->columns[i].values);
        u64map_release(&sample->columns[i].map);
    }
    free(sample->columns);
    free(sample->places);
}

const char *sample_text(const struct sample *sample, const struct sampled_value *value,
                        char *buffer, size_t size)
{
    char text[TAPE_TEXT_SIZE];
    struct span span = tape_text(sample->tape, &value->value, text);
    (void)snprintf(buffer, size, "%.*s", (int)span.length, span.bytes);
    return buffer;
}

void sample_place(const struct sample *sample, const struct sampled_cell *cell,
                  char *buffer, size_t size)
{
    tape_place_write(sample->tape, sample->places[cell->event], buffer, size);
}

struct split sample_split(const struct sampled_cell *cells, size_t count,
                          bool (*has)(const struct sampled_cell *cell, uint32_t value),
                          uint32_t value)
{
    struct split split = {.at = 0};
    size_t all = 0, seen = 0;
    double most = -1.0;
    for (size_t i = 0; i < count; i++)
        all += has(&cells[i], value);
    const double share = count > 0 ? (double)all / (double)count : 0.0;
    for (size_t i = 0; i + 1 < count; i++) {
        seen += has(&cells[i], value);
        double excess = fabs((double)seen - share * (double)(i + 1));
        if (excess > most) {
            most = excess;
            split.at = i + 1;
            split.before_count = seen;
        }
    }
    if (split.at == 0)
        return split;
    split.after_count = all - split.before_count;
    split.before = (double)split.before_count / (double)split.at;
    split.after = (double)split.after_count / (double)(count - split.at);
    return split;
}
