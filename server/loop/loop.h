/*
 * An event loop: it runs in one thread, with its own connections and classifiers and without locks.
 *
 * The server makes its loops, runs each in a thread and frees them.  Tests run the iterations of a
 * loop, its turns, one by one instead.
 */
#ifndef TRIAGE_LOOP_H
#define TRIAGE_LOOP_H

#include <sys/socket.h>

#include "base/error.h"
#include "service/service.h"

struct loop;

/* Allocate everything that the loop needs, so that failures are reported before it runs. */
struct loop *loop_new(struct service *service, struct error *err);

/* The loop must not be running. */
void loop_free(struct loop *loop);

/* Serve until the service drains and every accepted request is answered. */
void loop_run(struct loop *loop);

/* Wake the loop, so that it sees that the service drains.  May be called from any thread. */
void loop_notify(struct loop *loop);

/* ---- for tests ------------------------------------------------------------------------- */

/* One turn: wait until there is something to do, and do it. */
void loop_turn(struct loop *loop);

/* Serve a client that the caller has accepted.  The socket is taken: the loop closes it. */
void loop_add(struct loop *loop, int client, const struct sockaddr *address,
              socklen_t length);

unsigned loop_connections(const struct loop *loop); /* that are open */
unsigned loop_requests(const struct loop *loop);    /* that have begun and not ended */

#endif
