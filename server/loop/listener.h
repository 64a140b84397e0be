/*
 * The listening socket: non-blocking, shared by all loops.
 *
 * It is bound without SO_REUSEPORT, so that a second server on the same port fails instead of
 * taking half of the connections.
 */
#ifndef TRIAGE_LISTENER_H
#define TRIAGE_LISTENER_H

#include "base/error.h"
#include "service/address.h"

/*
 * Listen on the address, and replace it by the one that was bound (port 0 picks a free one).
 * Returns a descriptor, or -1 with err.
 */
int listener_open(struct address *address, struct error *err);

/*
 * Begin no new handshakes, but complete those that have begun.  Closing a listener resets the
 * connections in its backlog.  To lose none: block, wait a moment, accept all of them, close.
 *
 * The kernel then drops packets with a time to live below 255 (IP_MINTTL, made for RFC 5082).
 * Clients send with 64 or 128, so the first packet of their handshake is dropped; the kernel does
 * not check the last one.  A client whose packet was dropped sends it again a second later and
 * finds the port closed.  Unlike a socket filter, this needs no privilege in any container.
 */
void listener_block_new_connections(int listener);

/* Receive packets on a connection that was accepted from a blocked listener: it is blocked too. */
void listener_unblock_connection(int client);

#endif
