/*
 * The baseline for the service's HTTP: the same library, driven from an epoll loop of its own like
 * server/loop/loop.c, with a handler that reads the body and sends a constant answer.  Its speed is
 * what the library and the kernel allow.
 *
 *     usage: bench-hello [PORT]     on 127.0.0.1; prints "listening on http://..." when it is ready
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { TIMEOUT_S = 60, CONNECTIONS = 8192 };

/* As long as an answer of the service to a history of post.lua. */
static char answer[] =
    "{\"id\": \"INC-001234\", \"action\": \"a7\", \"probabilities\": {"
    "\"a0\": 0.11087014, \"a1\": 0.12413569, \"a2\": 0.11406328, \"a3\": 0.13361984, "
    "\"a4\": 0.12977953, \"a5\": 0.11194049, \"a6\": 0.13114083, \"a7\": 0.14445023}, "
    "\"events\": 12, \"reordered\": false, \"unknown\": [], \"unknown_count\": 0, "
    "\"ignored\": {\"value\": 12, \"source\": 12}, \"model\": {\"name\": \"gru64\", "
    "\"digest\": "
    "\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}\n";

static enum MHD_Result send_answer(struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof answer - 1, answer, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *target, const char *method,
                                  const char *version, const char *data, size_t *bytes,
                                  void **slot)
{
    static char begun;
    (void)context, (void)target, (void)method, (void)version, (void)data;

    if (!*slot) {
        *slot = &begun;
        return MHD_YES;
    }
    if (*bytes == 0)
        return send_answer(connection);
    *bytes = 0;
    return MHD_YES;
}

static void run_once(struct MHD_Daemon *daemon, int poller)
{
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    struct epoll_event event;
    int timeout_ms = -1;

    if (MHD_get_timeout(daemon, &library_ms) == MHD_YES)
        timeout_ms = library_ms < 1000 ? (int)library_ms : 1000;
    (void)epoll_wait(poller, &event, 1, timeout_ms);
    MHD_run(daemon);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0));
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "bench-hello: could not listen\n");
        return 1;
    }
    printf("listening on http://127.0.0.1:%u\n",
           MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);

    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(poller, EPOLL_CTL_ADD,
              MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, &event);
    for (;;)
        run_once(daemon, poller);
}
