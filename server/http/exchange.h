/*
 * Exchanges: a request from its head to the last byte of its answer, without the library.
 *
 * http.c reports what has arrived and is told what to do next (enum exchange_action).  That is
 * limited by what libmicrohttpd can do:
 *
 *   - An answer can be sent with the head or at the end of a request, not in between, and one
 *     that is sent with the head ends the connection.  A client that is still sending does not
 *     read, so a request that is refused early is read to its end and discarded.  Past a bound
 *     it is answered on its socket and the connection is cut.
 *   - A suspended connection is in no poll set and never times out.
 */
#ifndef TRIAGE_EXCHANGE_H
#define TRIAGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/random.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/response.h"

struct MHD_Connection;

struct exchange {
    struct request request;
    struct MHD_Connection *connection; /* only http.c uses it */
    struct list_link link;             /* in receiving or streams */
    int64_t body_by_us;                /* deadline of the body */
    bool is_receiving;
    bool is_discarding; /* what arrives of the body is thrown away */
    bool is_suspended;  /* its connection is */
    bool is_cut;        /* answered on the socket, not by the library */

    /* Of a stream. */
    struct chunked_response chunked;
    enum chunked_state chunked_state;
    bool has_failed;         /* nothing more is answered */
    uint64_t observed_bytes; /* request.streamed_bytes and */
    int64_t observed_us;     /* when they last changed */
};

/* Those of one loop. */
struct exchanges {
    struct context *context;
    const struct http_handlers *handlers;
    struct random random;  /* of request ids and traces */
    struct list receiving; /* exchanges whose body is being received */
    struct list streams;
    int64_t soonest_us; /* no deadline of a body is earlier */
    unsigned count;     /* begun and not ended */
    int64_t active_us;  /* when a client connected, or a request began or ended */
};

/* What http.c has to do with the exchange's connection. */
enum exchange_action {
    EXCHANGE_GO_ON,   /* nothing */
    EXCHANGE_ANSWER,  /* send the answer */
    EXCHANGE_SUSPEND, /* suspend it until it is resumed */
    EXCHANGE_CUT      /* close it */
};

void exchanges_init(struct exchanges *exchanges, struct context *context,
                    const struct http_handlers *handlers);

/* NULL if memory has run out.  target is the request target, without its query. */
struct exchange *exchange_new(struct MHD_Connection *connection, int socket,
                              const char *method, const char *target);

/* The head is complete.  is_spare: the connection is past a limit, so only probes are served. */
enum exchange_action exchange_begin(struct exchanges *exchanges,
                                    struct exchange *exchange, const struct head *head,
                                    const char *version, const char *target,
                                    bool is_spare);

/* A part of the body has arrived.  bytes is 0 at its end and after a resume. */
enum exchange_action exchange_receive(struct exchanges *exchanges,
                                      struct exchange *exchange, const char *data,
                                      size_t bytes);

/* Let a stream take and answer lines; EXCHANGE_CUT when it has ended. */
enum exchange_action exchange_step_stream(struct exchanges *exchanges,
                                          struct exchange *exchange, int64_t now_us);

/* It has ended, in whatever way: count it, log it, free it. */
void exchange_complete(struct exchanges *exchanges, struct exchange *exchange,
                       bool is_delivered);

/* A head has begun and is late: answer on the socket and shut it down. */
void exchange_refuse_late_head(struct exchanges *exchanges, int socket);

/* There was no memory for an exchange: make one on the stack that is answered with 503. */
void exchange_refuse_without_memory(struct exchanges *exchanges, struct exchange *none);

/* No body's deadline is earlier; INT64_MAX if there is none. */
int64_t exchanges_deadline_us(const struct exchanges *exchanges);

/* Answer the requests whose body is late, and cut them. */
void exchanges_expire(struct exchanges *exchanges, int64_t now_us);

/* The service stops: answer the requests whose body is not complete, and cut them. */
void exchanges_stop(struct exchanges *exchanges);

#endif
