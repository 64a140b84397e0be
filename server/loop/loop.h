/*
 * One thread that serves: its connections, its classifiers, no lock.
 *
 * Made and freed by the server; run by a thread of its own in between.  What is below the
 * line is for the rooms that work inside a turn of it.
 */
#ifndef TRIAGE_LOOP_H
#define TRIAGE_LOOP_H

#include <stdbool.h>

#include "base/error.h"
#include "service/log.h"
#include "service/registry.h"
#include "service/request.h"
#include "service/service.h"

struct exchanges;
struct http;
struct batcher;
struct context;
struct loop;
struct streaming;
struct suspended;

/* Everything it needs, so that a failure is seen before it runs. */
struct loop *loop_new(struct service *service, struct error *err);

/* It does not run any more. */
void loop_free(struct loop *loop);

/* Serve until the service drains and nothing that was accepted is left. */
void loop_run(struct loop *loop);

/* One turn of that: wait until there is something to do, and do it. */
void loop_turn(struct loop *loop);

/* From any thread: look at the service again. */
void loop_notify(struct loop *loop);

/* ------------------------------------------------------------------------------------ */

struct context *loop_context(struct loop *loop);
struct service *loop_service(struct loop *loop);
struct registry *loop_registry(struct loop *loop); /* the snapshot it serves */
struct http *loop_http(struct loop *loop);
struct exchanges *loop_exchanges(struct loop *loop);
struct log *loop_log(struct loop *loop);
struct counters *loop_counters(struct loop *loop);

/* Of the model at that place in the registry. */
struct batcher *loop_batcher(struct loop *loop, size_t index);

struct suspended *loop_suspended(struct loop *loop);
struct streaming *loop_streaming(struct loop *loop);

/* Have a turn when that socket takes more. */
void loop_watch_output(struct loop *loop, int client);

#endif
