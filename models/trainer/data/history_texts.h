/*
 * The histories of a file, one after the other, as the JSON texts of requests: lines of JSON Lines
 * and items of a JSON array unchanged, cases of a CSV file and traces of XES written as JSON.  So `triage predict` reads the files that train
 * reads, and its answers have the same bytes as those of the service.
 */
#ifndef TRIAGE_HISTORY_TEXTS_H
#define TRIAGE_HISTORY_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/read/record_lines.h"
#include "engine.h"

/* The line of a history, or of its first row; its index in a JSON array, else RECORD_NO_INDEX. */
struct history_place {
    uint64_t line, index;
    const char *label,
        *part; /* of a CSV case, whose text has none; "" for none; else NULL */
};

struct history_visitor {
    /* Return false to stop. */
    bool (*text)(void *context, const struct history_place *place, const char *bytes,
                 size_t length);
    /* A row or trace that cannot be read; err->where is "FILE:LINE" or "".  Return false to stop. */
    bool (*bad_row)(void *context, uint64_t line, const struct error *err);
    void *context;
};

/*
 * Read the file ("-": standard input).  A line of JSON Lines is visited as soon as it has been
 * read.  Messages about a CSV file are printed before its first case is visited.  STATUS_IO,
 * STATUS_BAD_INPUT, STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status history_texts_read(const char *path, const struct data_keys *keys,
                               const struct schema *schema,
                               const struct history_visitor *visitor,
                               struct messages *messages, struct error *err);

/* A copy of the schema with the keys that the data uses; NULL with err. */
struct schema *schema_with_keys(const struct schema *schema, const struct data_keys *keys,
                                struct error *err);

#endif
