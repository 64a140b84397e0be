/*
 * The suspended requests of one loop: those whose connection libmicrohttpd ignores until their
 * answer is ready.
 *
 * A suspended connection neither times out nor notices that its client has left.  So each waiting
 * request has a deadline here, and its socket is checked.  A client that has shut down only its
 * sending side counts as having left: closing both sides looks the same and is far more common.
 *
 * A request that no longer waits is in the list finished until the loop has resumed it.
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
    struct list waiting;     /* requests without an answer, oldest first */
    struct list finished;    /* requests that the loop has to resume */
    int64_t soonest_us;      /* no deadline in waiting is earlier */
    int64_t checked_us;      /* when the sockets were last checked */
    bool is_closed;          /* no more requests are accepted */
};

void suspended_init(struct suspended *suspended, struct service *service);

/* STATUS_BUSY if --max-jobs requests are waiting, in all loops together. */
enum status suspended_check(const struct suspended *suspended, struct error *err);

/*
 * Let the request wait until its work is done; http/ then suspends its connection.  STATUS_BUSY
 * past a limit, STATUS_INTERRUPTED while the service stops.
 */
enum status suspended_add(struct suspended *suspended, struct request *request,
                          struct error *err);

/* More events and predicted events of a request that waits.  STATUS_BUSY past the limit. */
enum status suspended_add_events(struct suspended *suspended, struct request *request,
                                 uint64_t events, uint64_t predicted, struct error *err);

/* The work is done: if the request was waiting, the loop resumes it. */
void suspended_finish(struct suspended *suspended, struct request *request);

/* The request is about to be freed. */
void suspended_remove(struct suspended *suspended, struct request *request);

/* Take the next request from finished; NULL: none. */
struct request *suspended_next_finished(struct suspended *suspended);

/* Abandon requests whose deadline has passed, with 504, or whose client has left. */
void suspended_watch(struct suspended *suspended, int64_t now_us);

/* Abandon all requests, with 503, and accept no more. */
void suspended_close(struct suspended *suspended);

#endif
