/*
 * The running service, asked over sockets: it runs inside the test, on a port of its own.
 *
 *   openapi   /openapi.json itself; main.c validates every answer of every suite against it
 *   cases     every folder of tests/http/cases: what is sent, what must come back
 *   framing   the MUSTs of HTTP/1.1, by raw bytes, and what the library gets wrong of them
 *   headers   what stands in the heads of answers: ids, and where the time went
 *   bodies    sizes, speeds and shapes of what is sent
 *   waiting   histories that take more than one slice, and who waits for them
 *   stopping  what is in flight, idle or queued when it is told to stop
 *   streams   histories by the line, answered while they come in
 *   options   the table of options in server/README.md
 *   loops     where the threads run
 *   limits    deadlines and limits of its clients, and the traces they take part in
 *   counters  counters and the Prometheus text format, without a server
 *   metrics   GET /metrics after known requests and under load
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
    X(framing)                                                                           \
    X(headers)                                                                           \
    X(bodies)                                                                            \
    X(waiting)                                                                           \
    X(stopping)                                                                          \
    X(limits)                                                                            \
    X(streams)                                                                           \
    X(options)                                                                           \
    X(loops)                                                                             \
    X(counters)                                                                          \
    X(metrics)

#define SUITE_DECLARATION(room) Suite *room##_suite(void);
SUITES(SUITE_DECLARATION)
#undef SUITE_DECLARATION

/* The settings of the server under test, to be changed before serve(). */
extern struct options settings;

/* What it answers at, once serve() has started it. */
extern struct server *server;
const char *url(void);

/* Its /openapi.json, which every answer is held against. */
extern json_t *document;

/* The items of a table, as a loop test counts them. */
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* A fixture: defaults for a test into settings; end what was served. */
void set_up(void);
void tear_down(void);

/* Start it; the test fails when that does. */
void serve(void);

/* A history of that many events of the lesson, as the text of a request; free() it. */
char *history_of(size_t events);

/* The number after "name": in the answer of /readyz?verbose. */
unsigned gauge(const char *name);

/* Wait until a gauge has a value; false when it has not within 10 s. */
bool gauge_becomes(const char *name, unsigned value);

#endif
