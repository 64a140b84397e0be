#include "service/suspended.h"

#include <poll.h>

#include "http/http.h"
#include "service/clock.h"
#include "service/reply.h"

enum {
    WATCH_US = 10 * MICROS_PER_MS, /* between two looks */
    SOCKETS = 256                  /* looked at in one call */
};

enum status suspended_check(const struct suspended *waiting, struct error *err)
{
    if (atomic_load(&waiting->service->jobs) < waiting->service->options->max_jobs)
        return STATUS_OK;
    return error_set(err, STATUS_BUSY, "", "too many requests are waiting");
}

/* Count it in, or nothing; a request alone may be as large as it likes. */
static enum status count_in(struct service *service, uint64_t events, struct error *err)
{
    const struct options *options = service->options;
    unsigned jobs = atomic_fetch_add(&service->jobs, 1);
    uint64_t others = atomic_fetch_add(&service->events, events);
    if (jobs < options->max_jobs &&
        (others == 0 || others + events <= options->max_waiting_events))
        return STATUS_OK;
    atomic_fetch_sub(&service->jobs, 1);
    atomic_fetch_sub(&service->events, events);
    return error_set(err, STATUS_BUSY, "",
                     jobs < options->max_jobs ? "too many events are waiting"
                                              : "too many requests are waiting");
}

bool suspended_add(struct suspended *waiting, struct request *request,
                   void (*abandon)(struct request *request), struct error *err)
{
    struct service *service = waiting->service;
    if (waiting->is_closed) {
        error_set(err, STATUS_INTERRUPTED, "", "the service is stopping");
        return false;
    }
    if (count_in(service, request->events, err))
        return false;
    request->abandon = abandon;
    request->deadline_us =
        clock_us() + (int64_t)service->options->request_timeout_ms * MICROS_PER_MS;
    if (request->answer_by_us < request->deadline_us)
        request->deadline_us = request->answer_by_us;
    if (!waiting->list.first || request->deadline_us < waiting->soonest_us)
        waiting->soonest_us = request->deadline_us;
    request_list_add(&waiting->list, request);
    return true;
}

void suspended_remove(struct suspended *waiting, struct request *request)
{
    if (!request->abandon)
        return;
    request->abandon = NULL;
    request_list_remove(&waiting->list, request);
    atomic_fetch_sub(&waiting->service->jobs, 1);
    atomic_fetch_sub(&waiting->service->events, request->events);
}

void suspended_abandon(struct suspended *waiting, struct request *request)
{
    if (request->abandon)
        request->abandon(request);
    suspended_remove(waiting, request);
}

/* End its work without a result; err NULL when nobody is left to be told. */
static void give_up(struct suspended *waiting, struct request *request,
                    const struct error *err)
{
    suspended_abandon(waiting, request);
    if (err)
        reply_error(request, err);
    http_resume(request);
}

void suspended_answer_late(struct request *request)
{
    struct error err = {0};
    if (request->answer_by_us <= clock_us())
        error_set(
            &err, STATUS_TIMED_OUT, "",
            "the answer was not ready within the %lld ms that the request allows",
            (long long)((request->answer_by_us - request->started_us) / MICROS_PER_MS));
    else
        error_set(&err, STATUS_TIMED_OUT, "", "the answer was not ready in time");
    reply_error(request, &err);
}

static void drop_late(struct suspended *waiting, int64_t now_us)
{
    if (!waiting->list.first || now_us < waiting->soonest_us)
        return;
    waiting->soonest_us = INT64_MAX;
    for (struct request *request = waiting->list.first, *next; request; request = next) {
        next = request->next;
        if (request->deadline_us <= now_us) {
            suspended_abandon(waiting, request);
            suspended_answer_late(request);
            http_resume(request);
        } else if (request->deadline_us < waiting->soonest_us) {
            waiting->soonest_us = request->deadline_us;
        }
    }
}

static void drop_left(struct suspended *waiting)
{
    struct pollfd sockets[SOCKETS];
    struct request *next = waiting->list.first;
    while (next) {
        struct request *first = next;
        nfds_t count = 0;
        for (; next && count < SOCKETS; next = next->next)
            sockets[count++] =
                (struct pollfd){.fd = http_socket(next), .events = POLLRDHUP};
        if (poll(sockets, count, 0) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++) {
            struct request *request = first;
            first = first->next;
            if (sockets[i].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))
                give_up(waiting, request, NULL);
        }
    }
}

void suspended_watch(struct suspended *waiting, int64_t now_us)
{
    drop_late(waiting, now_us);
    if (!waiting->list.first || now_us < waiting->watched_us + WATCH_US)
        return;
    waiting->watched_us = now_us;
    drop_left(waiting);
}

void suspended_close(struct suspended *waiting)
{
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    waiting->is_closed = true;
    while (waiting->list.first)
        give_up(waiting, waiting->list.first, &err);
}
