/*
 * The socket that new connections come from: one for all loops, never blocking.
 *
 * It is bound without SO_REUSEPORT, so that a second server on the same port fails instead
 * of taking half of the connections.
 */
#ifndef TRIAGE_LISTENER_H
#define TRIAGE_LISTENER_H

#include "address.h"
#include "base/status.h"

/*
 * Listen on address and put the one really bound (port 0 picks one) back into it.  A
 * descriptor, or -1 with err.
 */
int listener_open(struct address *address, struct error *err);

/*
 * Let no new connection begin, while those that have begun may still be accepted: closing a
 * listener resets what is in its backlog, so it is silenced, emptied, then closed.
 */
void listener_silence(int listener);

#endif
