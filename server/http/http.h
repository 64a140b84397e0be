/*
 * HTTP for one loop: its connections, served by libmicrohttpd in the thread of the loop.
 *
 * The loop waits until its poller reports an event, for at most http_timeout_ms, and calls
 * http_run, which reads heads and bodies, calls the handlers and sends answers.  It then calls the
 * other functions below, for what the library does not do: streams, suspended requests, deadlines.
 */
#ifndef TRIAGE_HTTP_H
#define TRIAGE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/exchange.h"

/*
 * Connections past the limit that each loop accepts: health routes and /metrics are answered there,
 * everything else gets 503.
 */
enum { HTTP_SPARE_CONNECTIONS = 256 };

struct http;

/* context and handlers are borrowed. */
struct http *http_new(struct context *context, const struct http_handlers *handlers,
                      struct error *err);

/* Closes every connection.  No request may be suspended. */
void http_free(struct http *http);

/*
 * Make poller, an epoll descriptor, report what the library waits for, and later when a blocked
 * stream can send again.  These events have data.u32 set to tag; they need no other action than
 * the calls that the loop makes in every turn.
 */
enum status http_attach(struct http *http, int poller, uint32_t tag, struct error *err);

/* How long the loop may wait for events, in ms; -1: forever. */
int http_timeout_ms(struct http *http, int64_t now_us);

/* Serve the sockets that are ready. */
void http_run(struct http *http);

/* If requests have been resumed since the last http_run, call it again: it sends their answers. */
void http_run_resumed(struct http *http);

/* Serve a client that was accepted.  The socket is taken: the library closes it. */
void http_add(struct http *http, int client, const struct sockaddr *address,
              socklen_t length);

/*
 * Decode a slice of every compressed body.  Let every stream take lines from its body and send the
 * answers of lines that have ended.
 */
void http_step_bodies(struct http *http, int64_t now_us);

/* Resume the requests in context->suspended.finished. */
void http_resume_finished(struct http *http);

/*
 * Answer 408 to heads and bodies past their deadline.  Close the connections of clients that have
 * left, where the library has not noticed.
 */
void http_check_connections(struct http *http, int64_t now_us);

/* The service stops: answer 503 to bodies that are incomplete, and stop streams with an error. */
void http_stop_receiving(struct http *http);

/*
 * End all streams and all bodies that are decoded at once, without another line or answer, so that
 * no connection stays suspended.
 */
void http_close_bodies(struct http *http);

/* Shut down the connections that are between two requests. */
void http_shut_idle(struct http *http);

unsigned http_connections(const struct http *http); /* that are open */
unsigned http_requests(const struct http *http);    /* that have begun and not ended */

/* When a client last connected, or a request last began or ended. */
int64_t http_active_us(const struct http *http);

/* Whether a client has connected less than a second ago and has not sent a request yet. */
bool http_has_new_client(const struct http *http, int64_t now_us);

#endif
