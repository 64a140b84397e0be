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
    bool has_quotes; /* doubled ones; csv_cell_text makes one of two */
};

struct csv {
    const char *text, *end, *at;
    size_t line; /* of at, from 1 */
    char separator;

    size_t start, start_line; /* of the last row: csv_seek goes back there */
};

/* Does path end in .csv or .tsv, in small or capital letters? */
bool csv_has_extension(const char *path);

/*
 * Cells are separated by tabs when path ends in .tsv, else by commas, or by semicolons when the
 * first line has semicolons and no comma.  text is borrowed.
 */
void csv_init(struct csv *csv, const char *path, const char *text, size_t length);

/* Continue at a row's start and start_line. */
void csv_seek(struct csv *csv, size_t start, size_t line);

/*
 * The next row: its first capacity cells are stored and all of them are counted; *count is 0 at
 * the end.  STATUS_BAD_INPUT for a quote that is never closed, text after a closing quote, or a
 * zero byte; start_line is then the line where the row begins.
 */
enum status csv_next(struct csv *csv, struct csv_cell *cells, size_t capacity,
                     size_t *count, struct error *err);

/*
 * The text of a cell: its own bytes or, if it has doubled quotes, bytes in buffer, whose earlier
 * content is lost.  Look at buffer->has_failed afterwards.
 */
const char *csv_cell_text(const struct csv_cell *cell, struct strbuf *buffer,
                          size_t *length);

#endif
