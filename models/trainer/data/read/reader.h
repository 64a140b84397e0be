/*
 * Reading data files: CSV with one event a row, or JSON Lines with one history a line, plain or
 * compressed, from files or standard input; which it is is seen in the first bytes.
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
#include "data/tape/tape.h"
#include "engine.h"

/* The files and the keys that they use; borrowed. */
struct data_files {
    const char *const *files;
    size_t file_count;
    const struct data_keys *keys;
};

struct source;

struct reader_options {
    bool needs_label; /* CSV must have a column of labels */
    bool wants_posterior;
    bool wants_test; /* otherwise what is wrong in the part test does not matter */
    uint32_t threads;
    struct source
        *source; /* the only file, which has been opened; taken.  NULL: open the files */
    /* known values of its fields are told apart on the tape, however many texts there are; NULL */
    const struct schema *schema;
};

/*
 * Fill an initialised tape.  Records that cannot be read are added to problems; without skip_bad,
 * reading stops at the first: what was before it is on the tape.  STATUS_IO, STATUS_BAD_INPUT,
 * STATUS_TOO_LARGE or STATUS_NO_MEMORY.
 */
enum status data_read(struct tape *tape, const struct data_files *data,
                      const struct reader_options *options, struct problems *problems,
                      struct messages *messages, struct error *err);

/* Do a file's name and its first bytes look like CSV rather than JSON Lines? */
bool reader_is_csv(const char *name, const char *bytes, size_t length);

#endif
