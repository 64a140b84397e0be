/* See cases.h.  Here: a case as a JSON history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "data/cases_table.h"
#include "data/dataset.h"
#include "data/moment.h"

enum { WHERE = 96, VALUE = 64 };

/* A history in the making. */
struct making {
    struct cases *cases;
    json_t *history, *events;
    size_t place;     /* of the event */
    size_t stated[2]; /* event + 1 where label and split were first said; for
                       * TASK_EVERY how many rows have said a label */
    struct error *err;
};

/* A complaint about a column of the row in hand. */
static enum status complain(const struct making *m, size_t column, const char *expected,
                            const char *text)
{
    const struct cases *cases = m->cases;
    const struct csv_cell *cell = &cases->cells[column];
    char where[WHERE], value[VALUE];

    pointer_join_index(where, sizeof where, "/events", m->place);
    pointer_join(where, sizeof where, where, cases->columns[column].name);
    (void)snprintf(value, sizeof value, "%.*s",
                   (int)(cell->length < VALUE ? cell->length : VALUE - 1), cell->bytes);
    if (cell->length == 0)
        utf8_copy(value, sizeof value, "an empty cell");
    return error_mismatch(m->err, STATUS_BAD_INPUT, where, expected, value, "%s", text);
}

/* The cell as a JSON string, or NULL with the complaint made. */
static json_t *string_of(const struct making *m, size_t column)
{
    struct cases *cases = m->cases;
    size_t length;
    const char *text = csv_text(&cases->cells[column], &cases->room, &length);
    json_t *string = cases->room.has_failed ? NULL : cases_string(text, length);

    if (string == NULL)
        error_no_memory(m->err);
    if (!json_is_null(string))
        return string;
    (void)complain(m, column, "UTF-8", "the cell is not UTF-8");
    json_decref(string);
    return NULL;
}

static enum status set(const struct making *m, json_t *object, const char *key,
                       json_t *value)
{
    if (value == NULL)
        return m->err->status;
    return json_object_set_new_nocheck(object, key, value) == 0 ? STATUS_OK
                                                                : error_no_memory(m->err);
}

static json_t *number_of(const struct csv_cell *cell, double number)
{
    bool is_whole = cell->length <= 18 &&
                    memchr(cell->bytes, '.', cell->length) == NULL &&
                    memchr(cell->bytes, 'e', cell->length) == NULL &&
                    memchr(cell->bytes, 'E', cell->length) == NULL;

    return is_whole ? json_integer((json_int_t)strtoll(cell->bytes, NULL, 10))
                    : json_real(number);
}

/* A cell that holds a field of the event; an empty one is missing. */
static enum status set_field(const struct making *m, json_t *event, size_t column)
{
    const struct cases_column *about = &m->cases->columns[column];
    const struct csv_cell *cell = &m->cases->cells[column];
    double number;
    json_t *value;

    if (cell->length == 0)
        return STATUS_OK;
    if (!about->is_text && cases_is_number(cell, &number)) {
        value = number_of(cell, number);
        if (value == NULL)
            return error_no_memory(m->err);
    } else {
        value = string_of(m, column);
    }
    return set(m, event, about->name, value);
}

/* What is none of the forms we know is handed on, for the decoder to complain about. */
static enum status set_time(const struct making *m, json_t *event)
{
    const struct cases *cases = m->cases;
    char room[MOMENT_TEXT];
    double number;
    json_t *value;

    if (cases->time == NO_COLUMN || cases->cells[cases->time].length == 0)
        return STATUS_OK;
    const struct csv_cell *cell = &cases->cells[cases->time];
    if (cases_is_number(cell, &number))
        value = json_real(number);
    else if (moment_normalise(cell->bytes, cell->length, room))
        value = json_string(room);
    else
        return set(m, event, "time", string_of(m, cases->time));
    return value == NULL ? error_no_memory(m->err) : set(m, event, "time", value);
}

/*
 * What is true of a whole case may stand in one of its rows, or in many that agree.  stated is
 * where it was said first.
 */
static enum status set_common(struct making *m, size_t column, size_t *stated)
{
    const struct cases *cases = m->cases;
    const char *key = column == NO_COLUMN ? "" : cases->columns[column].name;
    json_t *value;
    char text[96];

    if (column == NO_COLUMN || cases->cells[column].length == 0)
        return STATUS_OK;
    value = string_of(m, column);
    if (value == NULL || *stated == 0) {
        *stated = m->place + 1;
        return set(m, m->history, key, value);
    }
    bool is_same = json_equal(value, json_object_get(m->history, key)) == 1;
    json_decref(value);
    if (is_same)
        return STATUS_OK;
    (void)snprintf(text, sizeof text, "line %zu says otherwise of the same case",
                   cases->lines[*stated - 1]);
    return complain(m, column, json_string_value(json_object_get(m->history, key)), text);
}

/*
 * A row's label is that of its event; and of the whole case, for the rows that have none, as
 * long as no other row says otherwise.
 */
static enum status set_label(struct making *m, json_t *event)
{
    const struct cases *cases = m->cases;
    const char *key = cases->columns[cases->label].name;
    enum status status;

    if (cases->cells[cases->label].length == 0)
        return STATUS_OK;
    status = set(m, event, key, string_of(m, cases->label));
    json_t *own = json_object_get(event, key);
    if (status != STATUS_OK)
        return status;
    if (m->stated[0]++ == 0)
        return set(m, m->history, key, json_incref(own));
    if (json_equal(own, json_object_get(m->history, key)) != 1)
        json_object_del(m->history, key);
    return STATUS_OK;
}

static enum status set_fields(struct making *m, json_t *event)
{
    const struct cases *cases = m->cases;
    enum status status;

    if (cases->cells[cases->event].length == 0)
        return complain(m, cases->event, "a name", "the event has no name");
    status = set(m, event, "event", string_of(m, cases->event));
    if (status == STATUS_OK)
        status = set_time(m, event);
    for (size_t i = 0; i < cases->column_count && status == STATUS_OK; i++)
        if (cases->columns[i].is_field)
            status = set_field(m, event, i);
    if (status == STATUS_OK && cases->target == TASK_LAST)
        status = set_common(m, cases->label, &m->stated[0]);
    else if (status == STATUS_OK && cases->target == TASK_EVERY)
        status = set_label(m, event);
    if (status == STATUS_OK && *cases->keys->split != '\0')
        status = set_common(m, cases->split, &m->stated[1]);
    return status;
}

static enum status add_event(struct making *m, uint32_t row)
{
    struct cases *cases = m->cases;
    char where[WHERE];
    size_t count;
    json_t *event;
    enum status status = cases_cells(cases, row, &count, m->err);

    if (status != STATUS_OK)
        return status;
    if (count != cases->column_count)
        return error_set(m->err, STATUS_BAD_INPUT,
                         pointer_join_index(where, sizeof where, "/events", m->place),
                         "the row has %zu cells, the header has %zu", count,
                         cases->column_count);
    event = json_object();
    if (event == NULL)
        return error_no_memory(m->err);
    status = set_fields(m, event);
    if (status == STATUS_OK && json_array_append(m->events, event) != 0)
        status = error_no_memory(m->err);
    json_decref(event);
    return status;
}

static enum status find_lines(struct cases *cases, const struct cases_case *c,
                              struct error *err)
{
    size_t *grown = realloc(cases->lines, c->count * sizeof *grown), i = 0;

    if (grown == NULL)
        return error_no_memory(err);
    cases->lines = grown;
    for (uint32_t row = c->first; row != NO_ROW; row = cases->rows[row].next)
        grown[i++] = cases->rows[row].line;
    return STATUS_OK;
}

json_t *cases_history(struct cases *cases, size_t index, const size_t **lines,
                      size_t *count, struct error *err)
{
    const struct cases_case *c = &cases->cases[index];
    struct error own = {0};
    struct making m = {.cases = cases, .err = err != NULL ? err : &own};
    enum status status = find_lines(cases, c, m.err);

    *lines = cases->lines;
    *count = status == STATUS_OK ? c->count : 0;
    m.history = json_object();
    m.events = json_array();
    if (status == STATUS_OK && (m.history == NULL || m.events == NULL))
        status = error_no_memory(m.err);
    if (status == STATUS_OK) {
        const struct strmap_key *name = &cases->names.keys[index];
        cases->cells[cases->id] = (struct csv_cell){name->bytes, name->length, false};
        status = set(&m, m.history, "id", string_of(&m, cases->id));
    }
    if (status == STATUS_OK && json_object_set(m.history, "events", m.events) != 0)
        status = error_no_memory(m.err);
    for (uint32_t row = c->first; row != NO_ROW && status == STATUS_OK;
         row = cases->rows[row].next, m.place++)
        status = add_event(&m, row);
    json_decref(m.events);
    if (status == STATUS_OK)
        return m.history;
    json_decref(m.history);
    return NULL;
}
