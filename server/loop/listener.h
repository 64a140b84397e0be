/*
 * The socket that new connections come from: one for all loops, never blocking.
 *
 * It is bound without SO_REUSEPORT, so that a second server on the same port fails instead
 * of taking half of the connections.
 */
#ifndef TRIAGE_LISTENER_H
#define TRIAGE_LISTENER_H

#include "base/error.h"
#include "service/address.h"

/*
 * Listen on address and put the one really bound (port 0 picks one) back into it.  A
 * descriptor, or -1 with err.
 */
int listener_open(struct address *address, struct error *err);

/*
 * Let no new connection begin, while those that have begun may still be accepted: closing a
 * listener resets what is in its backlog, so it is silenced, emptied, then closed.
 *
 * Done by a least time to live (RFC 5082) that no client's packets have: the first packet of a
 * connection is dropped, the last one of a handshake is not looked at that way.  It needs no
 * privilege, where a socket filter does in some containers.  Clients try again a second later and
 * find the port closed.
 */
void listener_silence(int listener);

/* A connection accepted from a silenced listener has inherited the silence; take it away. */
void listener_unsilence(int client);

#endif
