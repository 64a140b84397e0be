/*
 * A JSON array of histories, cut into numbered lines (record_lines.h) while it is read.
 *
 * Only strings and brackets are followed; whether a history is JSON is found out when it is read.
 */
#ifndef TRIAGE_JSON_ARRAY_H
#define TRIAGE_JSON_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

/* What comes next. */
enum json_array_state {
    ARRAY_BEGIN,
    ARRAY_FIRST, /* a history, or the end of the array */
    ARRAY_ITEM,  /* a history */
    ARRAY_VALUE, /* the rest of a history */
    ARRAY_COMMA, /* a comma, or the end of the array */
    ARRAY_END,   /* nothing */
    ARRAY_TORN
};

/* Begins as {.line = 1}. */
struct json_array {
    enum json_array_state state;
    uint64_t line, index;       /* of the next byte; of the history */
    uint64_t depth;             /* of brackets in the history */
    bool is_string, is_escaped; /* in the history */
    size_t bytes;               /* of the history */
};

/* Read more of the text; at its end, is_end.  The lines are added to out. */
void json_array_feed(struct json_array *array, const char *bytes, size_t length,
                     bool is_end, struct strbuf *out);

#endif
