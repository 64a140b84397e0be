/*
 * The exchanges of one loop: a request, from its head to the last byte of its answer.
 *
 * http.c tells what has come, and does what it is told to do next.  Nothing in this room knows
 * the library, but it keeps to what the library can do:
 *
 *   - An answer can be sent with the head or with the end of a request, not in between, and one
 *     that is sent with the head ends the connection.  So what is refused is read to its end and
 *     thrown away, within bounds, and past them answered on the bare socket and cut.
 *   - A suspended connection is in nobody's poll set and never times out by itself.
 */
#ifndef TRIAGE_EXCHANGE_H
#define TRIAGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "http/guard.h"
#include "service/request.h"
#include "service/service.h"

struct exchanges {
    struct loop *loop;
    struct service *service;
    struct random random;          /* of request ids and traces */
    struct request_list receiving; /* bodies */
    int64_t soonest_us;            /* no deadline of theirs is before that */
    unsigned count;                /* begun and not ended */
    int64_t active_us;             /* when a client came, or one began or ended */
};

enum exchange {
    EXCHANGE_ON,      /* there is more to come */
    EXCHANGE_ANSWER,  /* send its answer */
    EXCHANGE_SUSPEND, /* look at its connection no more, until it is resumed */
    EXCHANGE_CUT      /* close its connection */
};

void exchanges_init(struct exchanges *exchanges, struct loop *loop);

/* The head has come; is_spare: on a connection too many, for probes only. */
enum exchange exchange_begin(struct exchanges *exchanges, struct request *request,
                             const struct head *head, const char *version,
                             const char *target, bool is_spare);

/* Some of the body has come; with no bytes: its end, or its connection was resumed. */
enum exchange exchange_go_on(struct exchanges *exchanges, struct request *request,
                             const char *data, size_t bytes);

/* A head has begun and does not end: answer on the bare socket, and shut it. */
void exchange_refuse_late_head(struct exchanges *exchanges, int socket);

/* There is no memory for a request: answer with one that needs none. */
void exchange_refuse_without_memory(struct exchanges *exchanges, struct request *none);

/* It has ended one way or the other: count it, log it, free it. */
void exchange_complete(struct exchanges *exchanges, struct request *request,
                       bool is_delivered);

/* No body's deadline is before that; INT64_MAX when none is awaited. */
int64_t exchanges_deadline_us(const struct exchanges *exchanges);

/* End the uploads whose time is over. */
void exchanges_expire(struct exchanges *exchanges, int64_t now_us);

/* End all uploads, saying that the service stops. */
void exchanges_stop_receiving(struct exchanges *exchanges);

#endif
