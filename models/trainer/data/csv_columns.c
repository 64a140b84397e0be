/*
 * The header of a CSV file of events, and its cells as numbers, texts and times.
 *
 * Whether a field is a number or text is decided for its whole column: one cell that is not a
 * number makes all cells of the column text.
 */
#include "data/csv_columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "trainer.h"

enum { MAX_COLUMNS = 1000, MAX_NUMBER_BYTES = 63 };

/* ---- cells ---- */

bool csv_cell_to_number(const struct csv_cell *cell, double *number)
{
    char text[MAX_NUMBER_BYTES + 1], *end;
    if (cell->length == 0 || cell->length > MAX_NUMBER_BYTES || cell->has_doubled_quotes)
        return false;
    for (size_t i = 0; i < cell->length; i++)
        if (cell->bytes[i] == '\0' || !strchr("+-.0123456789eE", cell->bytes[i]))
            return false;
    memcpy(text, cell->bytes, cell->length);
    text[cell->length] = '\0';
    const char *digits = text + (*text == '-');
    if (*digits == '+' || (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'))
        return false;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}

static bool is_utf8(const char *text, size_t length)
{
    size_t bytes = 1;
    for (size_t i = 0; i < length && bytes > 0; i += bytes)
        bytes = utf8_character(text + i, length - i);
    return bytes > 0;
}

json_t *csv_text_to_json(const char *text, size_t length)
{
    /* jansson returns NULL both when memory runs out and when the bytes are not UTF-8 */
    json_t *string = json_stringn(text, length);
    return !string && !is_utf8(text, length) ? json_null() : string;
}

/*
 * ---- times ----
 *
 * A parser by hand: date, then time of day, then zone, each optional after the first.  It reads no
 * byte at or after `end`, and the text needs no terminating zero.
 */

struct cursor {
    const char *at, *end;
};

static bool take_one_of(struct cursor *cursor, const char *characters)
{
    if (cursor->at == cursor->end || *cursor->at == '\0' ||
        !strchr(characters, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length ||
        memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool is_at_digit(const struct cursor *cursor)
{
    return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

/* A number of min to max digits. */
static bool take_number(struct cursor *cursor, int min, int max, int *number)
{
    int count = 0;
    for (*number = 0; count < max && is_at_digit(cursor); count++)
        *number = 10 * *number + (*cursor->at++ - '0');
    return count >= min;
}

/* Year, month, day. */
static bool take_date(struct cursor *cursor, int date[3])
{
    if (!take_number(cursor, 4, 4, &date[0]) || cursor->at == cursor->end)
        return false;
    const char *separator = *cursor->at == '/' ? "/" : "-";
    return take_one_of(cursor, separator) && take_number(cursor, 1, 2, &date[1]) &&
           take_one_of(cursor, separator) && take_number(cursor, 1, 2, &date[2]);
}

/* Hours, minutes, and optional seconds with an optional fraction, cut to 9 digits. */
static bool take_clock(struct cursor *cursor, int clock[3], char fraction[10])
{
    if (!take_number(cursor, 1, 2, &clock[0]) || !take_one_of(cursor, ":") ||
        !take_number(cursor, 2, 2, &clock[1]))
        return false;
    if (!take_one_of(cursor, ":"))
        return true;
    if (!take_number(cursor, 2, 2, &clock[2]))
        return false;
    if (!take_one_of(cursor, ".,"))
        return true;
    size_t count = 0;
    for (; is_at_digit(cursor); cursor->at++)
        if (count < 9)
            fraction[count++] = *cursor->at;
    fraction[count] = '\0';
    return count > 0;
}

/* The zone as "+01:00", or "Z". */
static bool take_zone(struct cursor *cursor, char zone[8])
{
    (void)snprintf(zone, 8, "Z");
    (void)take_one_of(cursor, " ");
    if (cursor->at == cursor->end || take_one_of(cursor, "Zz") ||
        take_word(cursor, "UTC") || take_word(cursor, "GMT"))
        return true;
    char sign = *cursor->at;
    int hours, minutes = 0;
    if (!take_one_of(cursor, "+-") || !take_number(cursor, 2, 2, &hours))
        return false;
    if (cursor->at < cursor->end) {
        (void)take_one_of(cursor, ":");
        if (!take_number(cursor, 2, 2, &minutes))
            return false;
    }
    (void)snprintf(zone, 8, "%c%02u:%02u", sign, (unsigned)hours % 100,
                   (unsigned)minutes % 100);
    return true;
}

/*
 * Write a number of so many digits and the character `next`; returns the end.  It is faster than
 * snprintf, and called six times for every row.
 */
static char *write_number(char *at, int number, int digits, char next)
{
    for (int i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = next;
    return at + digits + 1;
}

bool csv_time_to_rfc3339(const char *text, size_t length, char buffer[CSV_TIME_BYTES])
{
    struct cursor cursor = {.at = text, .end = text + length};
    int date[3], clock[3] = {0, 0, 0};
    char fraction[10] = "", zone[8] = "Z";
    if (!take_date(&cursor, date))
        return false;
    if (cursor.at < cursor.end &&
        (!take_one_of(&cursor, "Tt ") || !take_clock(&cursor, clock, fraction) ||
         !take_zone(&cursor, zone)))
        return false;
    if (cursor.at < cursor.end)
        return false;
    char *at = write_number(buffer, date[0], 4, '-');
    at = write_number(at, date[1], 2, '-');
    at = write_number(at, date[2], 2, 'T');
    at = write_number(at, clock[0], 2, ':');
    at = write_number(at, clock[1], 2, ':');
    at = write_number(at, clock[2], 2, '\0') - 1;
    (void)snprintf(at, CSV_TIME_BYTES - 20, "%s%s%s", fraction[0] != '\0' ? "." : "",
                   fraction, zone);
    return true;
}

/* ---- names ---- */

static size_t find_column(const struct csv_columns *columns, const char *name)
{
    for (size_t i = 0; *name != '\0' && i < columns->count; i++)
        if (strcmp(columns->list[i].name, name) == 0)
            return i;
    return NO_COLUMN;
}

static enum status add_column(struct csv_columns *columns, const struct csv_cell *cell,
                              struct strbuf *buffer, struct arena *arena,
                              struct error *err)
{
    size_t length;
    const char *text = csv_cell_text(cell, buffer, &length);
    const char *name = buffer->has_failed ? NULL : arena_string(arena, text, length);
    if (!name)
        return error_no_memory(err);
    if (!is_utf8(name, length))
        return error_set(err, STATUS_BAD_INPUT, "", "column name \"%.64s\" is not UTF-8",
                         name);
    if (strchr(name, '\r'))
        return error_set(
            err, STATUS_BAD_INPUT, "",
            "the name of column %zu has a carriage return (lines must end in "
            "LF or CRLF)",
            columns->count + 1);
    if (find_column(columns, name) != NO_COLUMN)
        return error_set(err, STATUS_BAD_INPUT, "", "two columns are called \"%.64s\"",
                         name);
    columns->list[columns->count++] =
        (struct csv_column){.name = name, .is_numeric = true};
    return STATUS_OK;
}

static enum status read_names(struct csv_columns *columns, struct csv *csv,
                              struct csv_cell cells[MAX_COLUMNS], struct arena *arena,
                              struct error *err)
{
    size_t count;
    RETURN_IF_ERROR(csv_next(csv, cells, MAX_COLUMNS, &count, err));
    if (count == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the file is empty");
    if (count > MAX_COLUMNS)
        return error_set(err, STATUS_TOO_LARGE, "", "the header has more than %d columns",
                         MAX_COLUMNS);
    columns->list = arena_array(arena, count, sizeof *columns->list);
    if (!columns->list)
        return error_no_memory(err);
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = add_column(columns, &cells[i], &buffer, arena, err);
    strbuf_release(&buffer);
    return status;
}

/* ---- roles ---- */

/* Write "case, event, time", cut to size - 1 bytes. */
static void list_names(const struct csv_columns *columns, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < columns->count && used + 1 < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 columns->list[i].name);
}

static enum status assign_role(const struct csv_columns *columns, const char *name,
                               const char *option, bool is_needed, size_t *column,
                               struct error *err)
{
    *column = find_column(columns, name);
    if (*column != NO_COLUMN || !is_needed)
        return STATUS_OK;
    char names[64];
    list_names(columns, names, sizeof names);
    return error_set(err, STATUS_BAD_INPUT, "",
                     "no column \"%.60s\" (there are %s); %s names it", name, names,
                     option);
}

static enum status assign_roles(struct csv_columns *columns, const char *path,
                                const struct data_keys *keys, enum task task,
                                struct error *err)
{
    const char *id = *keys->id == '\0' ? "case" : keys->id;
    bool needs_time = strcmp(keys->time, "time") != 0;
    bool needs_split = *keys->split != '\0';
    RETURN_IF_ERROR(assign_role(columns, id, "--id", true, &columns->id, err));
    RETURN_IF_ERROR(
        assign_role(columns, keys->event, "--event", true, &columns->event, err));
    RETURN_IF_ERROR(
        assign_role(columns, keys->time, "--time", needs_time, &columns->time, err));
    RETURN_IF_ERROR(assign_role(columns, keys->label, "--label", task != TASK_NEXT,
                                &columns->label, err));
    RETURN_IF_ERROR(
        assign_role(columns, keys->split, "--split", needs_split, &columns->split, err));
    for (size_t i = 0; i < columns->count; i++) {
        struct csv_column *column = &columns->list[i];
        if (i == columns->id || i == columns->event || i == columns->time ||
            i == columns->label || i == columns->split)
            continue;
        /* in the JSON history, these keys are those of the event's name and time */
        bool is_taken =
            strcmp(column->name, "event") == 0 || strcmp(column->name, "time") == 0;
        column->is_field = !is_taken && *column->name != '\0';
        if (!column->is_field)
            fprintf(stderr, "%s: column %zu, \"%s\", is left out: %s\n", path, i + 1,
                    column->name,
                    is_taken ? "another column has this role" : "it has no name");
    }
    return STATUS_OK;
}

enum status csv_columns_read(struct csv_columns *columns, struct csv *csv,
                             const char *path, const struct data_keys *keys,
                             enum task task, struct arena *arena, struct error *err)
{
    struct csv_cell *cells = calloc(MAX_COLUMNS, sizeof *cells);
    *columns = (struct csv_columns){.count = 0};
    enum status status =
        cells ? read_names(columns, csv, cells, arena, err) : error_no_memory(err);
    free(cells);
    RETURN_IF_ERROR(status);
    return assign_roles(columns, path, keys, task, err);
}

/* ---- numbers or text ---- */

void csv_columns_note_row(struct csv_columns *columns, const struct csv_cell *cells)
{
    double number;
    for (size_t i = 0; i < columns->count; i++) {
        struct csv_column *column = &columns->list[i];
        if (column->is_field && column->is_numeric && cells[i].length > 0)
            column->is_numeric = csv_cell_to_number(&cells[i], &number);
    }
}

void csv_columns_apply_schema(struct csv_columns *columns, const struct schema *schema)
{
    for (size_t i = 0; i < columns->count; i++) {
        struct csv_column *column = &columns->list[i];
        column->is_text = schema ? triage_schema_is_category(schema, column->name)
                                 : !column->is_numeric;
    }
}
