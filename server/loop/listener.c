/* Opening the listening socket, and blocking new connections to it. */
#include "loop/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

/* Drop packets that arrive with a lower time to live (IPv4) or hop limit (IPv6). */
static void set_min_ttl(int socket, int ttl)
{
    setsockopt(socket, IPPROTO_IP, IP_MINTTL, &ttl, sizeof ttl);
    setsockopt(socket, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl, sizeof ttl);
}

int listener_open(struct address *address, struct error *err)
{
    char name[ADDRESS_TEXT];
    address_format(address, name);
    int listener =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) {
        error_set(err, STATUS_IO, name, "could not create a socket: %s", strerror(errno));
        return -1;
    }
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address->storage, address->length) != 0 ||
        listen(listener, BACKLOG) != 0) {
        error_set(err, STATUS_IO, name, "could not listen: %s", strerror(errno));
        close(listener);
        return -1;
    }
    address->length = sizeof address->storage;
    getsockname(listener, (struct sockaddr *)&address->storage, &address->length);
    return listener;
}

void listener_block_new_connections(int listener)
{
    set_min_ttl(listener, 255);
}

void listener_unblock_connection(int client)
{
    set_min_ttl(client, 0);
}
