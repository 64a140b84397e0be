/*
 * Comma-separated text (RFC 4180) in memory, read one row at a time.
 *
 * Cells are views of the text.  A quoted cell may hold separators, line breaks and doubled
 * quotes.  Rows end with LF or CRLF; the last row may end without.  Blank lines and a byte order
 * mark are skipped.  A quote inside an unquoted cell is an ordinary character.
 */
#ifndef TRIAGE_CSV_H
#define TRIAGE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

struct csv_cell {
    const char *bytes; /* without the enclosing quotes */
    size_t length;
    bool has_doubled_quotes; /* csv_cell_text replaces each pair by one quote */
};

struct csv {
    const char *text, *end, *at;
    size_t line; /* of at, from 1 */
    char separator;

    size_t start, start_line; /* of the last row; csv_seek returns to it */
};

/* Does path end in .csv or .tsv, in upper or lower case? */
bool csv_has_extension(const char *path);

/*
 * Cells are separated by tabs when path ends in .tsv, else by commas, or by semicolons when the
 * first line has semicolons and no comma.  text is borrowed.
 */
void csv_init(struct csv *csv, const char *path, const char *text, size_t length);

/* Continue at a row whose start and start_line were kept. */
void csv_seek(struct csv *csv, size_t start, size_t line);

/*
 * Read the next row.  Its first `capacity` cells are stored; *count is the number of all its cells,
 * and 0 at the end of the text.  STATUS_BAD_INPUT for a quote that is never closed, text after a
 * closing quote, or a zero byte; start_line is then the line where the row begins.
 */
enum status csv_next(struct csv *csv, struct csv_cell *cells, size_t capacity,
                     size_t *count, struct error *err);

/*
 * The text of a cell: its own bytes or, if it has doubled quotes, a copy in buffer, which is
 * cleared first.  Test buffer->has_failed afterwards.
 */
const char *csv_cell_text(const struct csv_cell *cell, struct strbuf *buffer,
                          size_t *length);

#endif
