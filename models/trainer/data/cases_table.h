/* What cases.c, cases_columns.c and cases_history.c share. */
#ifndef TRIAGE_CASES_TABLE_H
#define TRIAGE_CASES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "data/cases.h"
#include "data/csv.h"

#define NO_COLUMN SIZE_MAX
#define NO_ROW UINT32_MAX

struct cases_column {
    const char *name;
    bool is_field;   /* of the events; the others have a part to play, or are left out */
    bool is_numeric; /* by its cells */
    bool is_text;    /* its cells become strings */
};

struct cases_row {
    uint64_t start; /* in the text */
    uint32_t line;
    uint32_t next; /* of its case, or NO_ROW */
};

struct cases_case {
    uint32_t first, last, count; /* rows */
};

struct cases {
    const char *path;
    const struct keys *keys;
    enum task target;
    struct arena arena; /* names */
    char *bytes;        /* the file */
    struct csv csv;
    struct strbuf room; /* for one cell with doubled quotes */

    struct cases_column *columns;
    struct csv_cell *cells; /* [column_count] of the row that is being looked at */
    size_t column_count;
    size_t id, event, time, label, split; /* columns, or NO_COLUMN */

    struct cases_row *rows;
    size_t row_count, row_capacity;
    struct strmap names;      /* of the cases, in arena */
    struct cases_case *cases; /* [names.count] */
    size_t case_capacity;
    size_t *lines; /* of the last case that was asked for */
};

/* Read the header and what its columns are for; where is "FILE:LINE". */
enum status cases_read_header(struct cases *cases, struct error *err);

/* Look at the cells of all rows but those of the part test: which columns are numbers? */
enum status cases_find_kinds(struct cases *cases, struct error *err);

/* The cells of a row; *count is how many it has, as many as columns when it is good. */
enum status cases_cells(struct cases *cases, uint32_t row, size_t *count,
                        struct error *err);

/* A JSON string, JSON's null where the text is not UTF-8, or NULL without memory. */
json_t *cases_string(const char *text, size_t length);

/* A number as JSON may have it, but for a zero in front of other digits. */
bool cases_is_number(const struct csv_cell *cell, double *number);

/* The same complaint with "FILE:LINE" for its place. */
enum status cases_complain(const struct cases *cases, size_t line,
                           const struct error *inner, struct error *err);

#endif
