/*
 * A parser that reads each byte once: `at` is the next byte, `line` its line number.  A line ends
 * at LF or CRLF; a CR alone is text.
 */
#include "data/csv.h"

#include <string.h>
#include <strings.h>

static bool ends_with(const char *path, const char *extension)
{
    size_t length = strlen(path), size = strlen(extension);
    return length > size && strcasecmp(path + length - size, extension) == 0;
}

bool csv_has_extension(const char *path)
{
    return ends_with(path, ".csv") || ends_with(path, ".tsv");
}

void csv_init(struct csv *csv, const char *path, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool has_mark = length >= 3 && memcmp(text, mark, 3) == 0;
    *csv = (struct csv){.text = text, .end = text + length, .separator = ','};
    csv_seek(csv, has_mark ? 3 : 0, 1);
    const char *line_end = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
    size_t header = (size_t)((line_end ? line_end : csv->end) - csv->at);
    if (ends_with(path, ".tsv"))
        csv->separator = '\t';
    else if (!memchr(csv->at, ',', header) && memchr(csv->at, ';', header))
        csv->separator = ';';
}

void csv_seek(struct csv *csv, size_t start, size_t line)
{
    csv->at = csv->text + start;
    csv->line = line;
    csv->start = start;
    csv->start_line = line;
}

/* Bytes of the line end at `at`; 0 if there is none. */
static size_t line_end_bytes(const struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\n')
        return 1;
    return csv->end - csv->at >= 2 && csv->at[0] == '\r' && csv->at[1] == '\n' ? 2 : 0;
}

static void skip_line_end(struct csv *csv)
{
    size_t length = line_end_bytes(csv);
    csv->at += length;
    csv->line += length > 0;
}

static enum status refuse_zero_byte(struct error *err)
{
    return error_set(err, STATUS_BAD_INPUT, "",
                     "the row has a zero byte (is the file UTF-16? save it as UTF-8)");
}

static enum status read_quoted(struct csv *csv, struct csv_cell *cell, struct error *err)
{
    cell->bytes = ++csv->at;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '\0')
            return refuse_zero_byte(err);
        csv->line += *csv->at == '\n';
        if (*csv->at != '"')
            continue;
        if (csv->at + 1 == csv->end || csv->at[1] != '"')
            break;
        cell->has_doubled_quotes = true;
        csv->at++;
    }
    if (csv->at == csv->end)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "the row opens a quote that is never closed");
    cell->length = (size_t)(csv->at++ - cell->bytes);
    if (csv->at == csv->end || *csv->at == csv->separator || line_end_bytes(csv) > 0)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "",
                     "the row has text after a closing quote (a quote inside quotes is "
                     "written twice)");
}

static enum status read_unquoted(struct csv *csv, struct csv_cell *cell,
                                 struct error *err)
{
    cell->bytes = csv->at;
    while (csv->at < csv->end && *csv->at != csv->separator && line_end_bytes(csv) == 0) {
        if (*csv->at == '\0')
            return refuse_zero_byte(err);
        csv->at++;
    }
    cell->length = (size_t)(csv->at - cell->bytes);
    return STATUS_OK;
}

enum status csv_next(struct csv *csv, struct csv_cell *cells, size_t capacity,
                     size_t *count, struct error *err)
{
    *count = 0;
    while (line_end_bytes(csv) > 0)
        skip_line_end(csv);
    csv->start = (size_t)(csv->at - csv->text);
    csv->start_line = csv->line;
    if (csv->at == csv->end)
        return STATUS_OK;
    for (;;) {
        struct csv_cell cell = {.bytes = NULL};
        if (csv->at < csv->end && *csv->at == '"')
            RETURN_IF_ERROR(read_quoted(csv, &cell, err));
        else
            RETURN_IF_ERROR(read_unquoted(csv, &cell, err));
        if (*count < capacity)
            cells[*count] = cell;
        ++*count;
        if (csv->at == csv->end || *csv->at != csv->separator)
            break;
        csv->at++; /* a separator at the end of the text is followed by an empty cell */
    }
    skip_line_end(csv);
    return STATUS_OK;
}

const char *csv_cell_text(const struct csv_cell *cell, struct strbuf *buffer,
                          size_t *length)
{
    *length = cell->length;
    if (!cell->has_doubled_quotes)
        return cell->bytes;
    strbuf_clear(buffer);
    for (size_t i = 0; i < cell->length; i++) {
        strbuf_add_bytes(buffer, cell->bytes + i, 1);
        i += cell->bytes[i] == '"';
    }
    *length = buffer->length;
    return buffer->bytes;
}
