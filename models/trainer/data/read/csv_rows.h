/*
 * The rows of a CSV file onto the tape: one event a row, whose case is in one of its columns.
 *
 * Blanks around a cell are not part of it.  An empty cell is no value; a row of empty cells is
 * skipped, and so is one that repeats the header.
 */
#ifndef TRIAGE_CSV_ROWS_H
#define TRIAGE_CSV_ROWS_H

#include "base/strbuf.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/common/problems.h"
#include "data/read/csv.h"
#include "data/tape/tape.h"

#define NO_COLUMN SIZE_MAX

/* The header of a file. */
struct csv_header {
    struct arena arena;
    char separator;
    const char **names; /* [count]; NULL: the column has no name */
    size_t count;
    size_t id, event; /* indices */
    /* Columns whose texts are joined to the name of an event, of which `event` is the first; 0: none. */
    size_t parts[NAME_PARTS], part_count;
    const char *event_key; /* the column of the names on the tape; borrowed */
};

/*
 * Read the header, which is the first row of the text.  needs_label: it must have a column of
 * labels.  STATUS_BAD_INPUT, without a place, if a column is missing that the keys need.
 */
enum status csv_header_read(struct csv_header *header, char separator, const char *text,
                            size_t length, const struct data_keys *keys, bool needs_label,
                            struct messages *messages, const char *file,
                            struct error *err);

/*
 * Does the first row of the text name the columns of the case and of the event?  *cells is the
 * number of its cells that are not empty.  STATUS_NO_MEMORY.
 */
enum status csv_header_has_keys(char separator, const char *text, size_t length,
                                const struct data_keys *keys, bool *has_keys,
                                size_t *cells, struct error *err);
void csv_header_release(struct csv_header *header);

/* What a thread needs to read blocks. */
struct csv_rows {
    const struct csv_header *header;
    struct csv_cell *cells; /* [count] */
    uint32_t *columns;      /* [count] in this block */
    struct strbuf buffer;   /* for a cell with doubled quotes */
    struct strbuf name;     /* for a case with doubled quotes */
    struct name_parts parts;
    struct arena arena;    /* of the joined name of a row */
    uint32_t event_column; /* of the joined names, in this block */
    struct error err;      /* of a row */
    bool is_ascii;         /* the block */
    bool may_be_name[256]; /* by name_hash: a name of the header has it */
    uint64_t blank_rows;
    /* A row before had a case.  The caller sets it unless the block is the first of the file. */
    bool has_case;
    /* Rows of this block that repeat the header, and the line of the first. */
    uint32_t header_rows, first_header_row;
};

enum status csv_rows_init(struct csv_rows *rows, const struct csv_header *header,
                          struct error *err);
void csv_rows_release(struct csv_rows *rows);

/* Read a block of complete rows.  Returns the number of its line ends. */
uint32_t csv_rows_read(struct csv_rows *rows, struct tape_writer *writer,
                       const char *bytes, size_t length, struct block_problems *problems);

#endif
