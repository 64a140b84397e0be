/*
 * One line of JSON per request on standard error.
 *
 * A loop collects its lines and writes them together when it has nothing better to do, never
 * more than a pipe takes in one piece, so that lines of different loops do not mix.  When
 * nobody reads standard error, lines are lost and requests are not kept waiting (where it can
 * be opened anew, that is: not a socket, and not somebody else's pipe).
 */
#ifndef TRIAGE_LOG_H
#define TRIAGE_LOG_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "service/options.h"
#include "service/request.h"

struct log {
    enum log_level level;
    struct strbuf lines;
    int descriptor; /* where lines go */
    int own;        /* the same, when it is ours to close; else -1 */
};

void log_init(struct log *log, enum log_level level);
void log_release(struct log *log);

/* Of a request that has ended; probes are left out. */
void log_request(struct log *log, const struct request *request, bool is_delivered);

void log_flush(struct log *log);

#endif
