/*
 * The whole service: start, drain, stop.  A process may run several servers.
 *
 *     server = server_start(&options, &err);
 *     ... the service answers at server_url(server) ...
 *     server_free(server);
 *
 * The caller must ignore SIGPIPE; nothing here handles signals.
 */
#ifndef TRIAGE_SERVER_H
#define TRIAGE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "service/log.h"
#include "service/options.h"

struct server;

/*
 * Load the models, listen, start the loops.  options is borrowed until server_free.  NULL with err
 * on failure; STATUS_BAD_OPTION if an option cannot be used.
 */
struct server *server_start(const struct options *options, struct error *err);

/*
 * The two parts of server_start, for a program that can be interrupted between them: check the
 * options and load the models; then listen and start the loops.  After a failure the second part
 * may not be called again.
 */
struct server *server_load(const struct options *options, struct error *err);
enum status server_listen(struct server *server, struct error *err);

/*
 * Add the lines of a start: what is served, and which options the machine limits.  memory_limit: bytes
 * that the process may use; 0: no limit.
 */
void server_log_start(const struct server *server, uint64_t memory_limit,
                      struct log *log);

/* How many models are loaded, and how many requests have ended. */
size_t server_models(const struct server *server);
uint64_t server_requests(const struct server *server);

/* "http://127.0.0.1:8080"; borrowed. */
const char *server_url(const struct server *server);

/*
 * Begin to stop: /readyz answers 503 from now on; after --shutdown-delay-ms no more connections are
 * accepted, and accepted requests are finished.  Returns at once; see server_has_ended.
 */
void server_drain(struct server *server);

/* Stop now: unfinished requests are answered with 503. */
void server_hurry(struct server *server);

/* Whether all loops have ended after server_drain. */
bool server_has_ended(const struct server *server);

/* Drain, wait for the end, free everything. */
void server_free(struct server *server);

#endif
