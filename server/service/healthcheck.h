/* triaged --healthcheck: ask a running server, over a plain socket, whether it is ready. */
#ifndef TRIAGE_HEALTHCHECK_H
#define TRIAGE_HEALTHCHECK_H

#include "base/error.h"

/* listen is the option of the server that is asked.  STATUS_OK when it is ready. */
enum status healthcheck(const char *listen, struct error *err);

#endif
