/*
 * The requests of one loop that are suspended until their work is done.
 *
 * The library forgets them meanwhile, so here they have a deadline, and their sockets are
 * looked at for clients that have left.  One that has shut its sending side counts as having
 * left: a client that is gone says no more than that, and its work would be done for nobody.
 */
#ifndef TRIAGE_SUSPENDED_H
#define TRIAGE_SUSPENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "service/request.h"
#include "service/service.h"

struct suspended {
    struct service *service;  /* counts them all */
    struct request_list list; /* oldest first */
    int64_t soonest_us;       /* no deadline of them is before that */
    int64_t watched_us;
    bool is_closed; /* takes no more */
};

/* STATUS_BUSY when as many wait, in all loops, as may. */
enum status suspended_check(const struct suspended *waiting, struct error *err);

/* False with err when it takes no more. */
bool suspended_add(struct suspended *waiting, struct request *request,
                   void (*abandon)(struct request *request), struct error *err);

/* The request waits no more; nothing to do when it did not. */
void suspended_remove(struct suspended *waiting, struct request *request);

/* The same, and its work is given up. */
void suspended_abandon(struct suspended *waiting, struct request *request);

/* Answer 504, saying whose deadline passed. */
void suspended_answer_late(struct request *request);

/* Give up, now and then, those whose client has left or whose deadline has passed. */
void suspended_watch(struct suspended *waiting, int64_t now_us);

/* Give up all, saying that the service stops, and take no more. */
void suspended_close(struct suspended *waiting);

#endif
