/*
 * Comma-separated text (RFC 4180) in memory, read one row at a time.
 *
 * Cells are views of the text.  A quoted cell may hold separators, line breaks and doubled
 * quotes.  Rows end with LF or CRLF; the last row may end without.  Blank lines are skipped.  A
 * quote inside an unquoted cell is an ordinary character.
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
    size_t line; /* of at, from 0 */
    char separator;
    size_t start_line; /* of the last row */
};

/* What the first lines of a file say about the others. */
struct csv_dialect {
    char separator;
    size_t header; /* offset of the header: after a byte order mark and a line "sep=;" */
    size_t header_line; /* from 0 */
};

/*
 * Find the separator: the one that a line "sep=;" names; else the tab, semicolon, comma or bar by
 * which the first lines fall into the same number of cells, of several the one with the most.
 */
void csv_find_dialect(struct csv_dialect *dialect, const char *text, size_t length);

/* text is borrowed. */
void csv_init(struct csv *csv, char separator, const char *text, size_t length);

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

/* The bytes of the complete rows that the text begins with: up to the last line end outside quotes. */
size_t csv_complete_bytes(char separator, const char *text, size_t length);

#endif
