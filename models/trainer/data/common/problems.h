/*
 * Problems: the records of the data that could not be read.  All threads add to struct problems;
 * struct block_problems is the list of one block, which is read by one thread.
 */
#ifndef TRIAGE_PROBLEMS_H
#define TRIAGE_PROBLEMS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A record that could not be read: its place, and its message. */
struct data_problem {
    uint32_t file;
    uint64_t line;
    struct error err; /* where is "FILE:LINE" */
};

/*
 * Without skip_bad only the first problem in the order of files and lines is kept, whichever thread
 * finds its problem first.  With skip_bad all are listed, up to a limit.
 */
struct problems {
    pthread_mutex_t mutex;
    bool skip_bad;
    struct data_problem first; /* its status is STATUS_OK while there is none */
    struct data_problem *list; /* [count]; owned; with skip_bad, since the last print */
    size_t count, capacity;
    size_t unlisted;
    size_t record_count; /* histories that are not even on the tape */
    bool has_failed;     /* memory ran out */
};

void problems_init(struct problems *problems, bool skip_bad);
void problems_release(struct problems *problems);

/* err: its where is a JSON Pointer, the name of a column, or "". */
void problems_add(struct problems *problems, uint32_t file, const char *file_name,
                  uint64_t line, const struct error *err);

/* With skip_bad: print the list in the order of files and lines, and clear it. */
void problems_print(struct problems *problems);

/* Without skip_bad: STATUS_OK, or the first problem. */
enum status problems_status(const struct problems *problems, struct error *err);

/* ---- of a block ---- */

/* A problem of a block; lines count from 0 at its beginning. */
struct block_problem {
    uint32_t line;
    struct error err;
};

struct block_problems {
    struct block_problem *list; /* [count]; owned */
    size_t count, capacity;
    bool skip_bad; /* otherwise a block is read up to its first problem */
    /* It is unknown where the next record begins.  Reading stops, also with skip_bad. */
    bool is_torn;
    bool has_failed;
};

/* False when the reading of the block must stop. */
bool block_problems_add(struct block_problems *problems, uint32_t line,
                        const struct error *err);

#endif
