/* See csv.h. */
#include "data/csv.h"
#include "base/error.h"

#include <string.h>
#include <strings.h>

void csv_open(struct csv *csv, const char *path, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t name = strlen(path), first;
    bool has_mark = length >= 3 && memcmp(text, mark, 3) == 0;

    *csv = (struct csv){.text = text, .end = text + length, .separator = ','};
    csv_seek(csv, has_mark ? 3 : 0, 1);
    const char *line_end = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
    first = (size_t)((line_end != NULL ? line_end : csv->end) - csv->at);
    if (name > 4 && strcasecmp(path + name - 4, ".tsv") == 0)
        csv->separator = '\t';
    else if (memchr(csv->at, ',', first) == NULL && memchr(csv->at, ';', first) != NULL)
        csv->separator = ';';
}

void csv_seek(struct csv *csv, size_t start, size_t line)
{
    csv->at = csv->text + start;
    csv->line = line;
    csv->start = start;
    csv->start_line = line;
}

/* Is there the end of a line?  CR alone is none. */
static size_t break_length(const struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\n')
        return 1;
    return csv->end - csv->at >= 2 && csv->at[0] == '\r' && csv->at[1] == '\n' ? 2 : 0;
}

static void pass_break(struct csv *csv)
{
    size_t length = break_length(csv);

    csv->at += length;
    csv->line += length > 0;
}

static enum status refuse_zero(struct error *err)
{
    return error_set(err, STATUS_BAD_INPUT, "",
                     "there is a zero byte: is it UTF-16?  Save it as UTF-8");
}

static enum status read_quoted(struct csv *csv, struct csv_cell *cell, struct error *err)
{
    cell->bytes = ++csv->at;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '\0')
            return refuse_zero(err);
        csv->line += *csv->at == '\n';
        if (*csv->at != '"')
            continue;
        if (csv->at + 1 == csv->end || csv->at[1] != '"')
            break;
        cell->has_quotes = true;
        csv->at++;
    }
    if (csv->at == csv->end)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "a quote is opened in this row and never closed");
    cell->length = (size_t)(csv->at++ - cell->bytes);
    if (csv->at == csv->end || *csv->at == csv->separator || break_length(csv) > 0)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "",
                     "there is text behind a closing quote (a quote within quotes is "
                     "written twice)");
}

static enum status read_bare(struct csv *csv, struct csv_cell *cell, struct error *err)
{
    cell->bytes = csv->at;
    while (csv->at < csv->end && *csv->at != csv->separator && break_length(csv) == 0) {
        if (*csv->at == '\0')
            return refuse_zero(err);
        csv->at++;
    }
    cell->length = (size_t)(csv->at - cell->bytes);
    return STATUS_OK;
}

enum status csv_next(struct csv *csv, struct csv_cell *cells, size_t most, size_t *count,
                     struct error *err)
{
    enum status status;

    *count = 0;
    while (break_length(csv) > 0)
        pass_break(csv);
    csv->start = (size_t)(csv->at - csv->text);
    csv->start_line = csv->line;
    if (csv->at == csv->end)
        return STATUS_OK;
    for (;;) {
        struct csv_cell cell = {NULL, 0, false};
        bool is_quoted = csv->at < csv->end && *csv->at == '"';
        status = is_quoted ? read_quoted(csv, &cell, err) : read_bare(csv, &cell, err);
        if (status != STATUS_OK)
            return status;
        if (*count < most)
            cells[*count] = cell;
        ++*count;
        if (csv->at == csv->end || *csv->at != csv->separator)
            break;
        csv->at++; /* at the end of the text an empty cell follows */
    }
    pass_break(csv);
    return STATUS_OK;
}

const char *csv_text(const struct csv_cell *cell, struct strbuf *room, size_t *length)
{
    *length = cell->length;
    if (!cell->has_quotes)
        return cell->bytes;
    strbuf_clear(room);
    for (size_t i = 0; i < cell->length; i++) {
        strbuf_add_bytes(room, cell->bytes + i, 1);
        i += cell->bytes[i] == '"';
    }
    *length = room->length;
    return room->bytes;
}
