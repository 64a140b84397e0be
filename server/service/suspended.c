/* Limits, deadlines and clients that have left. */
#include "service/suspended.h"

#include <poll.h>

#include "service/clock.h"
#include "service/reply.h"

enum {
    CHECK_US = 10 * MICROS_PER_MS, /* between two checks of the sockets */
    SOCKETS = 256                  /* checked in one call of poll */
};

static struct request *request_of(struct list_link *link)
{
    return LIST_ITEM(link, struct request, suspended_link);
}

void suspended_init(struct suspended *suspended, struct service *service)
{
    *suspended = (struct suspended){.service = service};
    list_init(&suspended->waiting);
    list_init(&suspended->finished);
}

enum status suspended_check(const struct suspended *suspended, struct error *err)
{
    struct service *service = suspended->service;
    if (atomic_load(&service->waiting_requests) < service->options->max_jobs)
        return STATUS_OK;
    return error_set(err, STATUS_BUSY, "", "too many requests are waiting");
}

/* Count events.  If no other events wait, there may be any number of them. */
static enum status reserve_events(struct service *service, uint64_t events,
                                  struct error *err)
{
    uint64_t others = atomic_fetch_add(&service->waiting_events, events);
    if (events == 0 || others == 0 ||
        others + events <= service->options->max_waiting_events)
        return STATUS_OK;
    atomic_fetch_sub(&service->waiting_events, events);
    return error_set(err, STATUS_BUSY, "", "too many events are waiting");
}

static enum status reserve(struct service *service, uint64_t events, struct error *err)
{
    enum status status = STATUS_BUSY;
    if (atomic_fetch_add(&service->waiting_requests, 1) >= service->options->max_jobs)
        error_set(err, STATUS_BUSY, "", "too many requests are waiting");
    else
        status = reserve_events(service, events, err);
    if (status != STATUS_OK)
        atomic_fetch_sub(&service->waiting_requests, 1);
    return status;
}

enum status suspended_add_events(struct suspended *suspended, struct request *request,
                                 uint64_t events, uint64_t predicted, struct error *err)
{
    RETURN_IF_ERROR(reserve_events(suspended->service, events + predicted, err));
    request->events += events;
    request->predicted_events += predicted;
    return STATUS_OK;
}

enum status suspended_add(struct suspended *suspended, struct request *request,
                          struct error *err)
{
    struct service *service = suspended->service;
    if (suspended->is_closed)
        return error_set(err, STATUS_INTERRUPTED, "", "the service is stopping");
    RETURN_IF_ERROR(reserve(service, request->events + request->predicted_events, err));
    request->is_waiting = true;
    request->deadline_us =
        clock_us() + (int64_t)service->options->request_timeout_ms * MICROS_PER_MS;
    if (request->answer_by_us < request->deadline_us)
        request->deadline_us = request->answer_by_us;
    if (list_is_empty(&suspended->waiting) ||
        request->deadline_us < suspended->soonest_us)
        suspended->soonest_us = request->deadline_us;
    list_append(&suspended->waiting, &request->suspended_link);
    return STATUS_OK;
}

void suspended_remove(struct suspended *suspended, struct request *request)
{
    list_remove(&request->suspended_link);
    if (!request->is_waiting)
        return;
    request->is_waiting = false;
    atomic_fetch_sub(&suspended->service->waiting_requests, 1);
    atomic_fetch_sub(&suspended->service->waiting_events,
                     request->events + request->predicted_events);
}

void suspended_finish(struct suspended *suspended, struct request *request)
{
    if (!request->is_waiting)
        return;
    suspended_remove(suspended, request);
    list_append(&suspended->finished, &request->suspended_link);
}

struct request *suspended_next_finished(struct suspended *suspended)
{
    if (list_is_empty(&suspended->finished))
        return NULL;
    struct request *request = request_of(suspended->finished.ends.next);
    list_remove(&request->suspended_link);
    return request;
}

static void answer_late_requests(struct suspended *suspended, int64_t now_us)
{
    if (list_is_empty(&suspended->waiting) || now_us < suspended->soonest_us)
        return;
    suspended->soonest_us = INT64_MAX;
    LIST_EACH (link, &suspended->waiting) {
        struct request *request = request_of(link);
        if (request->deadline_us <= now_us) {
            request_abandon(request);
            reply_late(request);
            suspended_finish(suspended, request);
        } else if (request->deadline_us < suspended->soonest_us) {
            suspended->soonest_us = request->deadline_us;
        }
    }
}

/* Their clients have left.  They are resumed without an answer, which closes the connection. */
static void abandon_lost_requests(struct suspended *suspended)
{
    struct pollfd sockets[SOCKETS];
    struct list_link *next = suspended->waiting.ends.next;
    while (next != &suspended->waiting.ends) {
        struct list_link *link = next;
        nfds_t count = 0;
        for (; next != &suspended->waiting.ends && count < SOCKETS; next = next->next)
            sockets[count++] =
                (struct pollfd){.fd = request_of(next)->socket, .events = POLLRDHUP};
        if (poll(sockets, count, 0) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++) {
            struct request *request = request_of(link);
            link = link->next;
            if (sockets[i].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) {
                request_abandon(request);
                suspended_finish(suspended, request);
            }
        }
    }
}

void suspended_watch(struct suspended *suspended, int64_t now_us)
{
    answer_late_requests(suspended, now_us);
    if (list_is_empty(&suspended->waiting) || now_us < suspended->checked_us + CHECK_US)
        return;
    suspended->checked_us = now_us;
    abandon_lost_requests(suspended);
}

void suspended_close(struct suspended *suspended)
{
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    suspended->is_closed = true;
    LIST_EACH (link, &suspended->waiting) {
        struct request *request = request_of(link);
        request_abandon(request);
        reply_error(request, &err);
        suspended_finish(suspended, request);
    }
}
