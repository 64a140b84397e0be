/*
 * The whole service as functions: start, drain, stop.  Several may run in one process.
 *
 *     server = server_start(&options, &err);
 *     ... server_url(server) answers ...
 *     server_free(server);
 *
 * SIGPIPE must be ignored by the caller; signals are otherwise no business of this room.
 */
#ifndef TRIAGE_SERVER_H
#define TRIAGE_SERVER_H

#include <stdbool.h>

#include "base/error.h"
#include "service/options.h"

struct server;

/*
 * Load the models, listen, start the loops.  options is borrowed until server_free.  NULL
 * with err: STATUS_BAD_OPTION for what the options cannot be, else what failed.
 */
struct server *server_start(const struct options *options, struct error *err);

/* "http://127.0.0.1:8080"; borrowed. */
const char *server_url(const struct server *server);

/*
 * Begin to stop: not ready at once, then accept no more, finish what was accepted.  Returns
 * at once; server_has_ended says when all is done.
 */
void server_drain(struct server *server);

/* Stop now: what still waits is answered with 503. */
void server_hurry(struct server *server);

bool server_has_ended(const struct server *server);

/* Drain, wait for the end, free everything. */
void server_free(struct server *server);

#endif
