#include "listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

int listener_open(struct address *address, struct error *err)
{
    char name[ADDRESS_TEXT];
    address_format(address, name);
    const int on = 1;
    int listener =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) {
        error_set(err, STATUS_IO, name, "could not make a socket: %s", strerror(errno));
        return -1;
    }
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

void listener_silence(int listener)
{
    /* A socket filter that sees TCP headers: drop what carries SYN, keep the rest. */
    struct sock_filter drop_syn[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = {sizeof drop_syn / sizeof *drop_syn, drop_syn};
    /* Where filters are not allowed, the moment between emptying and closing stays open. */
    setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
