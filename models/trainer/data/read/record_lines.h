/*
 * The histories of an XES log or of a JSON array as numbered lines, which are read like JSON Lines:
 *
 *     LINE INDEX {"id": ...}    a history
 *     LINE INDEX !TEXT          one that cannot be read, and why
 *     LINE INDEX ?TEXT          the same, and it is unknown where the next one begins
 *
 * LINE is its place in the file, from 1.  INDEX is its place in the array, from 0; "-" in XES.  A line
 * break in a history is written as CR, and all other CR are left out.
 */
#ifndef TRIAGE_RECORD_LINES_H
#define TRIAGE_RECORD_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

#define RECORD_NO_INDEX UINT64_MAX
/* Bytes of the longest history. */
#define RECORD_MAX_BYTES ((size_t)1 << 30)

enum record_kind { RECORD_HISTORY, RECORD_BAD, RECORD_TORN };

struct record_line {
    enum record_kind kind;
    uint32_t line;
    uint64_t index; /* RECORD_NO_INDEX: of no array */
    char *text;     /* the history, or the problem; borrowed */
    size_t length;
};

/* Append all that comes before the text; a line break must follow the text. */
void record_line_begin(struct strbuf *out, enum record_kind kind, uint64_t line,
                       uint64_t index);

/*
 * Parse a line, without its line break, and write the line breaks of the history back into it.  The
 * bytes are those that record_line_begin and the text have made.
 */
void record_line_parse(struct record_line *record, char *bytes, size_t length);

/* The error of a record that is no history; of others, put the index before err->where. */
void record_line_problem(const struct record_line *record, struct error *err);
void record_line_place(const struct record_line *record, struct error *err);

#endif
