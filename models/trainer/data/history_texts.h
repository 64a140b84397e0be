/*
 * The histories of a file, one after the other, as the JSON texts that a request would have: the
 * lines of JSON Lines as they are, the cases of a CSV file written as JSON.  So `triage predict`
 * reads what train reads, and answers with the bytes of the service.
 */
#ifndef TRIAGE_HISTORY_TEXTS_H
#define TRIAGE_HISTORY_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "engine.h"

struct history_visitor {
    /* line is that of the history, or of its first row.  false: stop */
    bool (*text)(void *context, uint64_t line, const char *bytes, size_t length);
    /* a row that cannot be read; err->where is "FILE:LINE" */
    bool (*bad_row)(void *context, uint64_t line, const struct error *err);
    void *context;
};

/*
 * Read the file ("-": standard input).  Lines of JSON Lines are visited as soon as they are there.
 * Messages about a CSV file are printed before its first case is visited.
 * STATUS_IO, STATUS_BAD_INPUT, STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status history_texts_read(const char *path, const struct data_keys *keys,
                               const struct schema *schema,
                               const struct history_visitor *visitor,
                               struct messages *messages, struct error *err);

/* A copy of the schema with the keys that the data uses; NULL with err. */
struct schema *schema_with_keys(const struct schema *schema, const struct data_keys *keys,
                                struct error *err);

#endif
