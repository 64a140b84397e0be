/*
 * The service without threads: one loop, turned by hand, and clients at the other end of a
 * socket pair.  What is sent is answered by the very code that serves, in the caller's thread.
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

/* options are read from the drive: fill them, with options_default first. */
enum status drive_init(struct drive *drive, struct error *err);
void drive_release(struct drive *drive);

/*
 * One connection: send bytes, in pieces of at most piece, then nothing more, and append
 * what is answered until the service ends the connection.  False when it does not, in some
 * hundred turns without a byte either way.
 */
bool drive_ask(struct drive *drive, const char *bytes, size_t length, size_t piece,
               struct strbuf *answer);

#endif
