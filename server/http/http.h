/*
 * HTTP for one loop: its share of the connections, served by libmicrohttpd without threads of the
 * library.
 *
 * The loop waits until its poller reports an event, for at most http_timeout_ms, and calls
 * http_run.  Everything else, from reading heads to calling handlers and sending answers, happens
 * in that call.
 */
#ifndef TRIAGE_HTTP_H
#define TRIAGE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/handlers.h"

/* Connections of a loop past the limit that are accepted in order to answer 503. */
enum { HTTP_SPARE_CONNECTIONS = 256 };

struct http;

/* context and handlers are borrowed. */
struct http *http_new(struct context *context, const struct http_handlers *handlers,
                      struct error *err);

/* Closes every connection.  No request may be suspended. */
void http_free(struct http *http);

/*
 * Add the sockets to an epoll descriptor, with tag as the u32 of their events: what the library
 * waits for, and later each stream whose client has to read before it can go on.
 */
enum status http_attach(struct http *http, int poller, uint32_t tag, struct error *err);

/* How long the loop may wait for events; -1: forever. */
int http_timeout_ms(struct http *http, int64_t now_us);

/* Serve what is ready. */
void http_run(struct http *http);

/* Serve requests that have been resumed since the last run, if there are any. */
void http_run_resumed(struct http *http);

/* Serve a client; its socket is taken. */
void http_add(struct http *http, int client, const struct sockaddr *address,
              socklen_t length);

/* Let every stream take and answer lines. */
void http_step_streams(struct http *http, int64_t now_us);

/* Resume the requests of context->suspended.finished: the next run sends their answers. */
void http_resume_finished(struct http *http);

/* End late bodies and heads, and connections whose client has left unnoticed by the library. */
void http_check_connections(struct http *http, int64_t now_us);

/* The service stops: answer requests that are still being received, end streams after a line. */
void http_stop_receiving(struct http *http);

/* End streams without another line, so that nothing stays suspended. */
void http_close_streams(struct http *http);

/* Shut down the connections that are between two requests. */
void http_shut_idle(struct http *http);

unsigned http_connections(const struct http *http); /* that are open */
unsigned http_requests(const struct http *http);    /* that have begun and not ended */

/* When a client connected, or a request began or ended, for the last time. */
int64_t http_active_us(const struct http *http);

/* Whether a client has just connected and has not sent a request yet. */
bool http_has_new_client(const struct http *http, int64_t now_us);

#endif
