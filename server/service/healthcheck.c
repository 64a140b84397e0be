#include "service/healthcheck.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "service/address.h"
#include "service/clock.h"

enum { PATIENCE_S = 2 };

static const char question[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\n\r\n";

/* The beginning of the answer, long enough for its status line, until end_us at most. */
static bool ask(int server, int64_t end_us, char *answer, size_t size)
{
    size_t length = 0;
    if (send(server, question, sizeof question - 1, MSG_NOSIGNAL) !=
        (ssize_t)sizeof question - 1)
        return false;
    answer[0] = '\0';
    while (length < size - 1 && !strchr(answer, '\n') && clock_us() < end_us) {
        ssize_t received = recv(server, answer + length, size - 1 - length, 0);
        if (received <= 0)
            break;
        length += (size_t)received;
        answer[length] = '\0';
    }
    return length > 0;
}

enum status healthcheck(const char *listen, struct error *err)
{
    struct address address;
    char name[ADDRESS_TEXT], answer[64];
    int code = 0;
    if (address_parse(&address, listen, err))
        return STATUS_BAD_OPTION;
    address_make_reachable(&address);
    address_format(&address, name);
    int server = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return error_set(err, STATUS_IO, name, "could not make a socket: %s",
                         strerror(errno));
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int64_t end_us = clock_us() + PATIENCE_S * (int64_t)MICROS_PER_SECOND;
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(server, (struct sockaddr *)&address.storage, address.length) != 0)
        error_set(err, STATUS_IO, name, "could not connect: %s", strerror(errno));
    else if (!ask(server, end_us, answer, sizeof answer))
        error_set(err, STATUS_TIMED_OUT, name, "there was no answer");
    else if (sscanf(answer, "HTTP/1.%*c %3d", &code) != 1 || code != 200)
        error_set(err, STATUS_BUSY, name, "it is not ready: it answered %d", code);
    close(server);
    return code == 200 ? STATUS_OK : err->status;
}
