/*
 * The log: lines on standard error, JSON or, on a terminal, text.  One for each request, and lines
 * of the service itself: start, stop, warnings.
 *
 * Each loop collects lines and writes them at the end of a turn, at most PIPE_BUF bytes in one
 * write, so that lines of different loops do not mix.  A write does not wait: if standard error
 * cannot take the lines at once, they are lost, and the next line that it takes says how many.  Only
 * where standard error is a socket, or a pipe that cannot be opened again, a write may block.
 */
#ifndef TRIAGE_LOG_H
#define TRIAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "service/options.h"
#include "service/request.h"

struct log {
    enum log_level level;
    bool is_text;
    bool is_torn;        /* the last line that was written has no end */
    uint64_t lost;       /* lines that could not be written, and are not reported yet */
    struct strbuf lines; /* not yet written */
    int descriptor;      /* where lines are written */
    int own_descriptor;  /* the same if the log has opened it; -1: it has not */
};

void log_init(struct log *log, const struct options *options);
void log_release(struct log *log);

/* Add the line of a request that has ended.  Probes are not logged. */
void log_request(struct log *log, const struct request *request, bool is_delivered);

/*
 * A line of the service: log_begin, members, log_end.  level is "info", "warning" or "error";
 * message is plain text.  Nothing is added if the level of the log is higher; warnings and errors
 * are added at every level except LOG_NONE.
 *
 *     {"time": "2026-11-22T10:04:00.000000Z", "level": "info", "message": "listening", "loops": 2}
 *     10:04:00 listening loops=2
 */
bool log_begin(struct log *log, const char *level, const char *message);
void log_text(struct log *log, const char *name, const char *value);
void log_number(struct log *log, const char *name, uint64_t value);
void log_end(struct log *log);

/* Write the lines that have been collected. */
void log_flush(struct log *log);

#endif
