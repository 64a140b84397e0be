/*
 * A turn is one iteration of the loop: wait for sockets, accept a few clients, let libmicrohttpd
 * receive, send and call its callbacks, advance each active batch by a slice, let the streams take
 * and answer lines, resume the requests that have an answer, and check deadlines.
 *
 * Design notes:
 *
 *   1. The loop calls MHD_run.  libmicrohttpd's own epoll thread (0.9.75) stalls when exactly as
 *      many sockets are ready as its array of events holds.
 *   2. A suspended connection neither times out nor notices that its client has left.  So each
 *      suspended request has its own deadline, and suspended_watch checks the sockets.  If a client
 *      shuts down its sending side while its request is suspended, it counts as having left,
 *      because closing both sides looks the same and is far more common.  Answers that are ready
 *      at once are still sent to such a client.
 *   3. Only MHD_run looks at a resumed connection, so a turn that has resumed one calls MHD_run
 *      once more before the next turn waits.
 *   4. A slice limits the delay: beside a history of 5,000 events the others wait for one slice
 *      at most, not for all of it.
 *   5. libmicrohttpd cannot be stopped while a connection is suspended.  To stop: answer /readyz
 *      with 503, keep serving for --shutdown-delay-ms, stop accepting, wait until all requests
 *      are answered or --drain-timeout-ms is over, resume what is still suspended with 503, stop
 *      the library, join the threads, free the models.
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/handlers.h"
#include "api/router.h"
#include "api/stream.h"
#include "http/http.h"
#include "loop/listener.h"
#include "service/clock.h"
#include "service/context.h"

enum {
    EVENTS_MAX = 4,  /* events taken from the poller per turn */
    ACCEPTS_MAX = 8, /* clients accepted per turn, so that other loops get some too */
    EXHAUSTED_US = 100 * MICROS_PER_MS, /* pause in accepting after descriptors ran out */
    DRAIN_WAIT_MS = 10,                 /* longest wait of a turn while stopping */
    HANDSHAKES_US = 50 * MICROS_PER_MS, /* for handshakes that have begun to complete */
    QUIET_US = 200 * MICROS_PER_MS,     /* without traffic: idle connections are closed */
    LAST_ANSWERS_US = 1 * MICROS_PER_SECOND /* to send 503 after the drain timeout */
};

/* The descriptors in the poller. */
enum event { EVENT_HTTP, EVENT_LISTENER, EVENT_NOTIFIER };

struct loop {
    struct context context;
    struct http *http;
    struct arena arena; /* of the counters */
    int poller, notifier;
    bool is_listening;          /* counted in service->listening */
    size_t next_forecasts;      /* the queue that is stepped first */
    int64_t exhausted_until_us; /* no free descriptors: accept again then; 0: accepting */
};

static const struct http_handlers handlers = {
    .route = router_find,
    .handle = router_handle,
    .step_stream = stream_step,
    .stop_stream = stream_stop,
};

static bool watch(struct loop *loop, int descriptor, uint32_t events, enum event tag)
{
    struct epoll_event event = {.events = events, .data.u32 = tag};
    return epoll_ctl(loop->poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool watch_listener(struct loop *loop)
{
    /* Exclusive: a new client wakes one loop, not all. */
    return watch(loop, loop->context.service->listener, EPOLLIN | EPOLLEXCLUSIVE,
                 EVENT_LISTENER);
}

static enum status open_poller(struct loop *loop, struct error *err)
{
    struct service *service = loop->context.service;
    loop->poller = epoll_create1(EPOLL_CLOEXEC);
    loop->notifier = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->poller < 0 || loop->notifier < 0 ||
        !watch(loop, loop->notifier, EPOLLIN, EVENT_NOTIFIER) || !watch_listener(loop))
        return error_set(err, STATUS_IO, "", "could not create a poller: %s",
                         strerror(errno));
    RETURN_IF_ERROR(http_attach(loop->http, loop->poller, EVENT_HTTP, err));
    atomic_fetch_add(&service->listening, 1);
    loop->is_listening = true;
    return STATUS_OK;
}

/* The batcher and the forecast queue of each model. */
static enum status make_queues(struct loop *loop, struct error *err)
{
    struct context *context = &loop->context;
    const struct options *options = context->options;
    size_t count = registry_count(context->registry);
    context->batchers = calloc(count, sizeof(struct batcher *));
    context->forecasts = calloc(count, sizeof(struct forecast_queue *));
    if (!context->batchers || !context->forecasts)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct model *model = registry_at(context->registry, i)->model;
        struct model_counters *counters = &context->counters->models[i];
        context->batchers[i] =
            batcher_new(model, counters, options->max_rows, options->max_events, err);
        if (!context->batchers[i])
            return err ? err->status : STATUS_NO_MEMORY;
        context->forecasts[i] = forecast_queue_new(model, counters, options, err);
        if (!context->forecasts[i])
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status open_loop(struct loop *loop, struct error *err)
{
    struct context *context = &loop->context;
    loop->http = http_new(context, &handlers, err);
    if (!loop->http)
        return err ? err->status : STATUS_NO_MEMORY;
    arena_init(&loop->arena, SIZE_MAX);
    context->counters = counters_new(&loop->arena, context->registry, api_router.count);
    if (!context->counters)
        return error_no_memory(err);
    RETURN_IF_ERROR(make_queues(loop, err));
    RETURN_IF_ERROR(open_poller(loop, err));
    /* From now on, until the loop is freed, any loop may read its counters. */
    context->counters->next = context->service->counters;
    context->service->counters = context->counters;
    return STATUS_OK;
}

struct loop *loop_new(struct service *service, struct error *err)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        error_no_memory(err);
        return NULL;
    }
    loop->context.service = service;
    loop->context.options = service->options;
    loop->context.router = &api_router;
    loop->context.registry = registry_take(service->registry);
    loop->poller = loop->notifier = -1;
    log_init(&loop->context.log, service->options);
    suspended_init(&loop->context.suspended, service);
    list_init(&loop->context.slices);
    if (open_loop(loop, err) != STATUS_OK) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

/* The last loop that stops listening closes the socket. */
static void stop_listening(struct loop *loop)
{
    if (!loop->is_listening)
        return;
    loop->is_listening = false;
    epoll_ctl(loop->poller, EPOLL_CTL_DEL, loop->context.service->listener, NULL);
    if (atomic_fetch_sub(&loop->context.service->listening, 1) == 1)
        close(loop->context.service->listener);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    stop_listening(loop);
    http_free(loop->http);
    struct context *context = &loop->context;
    for (size_t i = 0; context->batchers && i < registry_count(context->registry); i++)
        batcher_free(context->batchers[i]);
    for (size_t i = 0; context->forecasts && i < registry_count(context->registry); i++)
        forecast_queue_free(context->forecasts[i]);
    free(context->batchers);
    free(context->forecasts);
    arena_release(&loop->arena);
    registry_release(context->registry);
    log_release(&context->log);
    if (loop->notifier >= 0)
        close(loop->notifier);
    if (loop->poller >= 0)
        close(loop->poller);
    free(loop);
}

enum accepted {
    ACCEPTED_SOME,     /* there may be more */
    ACCEPTED_ALL,      /* no client is left */
    ACCEPTED_EXHAUSTED /* no file descriptor is left */
};

/* Accept at most count clients.  ECONNABORTED: the client has left already. */
static enum accepted accept_clients(struct loop *loop, int count)
{
    for (int i = 0; i < count; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int client = accept4(loop->context.service->listener, (struct sockaddr *)&address,
                             &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            if (service_is_draining(loop->context.service))
                listener_unblock_connection(client);
            http_add(loop->http, client, (struct sockaddr *)&address, length);
        } else if (errno == EAGAIN) {
            return ACCEPTED_ALL;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            /* The listener stays readable: do not watch it for a while, or the loop spins. */
            epoll_ctl(loop->poller, EPOLL_CTL_DEL, loop->context.service->listener, NULL);
            loop->exhausted_until_us = clock_us() + EXHAUSTED_US;
            return ACCEPTED_EXHAUSTED;
        }
    }
    return ACCEPTED_SOME;
}

static void listen_again(struct loop *loop, int64_t now_us)
{
    if (loop->exhausted_until_us != 0 && now_us >= loop->exhausted_until_us &&
        loop->is_listening && watch_listener(loop))
        loop->exhausted_until_us = 0;
}

static bool has_work(const struct loop *loop)
{
    for (size_t i = 0; i < registry_count(loop->context.registry); i++)
        if (!batcher_is_idle(loop->context.batchers[i]) ||
            !forecast_queue_is_idle(loop->context.forecasts[i]))
            return true;
    return loop->context.decoding > 0;
}

/* How long the next turn may wait for events; -1: forever. */
static int timeout_ms(struct loop *loop)
{
    if (has_work(loop))
        return 0;
    int64_t now_us = clock_us();
    int timeout = http_timeout_ms(loop->http, now_us), limit = -1;
    if (loop->exhausted_until_us != 0)
        limit = EXHAUSTED_US / MICROS_PER_MS;
    if (service_is_draining(loop->context.service))
        limit = DRAIN_WAIT_MS;
    return limit >= 0 && (timeout < 0 || limit < timeout) ? limit : timeout;
}

/* So that it does not wake the loop again. */
static void clear_notifier(struct loop *loop)
{
    uint64_t count;
    ssize_t bytes = read(loop->notifier, &count, sizeof count);
    (void)bytes;
}

/*
 * Advance the forecast of one model, of each in turn: with every batcher before it, a turn gets longer by
 * one step, however many forecasts there are.
 */
static void step_forecasts(struct loop *loop)
{
    const size_t count = registry_count(loop->context.registry);
    for (size_t i = 0; i < count; i++) {
        size_t index = (loop->next_forecasts + i) % count;
        if (forecast_queue_is_idle(loop->context.forecasts[index]))
            continue;
        forecast_queue_step(loop->context.forecasts[index]);
        loop->next_forecasts = index + 1;
        return;
    }
}

void loop_turn(struct loop *loop)
{
    struct context *context = &loop->context;
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(loop->poller, events, EVENTS_MAX, timeout_ms(loop));
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == EVENT_LISTENER)
            accept_clients(loop, ACCEPTS_MAX);
        if (events[i].data.u32 == EVENT_NOTIFIER)
            clear_notifier(loop);
    }
    http_run(loop->http);
    predict_step(context);
    for (size_t i = 0; i < registry_count(context->registry); i++)
        batcher_step(context->batchers[i], context->options->slice);
    step_forecasts(loop);
    int64_t now_us = clock_us();
    http_step_bodies(loop->http, now_us);
    suspended_watch(&context->suspended, now_us);
    http_resume_finished(loop->http);
    http_check_connections(loop->http, now_us);
    http_run_resumed(loop->http);
    listen_again(loop, now_us);
    log_flush(&context->log);
}

/* For a while no client has connected and no request has begun or ended. */
static bool is_quiet(const struct loop *loop, int64_t now_us)
{
    return now_us - http_active_us(loop->http) >= QUIET_US;
}

/*
 * Accept the clients whose handshake had begun at blocked_us, then stop listening.  While there are
 * not enough descriptors for them, try again in the next turn, but not after end_us.
 */
static void drain_listener(struct loop *loop, int64_t now_us, int64_t blocked_us,
                           int64_t end_us)
{
    if (!loop->is_listening)
        return;
    listener_block_new_connections(loop->context.service->listener);
    if (now_us < blocked_us + HANDSHAKES_US)
        return;
    enum accepted accepted = ACCEPTED_SOME;
    while (accepted == ACCEPTED_SOME)
        accepted = accept_clients(loop, ACCEPTS_MAX);
    if (accepted == ACCEPTED_EXHAUSTED && now_us < end_us) {
        if (is_quiet(loop, now_us))
            http_shut_idle(loop->http); /* to free descriptors */
        return;
    }
    stop_listening(loop);
}

/* If the service drains, take the steps that are due.  True when nothing is left to serve. */
static bool drain(struct loop *loop)
{
    struct service *service = loop->context.service;
    int64_t since_us = atomic_load(&service->draining_since_us), now_us = clock_us();
    if (since_us == 0)
        return false;
    int64_t block_us =
        since_us + (int64_t)service->options->shutdown_delay_ms * MICROS_PER_MS;
    int64_t end_us =
        block_us + (int64_t)service->options->drain_timeout_ms * MICROS_PER_MS;
    int64_t hurried_us = atomic_load(&service->hurried_since_us);
    if (hurried_us != 0 && hurried_us < end_us)
        end_us = hurried_us;
    if (now_us >= block_us || now_us >= end_us)
        drain_listener(loop, now_us, block_us < end_us ? block_us : end_us, end_us);
    if (now_us >= end_us) {
        suspended_close(&loop->context.suspended);
        http_resume_finished(loop->http);
        http_stop_receiving(loop->http);
    }
    if (now_us >= end_us + LAST_ANSWERS_US)
        return true;
    return !loop->is_listening && http_requests(loop->http) == 0 &&
           (http_connections(loop->http) == 0 ||
            (is_quiet(loop, now_us) && !http_has_new_client(loop->http, now_us)));
}

void loop_run(struct loop *loop)
{
    while (!drain(loop))
        loop_turn(loop);
    suspended_close(&loop->context.suspended);
    http_resume_finished(loop->http);
    http_close_bodies(loop->http);
    http_run(loop->http);
    stop_listening(loop);
    atomic_fetch_sub(&loop->context.service->running, 1);
}

void loop_notify(struct loop *loop)
{
    const uint64_t one = 1;
    ssize_t written = write(loop->notifier, &one, sizeof one);
    (void)written; /* it fails only if the notifier is readable anyway */
}

void loop_add(struct loop *loop, int client, const struct sockaddr *address,
              socklen_t length)
{
    http_add(loop->http, client, address, length);
}

unsigned loop_connections(const struct loop *loop)
{
    return http_connections(loop->http);
}

unsigned loop_requests(const struct loop *loop)
{
    return http_requests(loop->http);
}
