/*
 * One thread that serves: its connections, its classifiers, no lock.
 *
 * The server makes and frees a loop and runs it in a thread.  Tests run it turn by turn instead.
 */
#ifndef TRIAGE_LOOP_H
#define TRIAGE_LOOP_H

#include <sys/socket.h>

#include "base/error.h"
#include "service/service.h"

struct loop;

/* Allocate everything that it needs, so that failures are reported before it runs. */
struct loop *loop_new(struct service *service, struct error *err);

/* The loop no longer runs. */
void loop_free(struct loop *loop);

/* Serve until the service drains and every accepted request is answered. */
void loop_run(struct loop *loop);

/* Make the loop look at the service again.  May be called from any thread. */
void loop_notify(struct loop *loop);

/* ---- for tests ------------------------------------------------------------------------- */

/* Wait until there is something to do, and do it. */
void loop_turn(struct loop *loop);

/* Serve a client that was not accepted from the listener; its socket is taken. */
void loop_add(struct loop *loop, int client, const struct sockaddr *address,
              socklen_t length);

unsigned loop_connections(const struct loop *loop); /* that are open */
unsigned loop_requests(const struct loop *loop);    /* that have begun and not ended */

#endif
