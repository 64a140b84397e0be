/*
 * A parser that reads each byte once: `at` is the next byte, `line` its line number.  A line ends
 * at LF or CRLF; a CR alone is text.
 */
#include "data/read/csv.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* ---- the dialect ---- */

/* The cells of the row at text, which ends at *next; 0 at the end. */
static size_t count_cells(char separator, const char *text, const char *end,
                          const char **next)
{
    size_t cells = 1;
    bool is_quoted = false;
    const char *at = text;
    for (; at < end && (is_quoted || *at != '\n'); at++) {
        if (*at == '"' && (is_quoted || at == text || at[-1] == separator))
            is_quoted = !is_quoted;
        else if (*at == separator && !is_quoted)
            cells++;
    }
    *next = at < end ? at + 1 : end;
    return text == end ? 0 : cells;
}

/* The number of cells that the first rows all have; 1 if they differ. */
static size_t common_cells(char separator, const char *text, const char *end)
{
    enum { ROWS = 6 };
    size_t header = 0;
    for (int row = 0; row < ROWS && text < end; row++) {
        const char *next;
        size_t cells = count_cells(separator, text, end, &next);
        bool is_blank = next - text <= 2 && cells <= 1;
        bool is_cut = next == end && end[-1] != '\n';
        text = next;
        if (row == 0)
            header = cells;
        else if (!is_blank && !is_cut && cells != header)
            return 1;
    }
    return header;
}

/* "sep=;" in the first line, as Excel writes and reads it. */
static bool has_separator_line(const char *text, const char *end)
{
    return end - text >= 5 && strncasecmp(text, "sep=", 4) == 0 &&
           (end - text == 5 || text[5] == '\n' || text[5] == '\r');
}

void csv_find_dialect(struct csv_dialect *dialect, const char *text, size_t length)
{
    static const char candidates[] = {'\t', ';', ',', '|'};
    const char *end = text + length, *at = text;
    *dialect = (struct csv_dialect){.separator = ','};
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    if (has_separator_line(at, end)) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        dialect->separator = at[4];
        dialect->header = (size_t)((line_end ? line_end + 1 : end) - text);
        dialect->header_line = 1;
        return;
    }
    dialect->header = (size_t)(at - text);
    size_t best = 1, most = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        const char *next;
        size_t header = count_cells(candidates[i], at, end, &next);
        size_t common = common_cells(candidates[i], at, end);
        /* if no separator fits all lines, the one that is most frequent in the header */
        if (common > best || (best == 1 && header > most && header > 1)) {
            dialect->separator = candidates[i];
            best = common > best ? common : best;
        }
        most = header > most ? header : most;
    }
}

/* ---- rows ---- */

void csv_init(struct csv *csv, char separator, const char *text, size_t length)
{
    *csv = (struct csv){
        .text = text, .end = text + length, .at = text, .separator = separator};
}

/* The first byte from at that is one of a, b, c and d; or the end. */
static inline const char *find_any(const char *at, const char *end, char a, char b,
                                   char c, char d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - at >= 16; at += 16) {
        signed char bytes __attribute__((vector_size(16)));
        uint64_t found[2];
        memcpy(&bytes, at, sizeof bytes);
        /* the bytes to find become 0xFF, all others 0 */
        bytes = (bytes == a) | (bytes == b) | (bytes == c) | (bytes == d);
        memcpy(found, &bytes, sizeof found);
        if (found[0] != 0)
            return at + __builtin_ctzll(found[0]) / 8;
        if (found[1] != 0)
            return at + 8 + __builtin_ctzll(found[1]) / 8;
    }
#endif
    while (at < end && *at != a && *at != b && *at != c && *at != d)
        at++;
    return at;
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
    size_t bytes = line_end_bytes(csv);
    csv->at += bytes;
    csv->line += bytes > 0;
}

static enum status refuse_zero_byte(struct error *err)
{
    return error_set(err, STATUS_BAD_INPUT, "", "the row has a zero byte");
}

static enum status read_quoted(struct csv *csv, struct csv_cell *cell, struct error *err)
{
    cell->bytes = ++csv->at;
    for (;; csv->at++) {
        csv->at = find_any(csv->at, csv->end, '"', '\n', '\0', '\0');
        if (csv->at == csv->end)
            break;
        if (*csv->at == '\0')
            return refuse_zero_byte(err);
        csv->line += *csv->at == '\n';
        if (*csv->at == '\n')
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
    const char *at = csv->at, *end = csv->end;
    cell->bytes = at;
    for (;; at++) {
        csv->at = at = find_any(at, end, csv->separator, '\n', '\r', '\0');
        if (at == end || *at == csv->separator || line_end_bytes(csv) > 0)
            break;
        if (*at == '\0')
            return refuse_zero_byte(err);
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

/* ---- where a block may end ---- */

/* After the last line end of the span; NULL if it has none. */
static const char *after_last_line(const char *from, const char *to)
{
    const char *found = from < to ? memrchr(from, '\n', (size_t)(to - from)) : NULL;
    return found ? found + 1 : NULL;
}

/* The quote that closes the cell that begins at `at`; NULL if it is not in the text. */
static const char *closing_quote(const char *at, const char *end)
{
    while (at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
        if (at + 1 == end || at[1] != '"')
            return at;
        at += 2;
    }
    return NULL;
}

size_t csv_complete_bytes(char separator, const char *text, size_t length)
{
    const char *end = text + length, *at = text, *last = NULL, *plain = text;
    while (at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
        bool opens = at == text || at[-1] == separator || at[-1] == '\n';
        if (!opens) {
            at++;
            continue;
        }
        const char *line = after_last_line(plain, at),
                   *close = closing_quote(at + 1, end);
        last = line ? line : last;
        /* a quote at the very end may be the first of two */
        if (!close || close + 1 == end)
            return last ? (size_t)(last - text) : 0;
        plain = at = close + 1;
    }
    const char *line = after_last_line(plain, end);
    last = line ? line : last;
    return last ? (size_t)(last - text) : 0;
}
