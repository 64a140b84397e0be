/*
 * The only door to libmicrohttpd: one loop's share of the connections.
 *
 * The library has no thread here.  The loop waits on http_descriptor for at most
 * http_timeout_ms, calls http_run, and everything else (reading heads and bodies, the
 * handlers, sending) happens inside that call.
 */
#ifndef TRIAGE_HTTP_H
#define TRIAGE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "service/request.h"

/* Past the limit, open only to be told so; of each loop. */
enum { HTTP_SPARE_CONNECTIONS = 256 };

struct http;
struct loop;

struct http *http_new(struct loop *loop, struct error *err);

/* Closes every connection.  No request may be suspended. */
void http_free(struct http *http);

int http_descriptor(const struct http *http);

/* How long the loop may sleep; -1 for ever.  0 after a resume: only a run looks at it. */
int http_timeout_ms(struct http *http, int64_t now_us);
void http_run(struct http *http);
bool http_has_resumed(const struct http *http);

/* Serve a client; its socket is taken. */
void http_add(struct http *http, int client, const struct sockaddr *address,
              socklen_t length);

/* Close, now and then, the connections whose client has left without the library seeing. */
void http_watch(struct http *http, int64_t now_us);

/* Close the connections that have no request. */
void http_shut_idle(struct http *http);

unsigned http_connections(const struct http *http);
/* Whether a client has only just connected and has not asked anything yet. */
bool http_is_fresh(const struct http *http, int64_t now_us);

/* Of a suspended request: have the next run send its answer, or cut it if there is none. */
void http_resume(struct request *request);
int http_socket(const struct request *request);

#endif
