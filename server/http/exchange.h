/*
 * An exchange is one request, from its head to the last byte of its answer.
 *
 * The functions here do not call libmicrohttpd.  http.c tells them what has arrived, and they
 * return what it has to do next (enum exchange_action).  What the library cannot do:
 *
 *   - It can send an answer when the head is complete or when the body is complete, but not in
 *     between, and an answer after the head closes the connection.  Many clients read only when
 *     they have sent everything, so the body of a request that is refused early is received and
 *     discarded first.  If it is too long or too slow for that, the answer is written to the
 *     socket and the connection is cut.
 *   - It neither polls a suspended connection nor lets it time out; see suspended.h.
 *
 * Compressed bodies are decoded by a slice a turn, so that they do not delay other requests; their
 * connections are suspended meanwhile, and receive no more.
 */
#ifndef TRIAGE_EXCHANGE_H
#define TRIAGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/random.h"
#include "http/head.h"
#include "http/response.h"
#include "service/context.h"
#include "service/request.h"

struct MHD_Connection;

/* The functions that handle requests; the loop passes those of api/. */
struct http_handlers {
    /* The head is complete: find the route and set is_stream, or answer. */
    void (*route)(const struct context *context, struct request *request);

    /*
     * The body is complete: answer, or add the request to context->suspended until it has an
     * answer.  For a stream only the head is complete: prepare for step_stream, or answer.
     */
    void (*handle)(struct context *context, struct request *request);

    /* Take lines from request->body, and add their answers to request->answer. */
    enum stream_state (*step_stream)(struct request *request);

    /* Answer the lines that have begun, then one more line with that error, then end. */
    void (*stop_stream)(struct request *request, const struct error *err);
};

struct exchange {
    struct request request;
    struct MHD_Connection *connection; /* only http.c uses it */
    struct list_link link;             /* in exchanges.receiving or exchanges.streams */
    int64_t body_by_us;                /* deadline of the body */
    bool is_receiving;                 /* the body; in exchanges.receiving */
    bool is_discarding;                /* the rest of the body is received but not kept */
    bool is_suspended;                 /* the connection is suspended */
    bool is_cut;                       /* answered on the socket, not by the library */
    struct content_decoder *decoder;   /* of the body; NULL: it is not compressed */
    struct list_link decoding_link;    /* in exchanges.decoding */

    /* Only for streams. */
    struct chunked_response chunked;
    enum chunked_state chunked_state; /* after the last step */
    bool has_failed;                  /* nothing more is answered */
    bool wants_input;                 /* the lines that were decoded have been taken */
    struct error *body_error;         /* told after the lines before it; NULL: none */
    uint64_t progress_bytes;          /* request.streamed_bytes at progress_us */
    int64_t progress_us;              /* when bytes were last sent, or none waited */
};

/* The exchanges of one loop. */
struct exchanges {
    struct context *context;
    const struct http_handlers *handlers;
    struct random random;  /* for request ids and traces */
    struct list receiving; /* exchanges whose body is being received */
    struct list streams;
    struct list decoding; /* exchanges that are suspended while their body is decoded */
    size_t decoded_bytes; /* of compressed bodies, since http.c has set it to 0 */
    int64_t soonest_us;   /* no deadline in receiving is earlier */
    unsigned count;       /* exchanges that have begun and not ended */
    int64_t active_us;    /* when a client last connected or a request began or ended */
};

/* What http.c has to do with the exchange's connection. */
enum exchange_action {
    EXCHANGE_GO_ON,   /* nothing */
    EXCHANGE_ANSWER,  /* send the answer */
    EXCHANGE_SUSPEND, /* suspend it until it is resumed */
    EXCHANGE_CUT      /* close it without an answer from the library */
};

void exchanges_init(struct exchanges *exchanges, struct context *context,
                    const struct http_handlers *handlers);

/* NULL if memory has run out.  target is the request target without the query. */
struct exchange *exchange_new(struct MHD_Connection *connection, int socket,
                              const char *method, const char *target);

/* The head is complete.  is_spare: the connection is past a limit, so only probes are served. */
enum exchange_action exchange_begin(struct exchanges *exchanges,
                                    struct exchange *exchange, const struct head *head,
                                    const char *version, const char *target,
                                    bool is_spare);

/* A part of the body has arrived; bytes is 0 when the body is complete and after a resume. */
enum exchange_action exchange_receive(struct exchanges *exchanges,
                                      struct exchange *exchange, const char *data,
                                      size_t bytes);

/*
 * A compressed body that has been received, in exchanges.decoding: decode a slice of it.
 * EXCHANGE_GO_ON when the rest of the body can be received.
 */
enum exchange_action exchange_step_decoding(struct exchanges *exchanges,
                                            struct exchange *exchange);

/* Whether as much has been decoded as is allowed in a row: the rest has to wait. */
bool exchanges_have_decoded(const struct exchanges *exchanges);

/* Whether the next turn has more to decode of a stream's body. */
bool exchange_is_decoding(const struct exchange *exchange);

/* Let a stream take and answer lines.  EXCHANGE_CUT when it has ended. */
enum exchange_action exchange_step_stream(struct exchanges *exchanges,
                                          struct exchange *exchange, int64_t now_us);

/* The exchange has ended, with or without an answer: count it, log it, free it. */
void exchange_complete(struct exchanges *exchanges, struct exchange *exchange,
                       bool is_delivered);

/* A head is late: answer 408 on the socket and shut the socket down. */
void exchange_refuse_late_head(struct exchanges *exchanges, int socket);

/* What the library says about a request that it refuses by itself. */
struct refusal {
    int code;         /* HTTP status of its answer */
    const char *page; /* body of its answer, a page of HTML */
};

/*
 * The library is about to answer a request whose head it refuses: answer on the socket and shut the
 * socket down.  socket -1: it is not known; count and log the refusal only.
 */
void exchange_refuse_head(struct exchanges *exchanges, int socket, const char *target,
                          const struct refusal *refusal);

/* The same for the rest of the body of an exchange. */
void exchange_refuse_rest(struct exchanges *exchanges, struct exchange *exchange,
                          const struct refusal *refusal);

/*
 * exchange_new has failed: fill in an exchange of the caller, without allocating, that has the
 * answer 503.  It is not counted as a request and needs no exchange_complete.
 */
void exchange_refuse_without_memory(struct exchanges *exchanges,
                                    struct exchange *substitute);

/* No deadline of a body is earlier than this; INT64_MAX: there is none. */
int64_t exchanges_deadline_us(const struct exchanges *exchanges);

/* Answer 408 to requests whose body is late, and cut their connections. */
void exchanges_expire(struct exchanges *exchanges, int64_t now_us);

/* The service stops: answer 503 where the body is incomplete, cut, and stop the streams. */
void exchanges_stop(struct exchanges *exchanges);

#endif
