/*
 * Reading data files: CSV with one event a row, JSON Lines with one history a line, a JSON array of
 * histories, or an XES log, plain or compressed, from files or standard input.  The first bytes show
 * which of them it is.
 *
 * Files are read once, in blocks of whole lines.  Blocks are read by all threads; their results
 * reach the tape in the order of the file.
 */
#ifndef TRIAGE_READER_H
#define TRIAGE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/common/problems.h"
#include "data/read/source.h"
#include "data/tape/tape.h"
#include "engine.h"

/* The files and the keys that they use; borrowed. */
struct data_files {
    const char *const *files;
    size_t file_count;
    const struct data_keys *keys;
};

struct reader_options {
    bool needs_label; /* CSV must have a column of labels */
    bool wants_posterior;
    bool wants_test; /* otherwise problems in the part test are ignored */
    uint32_t threads;
    struct source *source; /* the only file, already open; taken.  NULL: open the files */
    /* The tape keeps the values of this schema, however many texts a column has; or NULL. */
    const struct schema *schema;
};

/*
 * Fill an initialised tape.  Records that cannot be read are added to problems.  Without skip_bad,
 * reading stops at the first problem, and the tape has the records before it.  STATUS_IO,
 * STATUS_BAD_INPUT, STATUS_TOO_LARGE or STATUS_NO_MEMORY.
 */
enum status data_read(struct tape *tape, const struct data_files *data,
                      const struct reader_options *options, struct problems *problems,
                      struct messages *messages, struct error *err);

/*
 * Look at the first bytes of a source: an XES log and a JSON array are read as numbered lines
 * (record_lines.h).  STATUS_NO_MEMORY.
 */
enum status reader_find_form(struct source *source, const char *name,
                             const struct data_keys *keys, enum source_form *form,
                             struct error *err);

/* Do a file's name and its first bytes look like CSV rather than JSON Lines? */
bool reader_is_csv(const char *name, const char *bytes, size_t length);

#endif
