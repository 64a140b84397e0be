/*
 * Commands that read histories, in the forms that train reads, and write one answer a line: predict
 * and forecast.
 *
 * A line that cannot be answered gives {"line", "error"}; the lines after it are still answered.
 * Ignored keys that are probably mistyped are in the answers, and in a warning for each key after the
 * last one.
 */
#ifndef TRIAGE_ANSWER_LINES_H
#define TRIAGE_ANSWER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "data/common/keys.h"
#include "data/served.h"
#include "engine.h"

enum {
    ANSWER_MAX_EVENTS = 100000, /* of a history */
    ANSWER_MAX_MISTYPED = 20    /* keys that are warned of */
};

/* An ignored key that is nearly a known one. */
struct mistyped_key {
    char name[64];
    const char *nearest; /* borrowed from the schema */
    uint64_t count;      /* of histories */
    uint64_t line;       /* of the first */
};

struct answer_lines {
    const struct model *model;
    struct schema *schema; /* of the model, with the keys of the command line; owned */
    char name[256];        /* of the model */
    struct arena arena;    /* of the line that is being answered */
    struct strbuf out;     /* its answer */
    bool has_failed;       /* a line has no answer */

    /*
     * Append the answer to a history to out.  includes: the set of its own "include".
     * STATUS_NOT_FINITE and so on: the answer is the error.
     */
    enum status (*answer)(void *context, uint64_t line, const struct history *history,
                          unsigned includes, struct error *err);
    void *context; /* for answer */

    bool has_printed; /* there was a history, or a bad line */
    struct mistyped_key mistyped[ANSWER_MAX_MISTYPED]; /* [mistyped_count] */
    size_t mistyped_count;
    struct served *served; /* the histories, to compare with the training */
    uint64_t answered;
};

/*
 * path: the model's file, which names it.  The caller sets answer and context afterwards.  The model is
 * borrowed.  STATUS_NO_MEMORY, or a failure of schema_with_keys; release it in any case.
 */
enum status answer_lines_init(struct answer_lines *lines, const struct model *model,
                              const char *path, const struct data_keys *keys,
                              struct error *err);
void answer_lines_release(struct answer_lines *lines);

/*
 * Answer the histories of a file ("-": standard input), and print the warnings.  The statuses of
 * history_texts_read; with --strict, a failure if there are warnings.
 */
enum status answer_lines_run(struct answer_lines *lines, const char *path,
                             const struct data_keys *keys, struct error *err);

#endif
