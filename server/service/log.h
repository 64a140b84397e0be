/*
 * The request log: one line of JSON per request on standard error.
 *
 * Each loop collects lines and writes them at the end of a turn, at most PIPE_BUF bytes in one
 * write, so that lines of different loops do not mix.  A write does not wait: if standard error
 * cannot take the lines at once, they are lost.  Only where standard error is a socket, or a pipe
 * that cannot be opened again, a write may block.
 */
#ifndef TRIAGE_LOG_H
#define TRIAGE_LOG_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "service/options.h"
#include "service/request.h"

struct log {
    enum log_level level;
    struct strbuf lines; /* not yet written */
    int descriptor;      /* where lines are written */
    int own_descriptor;  /* the same if the log has opened it; -1: it has not */
};

void log_init(struct log *log, enum log_level level);
void log_release(struct log *log);

/* Add the line of a request that has ended.  Probes are not logged. */
void log_request(struct log *log, const struct request *request, bool is_delivered);

/* Write the lines that have been collected. */
void log_flush(struct log *log);

#endif
