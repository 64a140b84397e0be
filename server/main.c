/*
 * triaged: read the options, start the service, wait for a signal, drain, stop.
 *
 * Results go to standard output, messages to standard error.  The exit status is 0 for success,
 * 1 for a failure and 2 for wrong usage.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "loop/server.h"
#include "service/address.h"
#include "service/clock.h"
#include "service/options.h"
#include "service/resources.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

enum {
    DRAIN_CHECK_NS = 10000000, /* between two checks whether the server has ended */
    HEALTHCHECK_TIMEOUT_S = 2
};

static int fail(const struct error *err)
{
    fprintf(stderr, "triaged: %s%s%s", err->where, *err->where ? ": " : "", err->text);
    if (*err->expected && !strstr(err->text, err->expected))
        fprintf(stderr, "; expected %s", err->expected);
    if (*err->received && !strstr(err->text, err->received))
        fprintf(stderr, "; received %s", err->received);
    if (err->line > 0)
        fprintf(stderr, "; line %u, column %u", err->line, err->column);
    fputc('\n', stderr);
    if (err->status != STATUS_BAD_OPTION)
        return EXIT_FAILED;
    fputs("triaged --help lists the options\n", stderr);
    return EXIT_USAGE;
}

static int print(struct options *options,
                 void (*write)(struct options *, struct strbuf *))
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write(options, &text);
    bool is_printed =
        !text.has_failed && fputs(text.bytes, stdout) >= 0 && fflush(stdout) == 0;
    strbuf_release(&text);
    return is_printed ? EXIT_OK : EXIT_FAILED;
}

static int print_version(void)
{
    bool is_printed = puts("triaged " TRIAGE_VERSION) >= 0 && fflush(stdout) == 0;
    return is_printed ? EXIT_OK : EXIT_FAILED;
}

/* ---- triaged --healthcheck ------------------------------------------------------------- */

/*
 * Send GET /readyz and read the answer until its status line is complete or the deadline has
 * passed.  False if no byte was received.
 */
static bool ask_readyz(int socket, int64_t deadline_us, char *answer, size_t size)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    if (send(socket, request, sizeof request - 1, MSG_NOSIGNAL) !=
        (ssize_t)sizeof request - 1)
        return false;
    size_t length = 0;
    answer[0] = '\0';
    while (length < size - 1 && !strchr(answer, '\n') && clock_us() < deadline_us) {
        ssize_t received = recv(socket, answer + length, size - 1 - length, 0);
        if (received <= 0)
            break;
        length += (size_t)received;
        answer[length] = '\0';
    }
    return length > 0;
}

/* Ask the server that was started with this --listen address whether it is ready. */
static enum status check_health(const char *listen, struct error *err)
{
    struct address address;
    RETURN_IF_ERROR(address_parse(&address, listen, err));
    address_make_reachable(&address);
    char name[ADDRESS_TEXT];
    address_format(&address, name);
    int server = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return error_set(err, STATUS_IO, name, "could not create a socket: %s",
                         strerror(errno));
    const struct timeval timeout = {.tv_sec = HEALTHCHECK_TIMEOUT_S};
    int64_t deadline_us = clock_us() + HEALTHCHECK_TIMEOUT_S * (int64_t)MICROS_PER_SECOND;
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    enum status status = STATUS_OK;
    char answer[64];
    int code = 0;
    if (connect(server, (struct sockaddr *)&address.storage, address.length) != 0)
        status =
            error_set(err, STATUS_IO, name, "could not connect: %s", strerror(errno));
    else if (!ask_readyz(server, deadline_us, answer, sizeof answer))
        status = error_set(err, STATUS_TIMED_OUT, name, "no answer");
    else if (sscanf(answer, "HTTP/1.%*c %3d", &code) != 1 || code != 200)
        status = error_set(err, STATUS_BUSY, name, "not ready: HTTP status %d", code);
    close(server);
    return status;
}

/* ---- serving --------------------------------------------------------------------------- */

/*
 * Threads inherit the mask of the thread that starts them, so this comes before the first one.  The
 * signals are then received by sigwait only.
 */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The first signal makes the server drain; a second one makes it stop at once. */
static void wait_until_stopped(struct server *server, const sigset_t *signals)
{
    const struct timespec pause = {.tv_nsec = DRAIN_CHECK_NS};
    int number = 0;
    sigwait(signals, &number);
    server_drain(server);
    while (!server_has_ended(server))
        if (sigtimedwait(signals, NULL, &pause) > 0)
            server_hurry(server);
}

/*
 * By default three quarters of the container's memory: the kernel needs the rest for socket
 * buffers and the page cache.
 */
static void limit_memory(const struct options *options)
{
    uint64_t bytes = options->max_memory;
    if (bytes == 0)
        bytes = resources_memory_limit() / 4 * 3;
    if (bytes > 0)
        resources_limit_memory(bytes);
}

static int serve(const struct options *options)
{
    struct error err = {0};
    sigset_t signals;
    block_signals(&signals);
    struct server *server = server_start(options, &err);
    if (!server)
        return fail(&err);
    limit_memory(options);
    printf("listening on %s\n", server_url(server));
    fflush(stdout);
    wait_until_stopped(server, &signals);
    server_free(server);
    return EXIT_OK;
}

static int run(struct options *options)
{
    if (options->wants_help)
        return print(options, options_write_help);
    if (options->wants_version)
        return print_version();
    if (options->wants_config)
        return print(options, options_write_values);
    if (!options->wants_healthcheck)
        return serve(options);
    struct error err = {0};
    return check_health(options->listen, &err) == STATUS_OK ? EXIT_OK : fail(&err);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    triage_init();
    enum status status = options_read(&options, argc, argv, &err);
    int code = status == STATUS_OK ? run(&options) : fail(&err);
    options_release(&options);
    return code;
}
