/*
 * The suites of the tests over HTTP.  The service runs inside the test program, on a port of its
 * own.
 *
 *   openapi    the OpenAPI document; main.c validates every answer of every suite against it
 *   cases      the folders of tests/http/cases: a request and the answer that it must get
 *   targets    equivalent paths, and the values of Content-Type and Content-Encoding
 *   framing    the rules of HTTP/1.1, with raw bytes, and where the library breaks them
 *   headers    headers of answers: request ids and Server-Timing
 *   bodies     sizes, speeds and shapes of request bodies
 *   codings    bodies compressed with gzip and deflate
 *   origins    web pages of other origins, and other names of the service
 *   refused    requests that the library refuses by itself
 *   suspended  histories that take more than one slice, and the requests beside them
 *   stopping   requests and connections of each state while the service stops
 *   limits     deadlines and limits of clients, and trace headers
 *   streams    NDJSON requests: each line is answered while more arrive
 *   includes   optional members of an answer, and their limits
 *   forecasts  POST /forecast: its members, limits, deadlines, and the requests beside it
 *   options    the table of options in server/README.md
 *   addresses  addresses of clients as they are logged
 *   loops      the CPUs of the threads
 *   counters   counters and the Prometheus text format, without a server
 *   metrics    GET /metrics after known requests and under load
 */
#ifndef TRIAGE_SUITES_H
#define TRIAGE_SUITES_H

#include <check.h>
#include <jansson.h>
#include <stddef.h>

#include "loop/server.h"
#include "service/options.h"
#include "support/client.h"

#define SUITES(X)                                                                        \
    X(openapi)                                                                           \
    X(cases)                                                                             \
    X(targets)                                                                           \
    X(framing)                                                                           \
    X(headers)                                                                           \
    X(bodies)                                                                            \
    X(codings)                                                                           \
    X(origins)                                                                           \
    X(refused)                                                                           \
    X(suspended)                                                                         \
    X(stopping)                                                                          \
    X(limits)                                                                            \
    X(streams)                                                                           \
    X(includes)                                                                          \
    X(forecasts)                                                                         \
    X(options)                                                                           \
    X(addresses)                                                                         \
    X(loops)                                                                             \
    X(counters)                                                                          \
    X(metrics)

#define SUITE_DECLARATION(name) Suite *name##_suite(void);
SUITES(SUITE_DECLARATION)
#undef SUITE_DECLARATION

/* The settings of the server under test.  Change them before serve(). */
extern struct options settings;

/* The server and its URL, after serve(). */
extern struct server *server;
const char *url(void);

/* Its OpenAPI document, which every answer is validated against. */
extern json_t *document;

/* The number of items of a table, as an argument of tcase_add_loop_test. */
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* A fixture: set_up sets the defaults for tests; tear_down stops the server. */
void set_up(void);
void tear_down(void);

/*
 * The same, for models/orders.safetensors, a model of the task next: placed, then paid, packed one to three
 * times and shipped or refunded, or cancelled.
 */
void set_up_orders(void);

/* Start the server; fails the test if it does not start. */
void serve(void);

void pause_ms(long ms);

/* The body of a request with a history of that many events of the lesson; free() it. */
char *history_of(size_t events);

/* {"events": ["placed", "packed", ...]} of that many events, and a member before the brace; free() it. */
char *orders_of(size_t events, const char *member);

/* The number after "name": in the answer to GET /readyz?verbose. */
unsigned gauge(const char *name);

/* Wait until a gauge has a value; false after 10 s. */
bool gauge_becomes(const char *name, unsigned value);

#endif
