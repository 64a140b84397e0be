/* Running one loop and one client in turns. */
#include "support/drive.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"
#include "loop/listener.h"
#include "loop/loop.h"
#include "service/address.h"
#include "service/clock.h"

enum { IDLE_TURNS_MAX = 300 };

enum status drive_init(struct drive *drive, struct error *err)
{
    struct service *service = &drive->service;
    const struct options *options = &drive->options;
    struct address address;
    *service = (struct service){.options = options, .listener = -1, .loops = 1};
    service->started_us = clock_us();
    RETURN_IF_ERROR(address_parse(&address, "127.0.0.1:0", err));
    RETURN_IF_ERROR(clients_init(&service->clients, options->max_client_connections,
                                 options->max_connections + HTTP_SPARE_CONNECTIONS, err));
    service->registry = registry_load(options->models, options->model, err);
    if (!service->registry)
        return err->status;
    service->listener = listener_open(&address, err);
    drive->loop = service->listener < 0 ? NULL : loop_new(service, err);
    return drive->loop ? STATUS_OK : err->status;
}

void drive_release(struct drive *drive)
{
    bool had_loop = drive->loop != NULL;
    loop_free(drive->loop);
    if (!had_loop && drive->service.listener >= 0)
        close(drive->service.listener); /* without a loop, nothing else closes it */
    registry_release(drive->service.registry);
    clients_release(&drive->service.clients);
    drive->loop = NULL;
}

/* Returns whether bytes came; sets *has_ended if the connection is closed. */
static bool receive(int client, struct strbuf *answer, bool *has_ended)
{
    static char
        piece[1 << 18]; /* whatever fits: a client that reads little waits for turns */
    ssize_t received = recv(client, piece, sizeof piece, MSG_DONTWAIT);
    if (received > 0)
        strbuf_add_bytes(answer, piece, (size_t)received);
    *has_ended = received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR);
    return received > 0;
}

static bool converse(struct drive *drive, int client, const char *bytes, size_t length,
                     size_t piece, struct strbuf *answer)
{
    bool has_ended = false, is_shut = false;
    for (int idle = 0; idle < IDLE_TURNS_MAX && !has_ended; idle++) {
        if (length > 0) {
            size_t next = piece < length ? piece : length;
            ssize_t sent = send(client, bytes, next, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) {
                bytes += sent;
                length -= (size_t)sent;
                idle = 0;
            } else if (errno != EAGAIN && errno != EINTR) {
                length = 0; /* the service has cut the connection */
            }
        } else if (!is_shut && idle > 0) {
            /* All that was sent has been read: the end arrives separately. */
            shutdown(client, SHUT_WR);
            is_shut = true;
        }
        if (loop_connections(drive->loop) > 0)
            loop_turn(drive->loop);
        if (receive(client, answer, &has_ended))
            idle = 0;
    }
    return has_ended;
}

bool drive_ask(struct drive *drive, const char *bytes, size_t length, size_t piece,
               struct strbuf *answer)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    loop_add(drive->loop, pair[0], &address, sizeof address);
    bool has_ended = converse(drive, pair[1], bytes, length, piece, answer);
    close(pair[1]);
    for (int i = 0; i < IDLE_TURNS_MAX && loop_connections(drive->loop) > 0; i++)
        loop_turn(drive->loop);
    return has_ended && loop_connections(drive->loop) == 0;
}
