/*
 * Comma-separated text (RFC 4180), a record at a time, from memory.
 *
 * Cells are views of the text.  A cell in quotes may hold separators, line breaks and, doubled,
 * quotes.  Records end with LF or CRLF, the last one also without; blank lines are no records;
 * a byte order mark is passed over.  Quotes in the middle of a bare cell stand for themselves.
 */
#ifndef TRIAGE_CSV_H
#define TRIAGE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

struct csv_cell {
    const char *bytes; /* without the quotes around it */
    size_t length;
    bool has_quotes; /* inside, doubled */
};

struct csv {
    const char *text, *end, *at;
    size_t line; /* of at, from 1 */
    char separator;

    size_t start, start_line; /* of the last record: csv_seek goes back there */
};

/*
 * A file called something.tsv is separated by tabs; any other by commas, or by semicolons when
 * its first line has some and no comma.
 */
void csv_open(struct csv *csv, const char *path, const char *text, size_t length);

/* Continue where a record starts. */
void csv_seek(struct csv *csv, size_t start, size_t line);

/*
 * The next record: the first most cells are stored, all are counted; *count is 0 at the end.
 * STATUS_BAD_INPUT for a quote that is never closed, text behind a closing quote or a zero
 * byte; then start_line is where it begins.
 */
enum status csv_next(struct csv *csv, struct csv_cell *cells, size_t most, size_t *count,
                     struct error *err);

/* The cell as it was meant; looks like its bytes unless quotes were doubled.  room is reused. */
const char *csv_text(const struct csv_cell *cell, struct strbuf *room, size_t *length);

#endif
