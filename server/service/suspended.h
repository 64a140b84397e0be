/*
 * The suspended requests of one loop: those whose connection libmicrohttpd ignores until their
 * answer is ready.
 *
 * A suspended connection neither times out nor notices that its client has left.  So each request
 * that waits has a deadline here, and its socket is checked for a client that has left.  A client
 * that has closed only its sending side counts as having left: closing both sides looks the same
 * and is far more common.
 *
 * Requests that no longer wait are in a second list until the loop has resumed them.
 */
#ifndef TRIAGE_SUSPENDED_H
#define TRIAGE_SUSPENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "service/request.h"
#include "service/service.h"

struct suspended {
    struct service *service; /* counts the waiting requests and events of all loops */
    struct list waiting;     /* oldest first */
    struct list finished;    /* to be resumed */
    int64_t soonest_us;      /* no deadline is earlier */
    int64_t checked_us;      /* when the sockets were last checked */
    bool is_closed;          /* no more requests are accepted */
};

void suspended_init(struct suspended *suspended, struct service *service);

/* STATUS_BUSY if as many requests wait, in all loops together, as are allowed. */
enum status suspended_check(const struct suspended *suspended, struct error *err);

/* Let the request wait until its work is done; its connection is to be suspended. */
enum status suspended_add(struct suspended *suspended, struct request *request,
                          struct error *err);

/* The work is done: if the request was waiting, it is to be resumed. */
void suspended_finish(struct suspended *suspended, struct request *request);

/* The request is about to be freed. */
void suspended_remove(struct suspended *suspended, struct request *request);

/* The next request to be resumed, which leaves the list; NULL: none. */
struct request *suspended_next_finished(struct suspended *suspended);

/* Abandon requests whose deadline has passed (504) or whose client has left. */
void suspended_watch(struct suspended *suspended, int64_t now_us);

/* Abandon all requests, with 503, and accept no more. */
void suspended_close(struct suspended *suspended);

#endif
