/* See cases.h.  Here: what the columns are for, and what they hold. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/cases_table.h"
#include "data/dataset.h"
#include "trainer.h"

enum { COLUMNS_MOST = 1000, NUMBER_MOST = 63 };

/* "case, event, time", cut when it is full. */
static void list_columns(const struct cases *cases, char *room, size_t size)
{
    size_t used = 0;

    room[0] = '\0';
    for (size_t i = 0; i < cases->column_count && used + 1 < size; i++)
        used += (size_t)snprintf(room + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 cases->columns[i].name);
}

/* The column of that name, or NO_COLUMN: then it is an error if it is needed. */
static enum status find_column(const struct cases *cases, const char *name,
                               const char *flag, bool is_needed, size_t *place,
                               struct error *err)
{
    char columns[64];

    for (*place = 0; *place < cases->column_count; ++*place)
        if (*name != '\0' && strcmp(cases->columns[*place].name, name) == 0)
            return STATUS_OK;
    *place = NO_COLUMN;
    if (!is_needed)
        return STATUS_OK;
    list_columns(cases, columns, sizeof columns);
    struct error inner = {.status = STATUS_BAD_INPUT};
    (void)snprintf(inner.text, sizeof inner.text,
                   "there is no column \"%.60s\" (there are %s); %s names it", name,
                   columns, flag);
    return cases_complain(cases, 1, &inner, err);
}

/* Which columns have a part to play; the others are fields of the events. */
static enum status cast_columns(struct cases *cases, struct error *err)
{
    const struct keys *keys = cases->keys;
    const char *id = *keys->id == '\0' ? "case" : keys->id;
    bool wants_label = cases->target != TASK_NEXT;
    bool wants_time = strcmp(keys->time, "time") != 0;
    bool wants_split = *keys->split != '\0';
    enum status status = find_column(cases, id, "--id", true, &cases->id, err);

    if (status == STATUS_OK)
        status = find_column(cases, keys->event, "--event", true, &cases->event, err);
    if (status == STATUS_OK)
        status = find_column(cases, keys->time, "--time", wants_time, &cases->time, err);
    if (status == STATUS_OK)
        status =
            find_column(cases, keys->label, "--label", wants_label, &cases->label, err);
    if (status == STATUS_OK)
        status =
            find_column(cases, keys->split, "--split", wants_split, &cases->split, err);
    for (size_t i = 0; i < cases->column_count && status == STATUS_OK; i++) {
        struct cases_column *column = &cases->columns[i];
        bool is_cast = i == cases->id || i == cases->event || i == cases->time ||
                       i == cases->label || i == cases->split;
        bool is_taken =
            strcmp(column->name, "event") == 0 || strcmp(column->name, "time") == 0;
        column->is_field = !is_cast && !is_taken && *column->name != '\0';
        if (!is_cast && !column->is_field)
            fprintf(stderr, "%s: column %zu, \"%s\", is left out: %s\n", cases->path,
                    i + 1, column->name,
                    is_taken ? "another column has its part" : "it has no name");
    }
    return status;
}

/* Bytes of the character that text begins with; 0 when it is none (RFC 3629). */
static size_t character(const unsigned char *text, size_t length)
{
    unsigned first = text[0], second = length > 1 ? text[1] : 0;
    size_t count = first < 0x80                     ? 1
                   : first >= 0xc2 && first <= 0xdf ? 2
                   : first >= 0xe0 && first <= 0xef ? 3
                   : first >= 0xf0 && first <= 0xf4 ? 4
                                                    : 0;

    if (count > length || (first == 0xe0 && second < 0xa0) ||
        (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
        return 0;
    for (size_t i = 1; i < count; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return count;
}

static bool is_utf8(const char *text, size_t length)
{
    size_t step = 1;

    for (size_t i = 0; i < length && step > 0; i += step)
        step = character((const unsigned char *)text + i, length - i);
    return step > 0;
}

json_t *cases_string(const char *text, size_t length)
{
    json_t *string = json_stringn(text, length);

    /* of memory that ran out jansson says no more than of bytes that are not UTF-8 */
    return string == NULL && !is_utf8(text, length) ? json_null() : string;
}

/* Take the name of the next column. */
static enum status add_column(struct cases *cases, const struct csv_cell *cell,
                              struct error *err)
{
    size_t length, place = NO_COLUMN;
    const char *name = csv_text(cell, &cases->room, &length);
    json_t *string = cases->room.has_failed ? NULL : cases_string(name, length);
    bool is_utf8 = !json_is_null(string);
    char *copy = arena_string(&cases->arena, name, length);

    if (string == NULL || copy == NULL) {
        json_decref(string);
        return error_no_memory(err);
    }
    json_decref(string);
    if (!is_utf8)
        return error_set(err, STATUS_BAD_INPUT, "", "\"%.64s\" is not UTF-8", copy);
    if (strchr(copy, '\r') != NULL)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "there is a carriage return in the name of column %zu: lines "
                         "must end in LF or CRLF",
                         cases->column_count + 1);
    if (*copy != '\0')
        (void)find_column(cases, copy, "", false, &place, err);
    if (place != NO_COLUMN)
        return error_set(err, STATUS_BAD_INPUT, "", "there are two columns \"%.64s\"",
                         copy);
    cases->columns[cases->column_count++].name = copy;
    return STATUS_OK;
}

enum status cases_read_header(struct cases *cases, struct error *err)
{
    struct error inner = {0};
    struct csv_cell *cells = calloc(COLUMNS_MOST, sizeof *cells);
    size_t count = 0;
    enum status status = cells == NULL
                             ? error_no_memory(&inner)
                             : csv_next(&cases->csv, cells, COLUMNS_MOST, &count, &inner);

    if (status == STATUS_OK && count == 0)
        status = error_set(&inner, STATUS_BAD_INPUT, "", "the file is empty");
    if (status == STATUS_OK && count > COLUMNS_MOST)
        status = error_set(&inner, STATUS_TOO_LARGE, "", "there are more than %d columns",
                           COLUMNS_MOST);
    if (status == STATUS_OK) {
        cases->columns = arena_array(&cases->arena, count, sizeof *cases->columns);
        cases->cells = arena_array(&cases->arena, count, sizeof *cases->cells);
        if (cases->columns == NULL || cases->cells == NULL)
            status = error_no_memory(&inner);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = add_column(cases, &cells[i], &inner);
    free(cells);
    return status == STATUS_OK
               ? cast_columns(cases, err)
               : cases_complain(cases, cases->csv.start_line, &inner, err);
}

bool cases_is_number(const struct csv_cell *cell, double *number)
{
    const char *digits;
    char room[NUMBER_MOST + 1], *end;

    if (cell->length == 0 || cell->length > NUMBER_MOST || cell->has_quotes)
        return false;
    for (size_t i = 0; i < cell->length; i++)
        if (strchr("+-.0123456789eE", cell->bytes[i]) == NULL || cell->bytes[i] == '\0')
            return false;
    memcpy(room, cell->bytes, cell->length);
    room[cell->length] = '\0';
    digits = room + (*room == '-');
    if (*digits == '+' || (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'))
        return false;
    *number = strtod(room, &end);
    return end != room && *end == '\0' && isfinite(*number);
}

/* Is a case of the part that training never looks at? */
static enum status is_hidden(struct cases *cases, const struct cases_case *c,
                             bool *is_test, struct error *err)
{
    *is_test = false;
    if (cases->split == NO_COLUMN || *cases->keys->split == '\0')
        return STATUS_OK;
    for (uint32_t row = c->first; row != NO_ROW; row = cases->rows[row].next) {
        size_t count;
        enum status status = cases_cells(cases, row, &count, err);
        if (status != STATUS_OK)
            return status;
        const struct csv_cell *cell = &cases->cells[cases->split];
        if (count == cases->column_count && cell->length > 0) {
            *is_test = cell->length == 4 && memcmp(cell->bytes, "test", 4) == 0;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static void note_cells(struct cases *cases)
{
    double number;

    for (size_t i = 0; i < cases->column_count; i++) {
        struct cases_column *column = &cases->columns[i];
        if (column->is_field && column->is_numeric && cases->cells[i].length > 0)
            column->is_numeric = cases_is_number(&cases->cells[i], &number);
    }
}

enum status cases_find_kinds(struct cases *cases, struct error *err)
{
    enum status status = STATUS_OK;
    size_t count;
    bool is_test;

    for (size_t i = 0; i < cases->column_count; i++)
        cases->columns[i].is_numeric = true;
    for (size_t i = 0; i < cases->names.count && status == STATUS_OK; i++) {
        const struct cases_case *c = &cases->cases[i];
        status = is_hidden(cases, c, &is_test, err);
        for (uint32_t row = c->first; row != NO_ROW && !is_test && status == STATUS_OK;
             row = cases->rows[row].next) {
            status = cases_cells(cases, row, &count, err);
            if (status == STATUS_OK && count == cases->column_count)
                note_cells(cases);
        }
    }
    cases_obey(cases, NULL);
    return status;
}

void cases_obey(struct cases *cases, const struct schema *schema)
{
    for (size_t i = 0; i < cases->column_count; i++) {
        struct cases_column *column = &cases->columns[i];
        column->is_text = schema == NULL
                              ? !column->is_numeric
                              : triage_schema_is_category(schema, column->name);
    }
}
