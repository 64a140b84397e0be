/*
 * A CSV file whose rows are events, grouped into cases.
 *
 * The file stays in memory, with sixteen more bytes for each row.  The rows of a case may be
 * anywhere in the file; each has the index of the next one.  Cases are in the order of their first
 * rows.  cases_history makes a case the JSON history that a line of JSON Lines would hold:
 *
 *     case,event,time,service,action        {"id": "7", "action": "rollback", "events": [
 *     7,deploy,2026-11-22 10:04,web,           {"event": "deploy", "time": "2026-11-22T10:04:00Z",
 *     8,alarm,...                               "service": "web"},
 *     7,alarm,2026-11-22 10:06,,rollback       {"event": "alarm", "time": "2026-11-22T10:06:00Z"}]}
 *
 * An empty cell is a missing value.  csv_columns.h says which cells are numbers.
 */
#ifndef TRIAGE_CASES_H
#define TRIAGE_CASES_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "data/record.h"
#include "engine.h"

struct cases;

/*
 * Read a file.  A row whose case is unknown is an error or, with keys->skip_bad, listed on stderr
 * and skipped.  STATUS_IO, STATUS_BAD_INPUT (the place is "FILE:LINE"), STATUS_TOO_LARGE,
 * STATUS_NO_MEMORY.  path and keys are borrowed until cases_free.
 */
struct cases *cases_read(const char *path, const struct data_keys *keys, enum task task,
                         struct error *err);
void cases_free(struct cases *cases);

size_t cases_count(const struct cases *cases);

/* Decide which columns are text: by the schema or, if it is NULL, by their cells. */
void cases_apply_schema(struct cases *cases, const struct schema *schema);

/*
 * The history of a case (json_decref it), or NULL with err, whose place is a JSON Pointer like
 * "/events/3/COLUMN".  *lines receives the line of each row [*count], also after a failure;
 * it is borrowed until the next call.
 */
json_t *cases_history(struct cases *cases, size_t index, const size_t **lines,
                      size_t *count, struct error *err);

#endif
