/*
 * What is said about the data: notes and warnings, and the histories that could not be read.
 *
 * Names and values come from strangers: everything is cleaned of control characters.
 */
#ifndef TRIAGE_MESSAGES_H
#define TRIAGE_MESSAGES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

struct messages {
    struct strbuf notes, warnings; /* lines */
    size_t warning_count;
};

void messages_init(struct messages *messages);
void messages_release(struct messages *messages);

/* Add a line, without its line break. */
void messages_note(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "warning: " is added. */
void messages_warn(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print all on stderr, and forget the lines; warning_count stays. */
void messages_print(struct messages *messages);

/* With --strict: STATUS_BAD_INPUT if there were warnings. */
enum status warnings_refuse(size_t count, bool is_strict, struct error *err);

/* Print a text on stderr, cleaned, with a line break. */
void print_clean(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- what could not be read ---- */

/* A record that could not be read: its place, and its message. */
struct data_problem {
    uint32_t file;
    uint64_t line;
    struct error err; /* where is "FILE:LINE" */
};

/*
 * Without skip_bad only the first problem of the data is kept, in the order of files and lines,
 * whichever thread finds it when.  With skip_bad all are listed, up to a limit.
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

/* Write "FILE:LINE"; a long path is cut at its beginning. */
void file_line_write(char *buffer, size_t size, const char *file, uint64_t line);

#endif
