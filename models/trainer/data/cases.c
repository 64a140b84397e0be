/*
 * The rows of a CSV file, and the histories made of them.
 *
 * cases_read passes over the file twice: first to find the case of each row, then to find which
 * columns hold numbers.  The second pass leaves out cases of the part test, which must not
 * influence the schema.
 */
#include "data/cases.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"
#include "data/csv.h"
#include "data/csv_columns.h"

#define NO_ROW UINT32_MAX

static const size_t MAX_FILE_BYTES = (size_t)1 << 40;

enum { POINTER_BYTES = 96, SHOWN_BYTES = 64 };

struct row {
    uint64_t start; /* offset in the text */
    uint32_t line;
    uint32_t next; /* the next row of the same case, or NO_ROW */
};

struct case_rows {
    uint32_t first, last, count;
};

struct cases {
    const char *path;
    const struct data_keys *keys;
    enum task task;
    char *bytes; /* the file */
    struct csv csv;
    struct arena arena; /* of columns, cells and names */
    struct csv_columns columns;
    struct csv_cell *cells; /* [columns.count] of the row that was read last */
    struct strbuf buffer;   /* for one cell with doubled quotes */

    struct row *rows; /* [row_count]; owned */
    size_t row_count, row_capacity;
    struct strmap names;    /* name of a case -> its index */
    struct case_rows *list; /* [names.count]; owned */
    size_t case_capacity;
    size_t *lines; /* of the rows of the last history that was made; owned */
};

size_t cases_count(const struct cases *cases)
{
    return cases->names.count;
}

void cases_apply_schema(struct cases *cases, const struct schema *schema)
{
    csv_columns_apply_schema(&cases->columns, schema);
}

/* Fill err with the inner error and the place "FILE:LINE". */
static enum status error_at_line(const struct cases *cases, size_t line,
                                 const struct error *inner, struct error *err)
{
    char where[POINTER_BYTES];
    file_line_write(where, sizeof where, cases->path, line);
    return error_mismatch(err, inner->status, where, inner->expected, inner->received,
                          "%s", inner->text);
}

/* ---- reading the file ---- */

/* Append the row that csv has just read. */
static enum status add_row(struct cases *cases, struct error *err)
{
    if (cases->row_count == cases->row_capacity) {
        size_t capacity = 2 * cases->row_capacity + 4096;
        struct row *grown = realloc(cases->rows, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        cases->rows = grown;
        cases->row_capacity = capacity;
    }
    if (cases->row_count == NO_ROW || cases->csv.line > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "", "the file has too many rows");
    cases->rows[cases->row_count++] =
        (struct row){.start = cases->csv.start,
                     .line = (uint32_t)cases->csv.start_line,
                     .next = NO_ROW};
    return STATUS_OK;
}

/* The case with this name, which is added if it is new. */
static enum status find_case(struct cases *cases, const char *name, size_t length,
                             struct case_rows **found, struct error *err)
{
    if (cases->names.count == cases->case_capacity) {
        size_t capacity = 2 * cases->case_capacity + 512;
        struct case_rows *grown = realloc(cases->list, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        cases->list = grown;
        cases->case_capacity = capacity;
    }
    uint32_t known = cases->names.count;
    uint32_t index = strmap_add(&cases->names, name, length, &cases->arena);
    if (index == MAP_NONE)
        return error_no_memory(err);
    *found = &cases->list[index];
    if (index == known)
        **found = (struct case_rows){.first = NO_ROW, .last = NO_ROW, .count = 0};
    return STATUS_OK;
}

/* Append the row that was just read, which has count cells, to the rows of its case. */
static enum status add_row_to_case(struct cases *cases, size_t count, struct error *err)
{
    size_t id = cases->columns.id, length;
    if (count <= id)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "the row has %zu cells, the header has %zu: the case of the row "
                         "is unknown",
                         count, cases->columns.count);
    const char *name = csv_cell_text(&cases->cells[id], &cases->buffer, &length);
    if (length == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the row has no \"%.64s\"",
                         cases->columns.list[id].name);
    if (cases->buffer.has_failed)
        return error_no_memory(err);
    struct case_rows *owner;
    RETURN_IF_ERROR(find_case(cases, name, length, &owner, err));
    RETURN_IF_ERROR(add_row(cases, err));
    uint32_t row = (uint32_t)(cases->row_count - 1);
    if (owner->count++ == 0)
        owner->first = row;
    else
        cases->rows[owner->last].next = row;
    owner->last = row;
    return STATUS_OK;
}

static bool are_empty(const struct csv_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i].length > 0)
            return false;
    return true;
}

static enum status read_rows(struct cases *cases, struct error *err)
{
    size_t capacity = cases->columns.count, count;
    do {
        struct error inner = {0};
        enum status status =
            csv_next(&cases->csv, cases->cells, capacity, &count, &inner);
        bool is_torn = status != STATUS_OK; /* it is unknown where the next row begins */
        if (!is_torn && !are_empty(cases->cells, count < capacity ? count : capacity))
            status = add_row_to_case(cases, count, &inner);
        if (status == STATUS_OK)
            continue;
        size_t line = cases->csv.start_line;
        if (status != STATUS_BAD_INPUT || is_torn || !cases->keys->skip_bad)
            return error_at_line(cases, line, &inner, err);
        struct error shown = {0};
        (void)error_at_line(cases, line, &inner, &shown);
        fprintf(stderr, "skipped %s: %s\n", shown.where, shown.text);
    } while (count > 0);
    return STATUS_OK;
}

/* Read the cells of a row again.  *count receives their number, which may be wrong. */
static enum status read_cells(struct cases *cases, uint32_t row, size_t *count,
                              struct error *err)
{
    csv_seek(&cases->csv, cases->rows[row].start, cases->rows[row].line);
    return csv_next(&cases->csv, cases->cells, cases->columns.count, count, err);
}

/* Does a case belong to the part test?  Its first row with a part decides. */
static enum status is_test_case(struct cases *cases, const struct case_rows *c,
                                bool *is_test, struct error *err)
{
    *is_test = false;
    if (cases->columns.split == NO_COLUMN)
        return STATUS_OK;
    for (uint32_t row = c->first; row != NO_ROW; row = cases->rows[row].next) {
        size_t count;
        RETURN_IF_ERROR(read_cells(cases, row, &count, err));
        const struct csv_cell *cell = &cases->cells[cases->columns.split];
        if (count == cases->columns.count && cell->length > 0) {
            *is_test = cell->length == 4 && memcmp(cell->bytes, "test", 4) == 0;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status find_numeric_columns(struct cases *cases, struct error *err)
{
    for (size_t i = 0; i < cases->names.count; i++) {
        const struct case_rows *c = &cases->list[i];
        bool is_test;
        RETURN_IF_ERROR(is_test_case(cases, c, &is_test, err));
        for (uint32_t row = c->first; row != NO_ROW && !is_test;
             row = cases->rows[row].next) {
            size_t count;
            RETURN_IF_ERROR(read_cells(cases, row, &count, err));
            if (count == cases->columns.count)
                csv_columns_note_row(&cases->columns, cases->cells);
        }
    }
    csv_columns_apply_schema(&cases->columns, NULL);
    return STATUS_OK;
}

static enum status read_file(struct cases *cases, struct error *err)
{
    size_t length;
    RETURN_IF_ERROR(file_read(cases->path, MAX_FILE_BYTES, &cases->bytes, &length, err));
    csv_init(&cases->csv, cases->path, cases->bytes, length);
    struct error inner = {0};
    if (csv_columns_read(&cases->columns, &cases->csv, cases->path, cases->keys,
                         cases->task, &cases->arena, &inner) != STATUS_OK)
        return error_at_line(cases, cases->csv.start_line, &inner, err);
    cases->cells = arena_array(&cases->arena, cases->columns.count, sizeof *cases->cells);
    if (!cases->cells)
        return error_no_memory(err);
    RETURN_IF_ERROR(read_rows(cases, err));
    return find_numeric_columns(cases, err);
}

struct cases *cases_read(const char *path, const struct data_keys *keys, enum task task,
                         struct error *err)
{
    struct cases *cases = calloc(1, sizeof *cases);
    if (!cases) {
        error_no_memory(err);
        return NULL;
    }
    cases->path = path;
    cases->keys = keys;
    cases->task = task;
    arena_init(&cases->arena, SIZE_MAX);
    strbuf_init(&cases->buffer, SIZE_MAX);
    if (read_file(cases, err) == STATUS_OK)
        return cases;
    cases_free(cases);
    return NULL;
}

void cases_free(struct cases *cases)
{
    if (!cases)
        return;
    free(cases->bytes);
    free(cases->rows);
    free(cases->list);
    free(cases->lines);
    strbuf_release(&cases->buffer);
    arena_release(&cases->arena);
    free(cases);
}

/* ---- a case as a JSON history ---- */

struct builder {
    struct cases *cases;
    json_t *history, *events;
    size_t event; /* index of the row that is being read */
    /* index + 1 of the first row that has the case's label or part; 0: none so far */
    size_t label_stated, split_stated;
    size_t label_count; /* TASK_EVERY: rows that have a label */
    struct error *err;
};

/* An error about a cell of the row that is being read. */
static enum status cell_error(const struct builder *b, size_t column,
                              const char *expected, const char *text)
{
    const struct cases *cases = b->cases;
    const struct csv_cell *cell = &cases->cells[column];
    char where[POINTER_BYTES], shown[SHOWN_BYTES];
    pointer_join_index(where, sizeof where, "/events", b->event);
    pointer_join(where, sizeof where, where, cases->columns.list[column].name);
    if (cell->length == 0)
        utf8_copy(shown, sizeof shown, "an empty cell");
    else
        (void)snprintf(
            shown, sizeof shown, "%.*s",
            (int)(cell->length < sizeof shown ? cell->length : sizeof shown - 1),
            cell->bytes);
    return error_mismatch(b->err, STATUS_BAD_INPUT, where, expected, shown, "%s", text);
}

/* The cell as a JSON string; NULL with err. */
static json_t *cell_string(const struct builder *b, size_t column)
{
    struct cases *cases = b->cases;
    size_t length;
    const char *text = csv_cell_text(&cases->cells[column], &cases->buffer, &length);
    json_t *string = cases->buffer.has_failed ? NULL : csv_text_to_json(text, length);
    if (!string)
        error_no_memory(b->err);
    if (!json_is_null(string))
        return string;
    (void)cell_error(b, column, "UTF-8", "the cell is not UTF-8");
    json_decref(string);
    return NULL;
}

/* Set a member.  value is taken; NULL means that it could not be made and err is filled. */
static enum status set_member(const struct builder *b, json_t *object, const char *key,
                              json_t *value)
{
    if (!value)
        return b->err->status;
    return json_object_set_new_nocheck(object, key, value) == 0 ? STATUS_OK
                                                                : error_no_memory(b->err);
}

static json_t *number_to_json(const struct csv_cell *cell, double number)
{
    bool is_integer = cell->length <= 18 && !memchr(cell->bytes, '.', cell->length) &&
                      !memchr(cell->bytes, 'e', cell->length) &&
                      !memchr(cell->bytes, 'E', cell->length);
    return is_integer ? json_integer((json_int_t)strtoll(cell->bytes, NULL, 10))
                      : json_real(number);
}

static enum status set_field(const struct builder *b, json_t *event, size_t column)
{
    const struct csv_column *field = &b->cases->columns.list[column];
    const struct csv_cell *cell = &b->cases->cells[column];
    double number;
    if (cell->length == 0)
        return STATUS_OK;
    if (field->is_text || !csv_cell_to_number(cell, &number))
        return set_member(b, event, field->name, cell_string(b, column));
    json_t *value = number_to_json(cell, number);
    return value ? set_member(b, event, field->name, value) : error_no_memory(b->err);
}

/* A time in an unknown form stays as it is: the decoder refuses it. */
static enum status set_time(const struct builder *b, json_t *event)
{
    size_t column = b->cases->columns.time;
    if (column == NO_COLUMN || b->cases->cells[column].length == 0)
        return STATUS_OK;
    const struct csv_cell *cell = &b->cases->cells[column];
    char text[CSV_TIME_BYTES];
    double number;
    json_t *value;
    if (csv_cell_to_number(cell, &number))
        value = json_real(number);
    else if (csv_time_to_rfc3339(cell->bytes, cell->length, text))
        value = json_string(text);
    else
        return set_member(b, event, "time", cell_string(b, column));
    return value ? set_member(b, event, "time", value) : error_no_memory(b->err);
}

/*
 * Set a value of the whole case, which any of its rows may have; rows that have it must agree.
 * stated is &b->label_stated or &b->split_stated.
 */
static enum status set_case_value(struct builder *b, size_t column, size_t *stated)
{
    struct cases *cases = b->cases;
    if (column == NO_COLUMN || cases->cells[column].length == 0)
        return STATUS_OK;
    const char *key = cases->columns.list[column].name;
    json_t *value = cell_string(b, column);
    if (!value)
        return b->err->status;
    if (*stated == 0) {
        *stated = b->event + 1;
        return set_member(b, b->history, key, value);
    }
    const json_t *first = json_object_get(b->history, key);
    bool is_same = json_equal(value, first) == 1;
    json_decref(value);
    if (is_same)
        return STATUS_OK;
    char text[96];
    (void)snprintf(text, sizeof text, "line %zu of the same case has another value",
                   cases->lines[*stated - 1]);
    return cell_error(b, column, json_string_value(first), text);
}

/*
 * TASK_EVERY: a row's label belongs to its event.  It is also the label of the whole case, for
 * rows without one, as long as all rows that have a label agree.
 */
static enum status set_event_label(struct builder *b, json_t *event)
{
    const struct cases *cases = b->cases;
    size_t column = cases->columns.label;
    if (cases->cells[column].length == 0)
        return STATUS_OK;
    const char *key = cases->columns.list[column].name;
    RETURN_IF_ERROR(set_member(b, event, key, cell_string(b, column)));
    json_t *label = json_object_get(event, key);
    if (b->label_count++ == 0)
        return set_member(b, b->history, key, json_incref(label));
    if (json_equal(label, json_object_get(b->history, key)) != 1)
        json_object_del(b->history, key);
    return STATUS_OK;
}

static enum status set_members(struct builder *b, json_t *event)
{
    const struct cases *cases = b->cases;
    const struct csv_columns *columns = &cases->columns;
    if (cases->cells[columns->event].length == 0)
        return cell_error(b, columns->event, "a name", "the event has no name");
    RETURN_IF_ERROR(set_member(b, event, "event", cell_string(b, columns->event)));
    RETURN_IF_ERROR(set_time(b, event));
    for (size_t i = 0; i < columns->count; i++)
        if (columns->list[i].is_field)
            RETURN_IF_ERROR(set_field(b, event, i));
    if (cases->task == TASK_LAST)
        RETURN_IF_ERROR(set_case_value(b, columns->label, &b->label_stated));
    else if (cases->task == TASK_EVERY)
        RETURN_IF_ERROR(set_event_label(b, event));
    return set_case_value(b, columns->split, &b->split_stated);
}

static enum status add_event(struct builder *b, uint32_t row)
{
    struct cases *cases = b->cases;
    size_t count;
    RETURN_IF_ERROR(read_cells(cases, row, &count, b->err));
    if (count != cases->columns.count) {
        char where[POINTER_BYTES];
        pointer_join_index(where, sizeof where, "/events", b->event);
        return error_set(b->err, STATUS_BAD_INPUT, where,
                         "the row has %zu cells, the header has %zu", count,
                         cases->columns.count);
    }
    json_t *event = json_object();
    if (!event)
        return error_no_memory(b->err);
    enum status status = set_members(b, event);
    if (status == STATUS_OK && json_array_append(b->events, event) != 0)
        status = error_no_memory(b->err);
    json_decref(event);
    return status;
}

static enum status build(struct builder *b, size_t index)
{
    struct cases *cases = b->cases;
    if (!b->history || !b->events)
        return error_no_memory(b->err);
    /* no row has been read: put the name into its cell, from which errors show it */
    const struct strmap_key *name = &cases->names.keys[index];
    size_t id = cases->columns.id;
    cases->cells[id] = (struct csv_cell){.bytes = name->bytes, .length = name->length};
    RETURN_IF_ERROR(set_member(b, b->history, "id", cell_string(b, id)));
    if (json_object_set(b->history, "events", b->events) != 0)
        return error_no_memory(b->err);
    for (uint32_t row = cases->list[index].first; row != NO_ROW;
         row = cases->rows[row].next, b->event++)
        RETURN_IF_ERROR(add_event(b, row));
    return STATUS_OK;
}

static enum status find_lines(struct cases *cases, const struct case_rows *c,
                              struct error *err)
{
    size_t *grown = realloc(cases->lines, c->count * sizeof *grown), i = 0;
    if (!grown)
        return error_no_memory(err);
    cases->lines = grown;
    for (uint32_t row = c->first; row != NO_ROW; row = cases->rows[row].next)
        cases->lines[i++] = cases->rows[row].line;
    return STATUS_OK;
}

json_t *cases_history(struct cases *cases, size_t index, const size_t **lines,
                      size_t *count, struct error *err)
{
    struct error own = {0};
    struct builder b = {.cases = cases,
                        .history = json_object(),
                        .events = json_array(),
                        .err = err ? err : &own};
    enum status status = find_lines(cases, &cases->list[index], b.err);
    *lines = cases->lines;
    *count = status == STATUS_OK ? cases->list[index].count : 0;
    if (status != STATUS_OK)
        goto out;
    status = build(&b, index);
out:
    json_decref(b.events);
    if (status == STATUS_OK)
        return b.history;
    json_decref(b.history);
    return NULL;
}
