/* The header says which column is the case; all other cells become values of their columns. */
#include "data/read/csv_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/value.h"

enum { MAX_COLUMNS = 1000, LISTED_COLUMNS = 20, RECEIVED_SIZE = 64 };

static bool is_utf8(const char *text, size_t length)
{
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    for (size_t bytes = 1; i < length && bytes > 0; i += bytes) {
        bytes = (unsigned char)text[i] < 0x80 ? 1 : utf8_character(text + i, length - i);
        if (bytes == 0)
            return false;
    }
    return true;
}

/* ---- names of columns ---- */

static size_t find_column(const struct csv_header *header, const char *name)
{
    for (size_t i = 0; *name != '\0' && i < header->count; i++)
        if (header->names[i] && strcmp(header->names[i], name) == 0)
            return i;
    return NO_COLUMN;
}

static enum status add_column(struct csv_header *header, const struct csv_cell *cell,
                              struct strbuf *buffer, struct error *err)
{
    size_t length;
    const char *text = csv_cell_text(cell, buffer, &length);
    if (buffer->has_failed)
        return error_no_memory(err);
    text = value_trim(text, &length);
    const char *name = arena_string(&header->arena, text, length);
    if (!name)
        return error_no_memory(err);
    if (!is_utf8(name, length))
        return error_set(err, STATUS_BAD_INPUT, "",
                         "column name \"%.64s\" is not UTF-8; iconv -f latin1 -t utf-8 "
                         "converts Latin-1",
                         name);
    if (memchr(name, '\r', length))
        return error_set(
            err, STATUS_BAD_INPUT, "",
            "the name of column %zu has a carriage return (lines must end in "
            "LF or CRLF)",
            header->count + 1);
    if (find_column(header, name) != NO_COLUMN)
        return error_set(err, STATUS_BAD_INPUT, "", "two columns are called \"%.64s\"",
                         name);
    header->names[header->count++] = length > 0 ? name : NULL;
    return STATUS_OK;
}

static enum status read_names(struct csv_header *header, const struct csv_cell *cells,
                              size_t count, struct error *err)
{
    if (count == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "the file is empty");
    if (count > MAX_COLUMNS)
        return error_set(err, STATUS_TOO_LARGE, "", "the header has more than %d columns",
                         MAX_COLUMNS);
    header->names = arena_array(&header->arena, count, sizeof *header->names);
    if (!header->names)
        return error_no_memory(err);
    struct strbuf buffer;
    strbuf_init(&buffer, SIZE_MAX);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = add_column(header, &cells[i], &buffer, err);
    strbuf_release(&buffer);
    return status;
}

/* Write "case, event, time and 3 more", cut to size - 1 bytes. */
static void list_names(const struct csv_header *header, char *buffer, size_t size)
{
    size_t used = 0, listed = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < header->count && listed < LISTED_COLUMNS; i++) {
        const char *name = header->names[i] ? header->names[i] : "\"\"";
        if (used + strlen(name) + 16 > size)
            break;
        used += (size_t)snprintf(buffer + used, size - used, "%s%s",
                                 listed == 0 ? "" : ", ", name);
        listed++;
    }
    if (listed < header->count)
        (void)snprintf(buffer + used, size - used, " and %zu more",
                       header->count - listed);
}

/* Are there times or fractions among the names?  Then they are the cells of a row. */
static bool is_row(const struct csv_header *header)
{
    for (size_t i = 0; i < header->count; i++) {
        const char *name = header->names[i] ? header->names[i] : "";
        struct instant instant;
        double number;
        bool has_digits = strlen(name) > 2 && strpbrk(name, "0123456789");
        if (has_digits && (instant_parse(name, strlen(name), &instant) ||
                           (strchr(name, '.') &&
                            value_number(name, strlen(name), DECIMAL_POINT, &number))))
            return true;
    }
    return false;
}

/* The columns do not fit an error of 160 bytes, so the note before it lists them. */
static enum status refuse_missing(const struct csv_header *header, const char *name,
                                  const char *option, struct messages *messages,
                                  const char *file, struct error *err)
{
    char names[2048], phrase[SUGGEST_PHRASE], way[64];
    struct suggestion suggestion;
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < header->count; i++)
        if (header->names[i])
            suggestion_offer(&suggestion, header->names[i], strlen(header->names[i]));
    (void)suggestion_phrase(&suggestion, "", phrase, sizeof phrase);
    list_names(header, names, sizeof names);
    if (is_row(header))
        (void)snprintf(way, sizeof way, "the first line seems to be no header");
    else
        (void)snprintf(way, sizeof way, "%s names it", option);
    int length = snprintf(NULL, 0, "no column \"%.60s\" (there are %s)%s; %s", name,
                          names, phrase, way);
    if (length >= 0 && (size_t)length < sizeof err->text)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no column \"%.60s\" (there are %s)%s; %s", name, names, phrase,
                         way);
    messages_note(messages, "%s: the columns are %s", file, names);
    return error_set(err, STATUS_BAD_INPUT, "", "no column \"%.60s\"%s; %s", name, phrase,
                     way);
}

/* The column of a key or, if the keys are those of a model, the one that we call so. */
static size_t find_key(const struct csv_header *header, const struct data_keys *keys,
                       const char *key, const char *ours)
{
    size_t column = find_column(header, key);
    return column == NO_COLUMN && keys->may_fall_back ? find_column(header, ours)
                                                      : column;
}

/*
 * The columns that are joined to the name of an event, if there is no column of that name.  missing: the
 * first that the file does not have.
 */
static enum status find_parts(struct csv_header *header, const struct data_keys *keys,
                              const char **missing, struct error *err)
{
    struct name_keys parts;
    data_keys_parts(keys, &parts);
    for (uint32_t i = 0; i < parts.count; i++) {
        const struct span part = parts.list[i];
        const char *name = arena_string(&header->arena, part.bytes, part.length);
        if (!name)
            return error_no_memory(err);
        header->parts[i] = find_column(header, name);
        if (header->parts[i] == NO_COLUMN && !*missing)
            *missing = name;
    }
    if (parts.count == 0 || *missing)
        return STATUS_OK;
    header->event = header->parts[0];
    header->part_count = parts.count;
    return data_keys_check_parts(keys, err);
}

/* The column of an event's name, or the columns that are joined to it. */
static enum status find_event(struct csv_header *header, const struct data_keys *keys,
                              struct messages *messages, const char *file,
                              struct error *err)
{
    const char *missing = NULL;
    header->event_key = keys->event;
    header->event = find_column(header, keys->event);
    if (header->event == NO_COLUMN)
        RETURN_IF_ERROR(find_parts(header, keys, &missing, err));
    if (header->event == NO_COLUMN && keys->may_fall_back)
        header->event = find_column(header, "event");
    if (header->event == NO_COLUMN)
        return refuse_missing(header, missing ? missing : keys->event, "--event",
                              messages, file, err);
    return STATUS_OK;
}

static bool is_part(const struct csv_header *header, size_t column)
{
    for (size_t i = 0; i < header->part_count; i++)
        if (header->parts[i] == column)
            return true;
    return false;
}

static enum status find_roles(struct csv_header *header, const struct data_keys *keys,
                              bool needs_label, struct messages *messages,
                              const char *file, struct error *err)
{
    const char *id = *keys->id == '\0' ? "case" : keys->id;
    header->id = find_key(header, keys, id, "case");
    if (header->id == NO_COLUMN)
        return refuse_missing(header, id, "--id", messages, file, err);
    RETURN_IF_ERROR(find_event(header, keys, messages, file, err));
    if (header->id == header->event || is_part(header, header->id))
        return error_set(err, STATUS_BAD_INPUT, "",
                         "column \"%.60s\" cannot be both the case and the event's name",
                         id);
    bool needs_time =
        (!keys->may_fall_back || keys->is_time_given) && *keys->time != '\0';
    if (needs_time && strcmp(keys->time, "time") != 0 &&
        find_column(header, keys->time) == NO_COLUMN)
        return refuse_missing(header, keys->time, "--time", messages, file, err);
    if (needs_label && find_key(header, keys, keys->label, "action") == NO_COLUMN)
        return refuse_missing(header, keys->label, "--label", messages, file, err);
    if (*keys->split != '\0' && !keys->may_fall_back &&
        find_column(header, keys->split) == NO_COLUMN)
        return refuse_missing(header, keys->split, "--split", messages, file, err);
    for (size_t i = 0; i < header->count; i++)
        if (!header->names[i])
            messages_note(messages, "%s: column %zu, \"\", is left out: it has no name",
                          file, i + 1);
    return STATUS_OK;
}

enum status csv_header_read(struct csv_header *header, char separator, const char *text,
                            size_t length, const struct data_keys *keys, bool needs_label,
                            struct messages *messages, const char *file,
                            struct error *err)
{
    struct csv csv;
    size_t count;
    *header = (struct csv_header){.separator = separator};
    arena_init(&header->arena, SIZE_MAX);
    struct csv_cell *cells = calloc(MAX_COLUMNS, sizeof *cells);
    if (!cells)
        return error_no_memory(err);
    csv_init(&csv, separator, text, length);
    enum status status = csv_next(&csv, cells, MAX_COLUMNS, &count, err);
    if (status == STATUS_OK)
        status = read_names(header, cells, count, err);
    free(cells);
    RETURN_IF_ERROR(status);
    return find_roles(header, keys, needs_label, messages, file, err);
}

/* Is the cell called so, or, if the keys are those of a model, as we call it? */
static bool is_called(const struct csv_cell *cell, const struct data_keys *keys,
                      const char *key, const char *ours)
{
    size_t length = cell->length;
    struct span name = {.bytes = value_trim(cell->bytes, &length)};
    name.length = length;
    return span_is(name, key) || (keys->may_fall_back && span_is(name, ours));
}

static bool is_called_part(const struct csv_cell *cell, const struct name_keys *parts)
{
    size_t length = cell->length;
    struct span name = {.bytes = value_trim(cell->bytes, &length)};
    name.length = length;
    return name_keys_find(parts, name) < parts->count;
}

enum status csv_header_has_keys(char separator, const char *text, size_t length,
                                const struct data_keys *keys, bool *has_keys,
                                size_t *cells, struct error *err)
{
    struct csv csv;
    struct csv_cell *row = calloc(MAX_COLUMNS, sizeof *row);
    struct error inner = {.status =
                              STATUS_OK}; /* it is found again when the row is read */
    const char *id = *keys->id == '\0' ? "case" : keys->id;
    bool has_id = false, has_event = false;
    struct name_keys parts;
    uint32_t parts_found = 0;
    size_t count = 0;
    data_keys_parts(keys, &parts);
    *cells = 0;
    if (!row)
        return error_no_memory(err);
    csv_init(&csv, separator, text, length);
    if (csv_next(&csv, row, MAX_COLUMNS, &count, &inner) != STATUS_OK)
        count = 0;
    for (size_t i = 0; i < count && i < MAX_COLUMNS; i++) {
        has_id = has_id || is_called(&row[i], keys, id, "case");
        has_event = has_event || is_called(&row[i], keys, keys->event, "event");
        parts_found += is_called_part(&row[i], &parts);
        *cells += row[i].length > 0;
    }
    free(row);
    *has_keys = has_id && (has_event || (parts.count > 0 && parts_found == parts.count));
    return STATUS_OK;
}

void csv_header_release(struct csv_header *header)
{
    arena_release(&header->arena);
    header->names = NULL;
    header->count = 0;
}

/* ---- rows ---- */

/* What is known of a name by its length and its first byte. */
static unsigned name_hash(const char *bytes, size_t length)
{
    return ((unsigned char)*bytes + 37 * (unsigned)length) & 0xFF;
}

enum status csv_rows_init(struct csv_rows *rows, const struct csv_header *header,
                          struct error *err)
{
    *rows = (struct csv_rows){.header = header};
    strbuf_init(&rows->buffer, SIZE_MAX);
    strbuf_init(&rows->name, SIZE_MAX);
    arena_init(&rows->arena, SIZE_MAX);
    rows->cells = calloc(header->count + 1, sizeof *rows->cells);
    rows->columns = calloc(header->count + 1, sizeof *rows->columns);
    for (size_t i = 0; i < header->count; i++)
        if (header->names[i])
            rows->may_be_name[name_hash(header->names[i], strlen(header->names[i]))] =
                true;
    return rows->cells && rows->columns ? STATUS_OK : error_no_memory(err);
}

void csv_rows_release(struct csv_rows *rows)
{
    free(rows->cells);
    free(rows->columns);
    strbuf_release(&rows->buffer);
    strbuf_release(&rows->name);
    arena_release(&rows->arena);
    *rows = (struct csv_rows){.cells = NULL};
}

/* Is the byte the first or last one of some blank that value_trim leaves out? */
static bool may_be_blank(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

/* The text of a cell without the blanks around it. */
static inline struct span cell_text(struct csv_rows *rows, const struct csv_cell *cell)
{
    struct span text = {.bytes = cell->bytes, .length = cell->length};
    if (cell->has_doubled_quotes)
        text.bytes = csv_cell_text(cell, &rows->buffer, &text.length);
    if (text.length > 0 &&
        (may_be_blank(text.bytes[0]) || may_be_blank(text.bytes[text.length - 1])))
        text.bytes = value_trim(text.bytes, &text.length);
    return text;
}

/* Only blanks; or the mark that ends files of DOS. */
static bool are_empty(struct csv_rows *rows, size_t count)
{
    if (count == 1 && rows->cells[0].length == 1 && rows->cells[0].bytes[0] == '\x1a')
        return true;
    for (size_t i = 0; i < count; i++)
        if (rows->cells[i].length > 0 && cell_text(rows, &rows->cells[i]).length > 0)
            return false;
    return true;
}

static enum status refuse_cell(const struct csv_rows *rows, size_t column,
                               const char *expected, struct span text,
                               const char *problem, struct error *err)
{
    char received[RECEIVED_SIZE];
    size_t length = utf8_cut(text.bytes, text.length, sizeof received - 1);
    (void)snprintf(received, sizeof received, "%.*s", (int)length, text.bytes);
    char number[32]; /* of a column without a name */
    (void)snprintf(number, sizeof number, "column %zu", column + 1);
    const char *name = rows->header->names[column];
    return error_mismatch(err, STATUS_BAD_INPUT, name ? name : number, expected,
                          length == 0 ? "an empty cell" : received, "%s", problem);
}

/* Does the row begin as a line of totals at the end of a report does? */
static bool is_total(struct csv_rows *rows, size_t count)
{
    static const char *const words[] = {"total", "grand total", "sum",    "summe",
                                        "count", "average",     "end of", "subtotal"};
    size_t i = 0;
    while (i + 1 < count && rows->cells[i].length == 0)
        i++;
    struct span text = cell_text(rows, &rows->cells[i]);
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t length = strlen(words[w]);
        if (text.length >= length && strncasecmp(text.bytes, words[w], length) == 0)
            return true;
    }
    return false;
}

/* Does the row name the columns of the case and of the event? */
static bool has_keys(struct csv_rows *rows, size_t count)
{
    const struct csv_header *header = rows->header;
    bool has_id = false, has_event = false;
    for (size_t i = 0; i < count && i < header->count; i++) {
        struct span text = cell_text(rows, &rows->cells[i]);
        has_id = has_id || span_is(text, header->names[header->id]);
        has_event = has_event || span_is(text, header->names[header->event]);
    }
    return has_id && has_event;
}

/* Has the row a text in one cell only? */
static bool is_heading(struct csv_rows *rows, size_t count)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++)
        filled += cell_text(rows, &rows->cells[i]).length > 0;
    return filled == 1;
}

/* What a row may be that has another number of cells than the header. */
static enum status refuse_count(struct csv_rows *rows, size_t count, const char *problem,
                                struct error *err)
{
    return error_set(
        err, STATUS_BAD_INPUT, "", "the row has %zu cell%s, the header has %zu%s%s",
        count, count == 1 ? "" : "s", rows->header->count, problem,
        is_total(rows, count)   ? "; a line of totals? leave it out"
        : has_keys(rows, count) ? "; another header? give each file by itself"
        : count == 1            ? "; a line of text? leave it out"
                                : "");
}

/* The name of the column of the events' names, also where it is joined. */
static const char *event_key(const struct csv_header *header)
{
    return header->part_count > 0 ? header->event_key : header->names[header->event];
}

/* The name of the event: its cell, or the joined texts of several; of length 0 if they are empty. */
static struct span event_name(struct csv_rows *rows, struct tape_writer *writer)
{
    const struct csv_header *header = rows->header;
    struct json_value name = {.text = {.bytes = "", .length = 0}};
    if (header->part_count == 0)
        return cell_text(rows, &rows->cells[header->event]);
    arena_reset(&rows->arena);
    for (size_t i = 0; i < header->part_count; i++) {
        struct json_value cell = {.type = JSON_IS_STRING,
                                  .text =
                                      cell_text(rows, &rows->cells[header->parts[i]])};
        if (cell.text.length > 0)
            (void)name_parts_add(&rows->parts, (uint32_t)i, &cell, &rows->arena,
                                 &writer->has_failed);
    }
    (void)name_parts_join(&rows->parts, &name, &rows->arena, &writer->has_failed);
    return name.text;
}

/* Check a row that has a case.  The values may then be written. */
static enum status check_row(struct csv_rows *rows, size_t count, struct span name,
                             struct error *err)
{
    const struct csv_header *header = rows->header;
    if (name.length == 0 && is_total(rows, count))
        return error_set(err, STATUS_BAD_INPUT, event_key(header),
                         "the event has no name; a line of totals? leave it out");
    if (name.length == 0 && is_heading(rows, count))
        return error_set(err, STATUS_BAD_INPUT, event_key(header),
                         "the event has no name, and only one cell is filled; a heading? "
                         "leave it out");
    if (name.length == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, event_key(header), "a name",
                              header->part_count > 0 ? "empty cells" : "an empty cell",
                              "the event has no name");
    for (size_t i = 0; i < count && !rows->is_ascii; i++)
        if (!is_utf8(rows->cells[i].bytes, rows->cells[i].length))
            return refuse_cell(rows, i, "UTF-8",
                               (struct span){rows->cells[i].bytes, rows->cells[i].length},
                               "the cell is not UTF-8; iconv -f latin1 -t utf-8 "
                               "converts Latin-1",
                               err);
    return STATUS_OK;
}

static void write_row(struct csv_rows *rows, struct tape_writer *writer, struct span name,
                      struct span event, uint32_t line)
{
    const struct csv_header *header = rows->header;
    tape_write_row(writer, name.bytes, name.length, line);
    for (size_t i = 0; i < header->count; i++) {
        if (rows->cells[i].length == 0 || i == header->id || !header->names[i])
            continue;
        struct span text = cell_text(rows, &rows->cells[i]);
        if (text.length > 0)
            tape_write_cell(writer, rows->columns[i], text.bytes, text.length);
    }
    if (header->part_count > 0)
        tape_write_text(writer, rows->event_column, event.bytes, event.length);
    tape_write_end(writer);
}

/* A line drawn under the header: only "-", "+", ":" and "=". */
static bool is_ruler(struct csv_rows *rows, size_t count)
{
    enum { SHORTEST = 3 };
    size_t marks = 0;
    size_t cells = count < rows->header->count ? count : rows->header->count;
    for (size_t i = 0; i < cells; i++) {
        struct span text = {.bytes = rows->cells[i].bytes,
                            .length = rows->cells[i].length};
        for (size_t k = 0; k < text.length; k++) {
            if (!strchr("-+:= ", text.bytes[k]) || text.bytes[k] == '\0')
                return false;
            marks += text.bytes[k] != ' ';
        }
    }
    return marks >= SHORTEST;
}

/* Are all cells that are not empty names of columns? */
static bool has_names_only(struct csv_rows *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span text = cell_text(rows, &rows->cells[i]);
        bool is_name = text.length == 0;
        for (size_t k = 0; k < rows->header->count && !is_name; k++)
            is_name = rows->header->names[k] && span_is(text, rows->header->names[k]);
        if (!is_name)
            return false;
    }
    return true;
}

enum repeated_header { HEADER_NONE, HEADER_SAME, HEADER_ORDER, HEADER_NAMES };

/* Is the row a header, as where files are joined: the same, of another order, of other names? */
static enum repeated_header find_header(struct csv_rows *rows, size_t count)
{
    const struct csv_header *header = rows->header;
    if (count != header->count)
        return HEADER_NONE;
    struct span event = cell_text(rows, &rows->cells[header->event]);
    if (event.length == 0 || !rows->may_be_name[name_hash(event.bytes, event.length)])
        return HEADER_NONE; /* most rows */
    bool is_same = true;
    for (size_t i = 0; i < count && is_same; i++) {
        const char *name = header->names[i] ? header->names[i] : "";
        is_same = span_is(cell_text(rows, &rows->cells[i]), name);
    }
    if (is_same)
        return HEADER_SAME;
    if (has_names_only(rows, count))
        return HEADER_ORDER;
    event = cell_text(rows, &rows->cells[header->event]);
    bool has_event = span_is(event, header->names[header->event]);
    struct span id = cell_text(rows, &rows->cells[header->id]);
    return has_event && span_is(id, header->names[header->id]) ? HEADER_NAMES
                                                               : HEADER_NONE;
}

/* Below the header, has the row cells in brackets only, such as "[s]"? */
static bool is_units_row(struct csv_rows *rows)
{
    size_t units = 0;
    for (size_t i = 0; i < rows->header->count; i++) {
        struct span cell = cell_text(rows, &rows->cells[i]);
        if (cell.length == 0)
            continue;
        char last = cell.bytes[cell.length - 1];
        if (!strchr("[(", cell.bytes[0]) || (last != ']' && last != ')'))
            return false;
        units++;
    }
    return units > 0;
}

/* A row without a case; where the row before has one, it may be that of this row, too. */
static enum status refuse_no_case(struct csv_rows *rows, struct span name,
                                  bool is_total_line, struct error *err)
{
    const char *column = rows->header->names[rows->header->id];
    if (name.length > 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "the row has no \"%.40s\": \"%.*s\" means missing", column,
                         (int)name.length, name.bytes);
    return error_set(
        err, STATUS_BAD_INPUT, "", "the row has no \"%.40s\"%s", column,
        is_total_line        ? "; a line of totals? leave it out"
        : is_units_row(rows) ? "; a row of units below the header? sed 2d takes it out"
        : rows->has_case     ? "; if only the first row of a case has it, fill it down"
                             : "");
}

/* Write a row with count cells, whose case is `name`. */
static enum status write_row_of_case(struct csv_rows *rows, struct tape_writer *writer,
                                     size_t count, uint32_t line, struct span name,
                                     struct error *err)
{
    if (value_is_missing(name.bytes, name.length))
        return refuse_no_case(rows, name, is_total(rows, count), err);
    struct span event = {.bytes = "", .length = 0};
    enum status status;
    if (count != rows->header->count) {
        status = refuse_count(rows, count, "", err);
    } else {
        event = event_name(rows, writer);
        if (writer->has_failed)
            return error_no_memory(err);
        status = check_row(rows, count, event, err);
    }
    if (status == STATUS_OK)
        write_row(rows, writer, name, event, line);
    else
        tape_write_bad_row(writer, name.bytes, name.length);
    return status;
}

/* Read a row with count cells.  False when the reading of the block must stop. */
static bool read_row(struct csv_rows *rows, struct tape_writer *writer, size_t count,
                     uint32_t line, struct block_problems *problems)
{
    const struct csv_header *header = rows->header;
    enum status status;
    if (are_empty(rows, count < header->count ? count : header->count)) {
        rows->blank_rows++;
        return true;
    }
    enum repeated_header repeated = find_header(rows, count);
    if (repeated == HEADER_SAME) {
        if (rows->header_rows++ == 0)
            rows->first_header_row = line;
        return true;
    }
    if (repeated != HEADER_NONE) {
        status = error_set(
            &rows->err, STATUS_BAD_INPUT, "",
            "the row is another header, whose columns %s: give each file by itself",
            repeated == HEADER_ORDER ? "are in another order" : "have other names");
    } else if (is_ruler(rows, count)) {
        status = error_set(&rows->err, STATUS_BAD_INPUT, "",
                           "the row is a line drawn under the header; leave it out");
    } else if (count <= header->id) {
        status =
            refuse_count(rows, count, ": the case of the row is unknown", &rows->err);
    } else {
        struct span name = cell_text(rows, &rows->cells[header->id]);
        if (rows->cells[header->id].has_doubled_quotes) { /* the buffer is used again */
            strbuf_clear(&rows->name);
            strbuf_add_bytes(&rows->name, name.bytes, name.length);
            name.bytes = rows->name.bytes;
        }
        status = write_row_of_case(rows, writer, count, line, name, &rows->err);
    }
    rows->has_case = rows->has_case || status == STATUS_OK;
    writer->has_failed |= rows->name.has_failed || rows->buffer.has_failed;
    if (writer->has_failed)
        return false;
    if (status == STATUS_OK)
        return true;
    bool goes_on = block_problems_add(problems, line, &rows->err);
    rows->err = (struct error){.status = STATUS_OK};
    return goes_on;
}

uint32_t csv_rows_read(struct csv_rows *rows, struct tape_writer *writer,
                       const char *bytes, size_t length, struct block_problems *problems)
{
    const struct csv_header *header = rows->header;
    struct csv csv;
    size_t count;
    csv_init(&csv, header->separator, bytes, length);
    rows->header_rows = 0;
    rows->is_ascii = utf8_is_ascii(bytes, length);
    for (size_t i = 0; i < header->count; i++)
        if (header->names[i] && i != header->id)
            rows->columns[i] = tape_writer_column(writer, SCOPE_FIELD, header->names[i],
                                                  strlen(header->names[i]));
    if (header->part_count > 0) {
        rows->event_column = tape_writer_column(writer, SCOPE_FIELD, header->event_key,
                                                strlen(header->event_key));
        writer->has_joined_names = true;
    }
    rows->err = (struct error){.status = STATUS_OK};
    do {
        if (csv_next(&csv, rows->cells, header->count, &count, &rows->err) != STATUS_OK) {
            /* it is unknown where the next row begins */
            problems->is_torn = true;
            (void)block_problems_add(problems, (uint32_t)csv.start_line, &rows->err);
            break;
        }
        if (count > 0 &&
            !read_row(rows, writer, count, (uint32_t)csv.start_line, problems))
            break;
    } while (count > 0);
    return (uint32_t)csv.line;
}
