/*
 * The columns of a CSV file of events: their names, their roles, and how their cells are read.
 *
 * There are five roles: the case, the event's name, its time, its label and its part of the split.
 * All other columns are fields of the event.  A field is a number when each of its cells is empty
 * or a number, otherwise text.
 */
#ifndef TRIAGE_CSV_COLUMNS_H
#define TRIAGE_CSV_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "data/csv.h"
#include "data/record.h"
#include "engine.h"

#define NO_COLUMN SIZE_MAX

struct csv_column {
    const char *name;
    bool is_field;   /* neither a column with a role nor one that is left out */
    bool is_numeric; /* each cell so far is empty or a number */
    bool is_text;    /* its cells become JSON strings; set by csv_columns_apply_schema */
};

struct csv_columns {
    struct csv_column *list; /* [count], in the arena */
    size_t count;
    size_t id, event, time, label, split; /* indices, or NO_COLUMN */
};

/*
 * Read the header, which is the next row of csv, and assign the roles that keys names.  Columns
 * that are left out are listed on stderr after path.  STATUS_BAD_INPUT, STATUS_TOO_LARGE or
 * STATUS_NO_MEMORY, without a place.
 */
enum status csv_columns_read(struct csv_columns *columns, struct csv *csv,
                             const char *path, const struct data_keys *keys,
                             enum task task, struct arena *arena, struct error *err);

/* Read the cells [count] of a row: is_numeric becomes false where a cell is not a number. */
void csv_columns_note_row(struct csv_columns *columns, const struct csv_cell *cells);

/* Set is_text: for fields that are categories in the schema; NULL: for those not numeric. */
void csv_columns_apply_schema(struct csv_columns *columns, const struct schema *schema);

/* Is the cell a finite decimal number?  007 is a code, not a number; +7 is also text. */
bool csv_cell_to_number(const struct csv_cell *cell, double *number);

/* A JSON string (json_decref it); JSON null when text is not UTF-8; NULL without memory. */
json_t *csv_text_to_json(const char *text, size_t length);

enum { CSV_TIME_BYTES = 64 };

/*
 * Rewrite a time as RFC 3339.  False when its form is not one of these:
 *
 * The year comes first and is followed by dashes or slashes.  The time of day may be missing, or
 * its seconds.  The zone may be Z, UTC, GMT, +01:00, +0100 or +01; UTC if there is none.  Forms
 * that begin with a day or a month are refused, because they are ambiguous.  Whether the day
 * exists is not checked: timestamp_parse does that.
 */
bool csv_time_to_rfc3339(const char *text, size_t length, char buffer[CSV_TIME_BYTES]);

#endif
