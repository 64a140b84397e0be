/*
 * The socket that new connections come from: non-blocking, shared by all loops.
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
 * Refuse new connections, but keep those whose handshake has begun.  Closing a listener resets the
 * connections in its backlog, so before that it is silenced and then emptied.
 *
 * This sets a minimum time to live (RFC 5082) that no packet of a client has.  The first packet of a
 * connection is then dropped; the last one of a handshake is not checked.  It needs no privilege,
 * unlike a socket filter in some containers.  A client whose packet was dropped tries again a second later
 * and finds the port closed.
 */
void listener_block_new_connections(int listener);

/* Undo that for a connection accepted from a silenced listener, which inherits it. */
void listener_unblock_connection(int client);

#endif
