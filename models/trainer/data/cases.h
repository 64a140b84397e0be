/*
 * A CSV file whose rows are events, gathered into cases.
 *
 * The file is kept in memory with sixteen bytes for every row: the rows of a case are chained
 * in the order of the file, wherever they stand in it, and cases stand in the order in which
 * they first appear.  A case is made into the JSON history that a line of JSON Lines would
 * hold, when it is asked for.
 *
 *     case,event,time,service,action        {"id": "7", "action": "rollback", "events": [
 *     7,deploy,2026-11-22 10:04,web,           {"event": "deploy", "time": "2026-11-22T10:04:00Z",
 *     8,alarm,...                               "service": "web"},
 *     7,alarm,2026-11-22 10:06,,rollback       {"event": "alarm", "time": "2026-11-22T10:06:00Z"}]}
 *
 * An empty cell is a missing value.  A column of fields is numbers when each of its cells that
 * is not empty is one (and none begins with a zero that says it is a code), else text.
 */
#ifndef TRIAGE_CASES_H
#define TRIAGE_CASES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine.h"

struct cases;
struct keys;

/* Is it called .csv or .tsv? */
bool cases_are_in(const char *path);

/*
 * Read a file.  Rows whose case cannot be told are a failure or, with keys->skip_bad, listed
 * on stderr.  STATUS_IO, STATUS_BAD_INPUT (where is "FILE:LINE"), STATUS_TOO_LARGE,
 * STATUS_NO_MEMORY.  cases_free it.
 */
struct cases *cases_read(const char *path, const struct keys *keys, enum task target,
                         struct error *err);
void cases_free(struct cases *cases);

size_t cases_count(const struct cases *cases);

/* Columns become text where the schema wants it; NULL: as the cells themselves say. */
void cases_obey(struct cases *cases, const struct schema *schema);

/*
 * The history of a case (json_decref it), or NULL.  *lines, [*count] and valid until the next
 * call, says where its rows begin, also after a failure, which names a row as "/events/3/KEY".
 */
json_t *cases_history(struct cases *cases, size_t index, const size_t **lines,
                      size_t *count, struct error *err);

#endif
