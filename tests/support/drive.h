/*
 * The service without threads: one loop, run turn by turn in the caller's thread, and clients at
 * the other end of a socket pair.  Everything below accept() is the code that serves.
 */
#ifndef TRIAGE_DRIVE_H
#define TRIAGE_DRIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "service/options.h"
#include "service/service.h"

struct drive {
    struct options options;
    struct service service;
    struct loop *loop;
};

/* drive->options are set by the caller, beginning with options_default. */
enum status drive_init(struct drive *drive, struct error *err);
void drive_release(struct drive *drive);

/*
 * One connection: send bytes, in pieces of at most piece bytes, then shut down the sending side, and
 * append what is answered until the service closes the connection.  False if it does not close it
 * within some hundred turns in which no byte is sent or received.
 */
bool drive_ask(struct drive *drive, const char *bytes, size_t length, size_t piece,
               struct strbuf *answer);

#endif
