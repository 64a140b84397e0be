/*
 * triaged: read the options, start the service, wait for a signal, drain, stop.
 *
 * Results go to standard output, messages to standard error.  The exit status is 0 for success,
 * 1 for a failure and 2 for wrong usage.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/printable.h"
#include "base/terminal.h"
#include "engine.h"
#include "loop/server.h"
#include "service/address.h"
#include "service/clock.h"
#include "service/log.h"
#include "service/options.h"
#include "service/resources.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

enum {
    DRAIN_CHECK_NS = 10000000, /* between two checks whether the server has ended */
    HEALTHCHECK_TIMEOUT_S = 2,
    SIGNAL_NAME = 24,
    WAKE_UP =
        SIGURG /* for the thread that waits for signals while the models are loaded */
};

/* What waits for signals: the set of them, the log, and whether the models are loaded. */
struct start {
    const sigset_t *signals;
    struct log *log;
    atomic_bool has_loaded;
};

/* Print one message on standard error, cleaned of control characters. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    struct strbuf text;
    va_list values;
    strbuf_init(&text, SIZE_MAX);
    va_start(values, format);
    printable_vprintf(&text, format, values);
    va_end(values);
    if (!text.has_failed)
        fputs(text.bytes, stderr);
    strbuf_release(&text);
}

static int fail(const struct error *err)
{
    struct strbuf more;
    strbuf_init(&more, SIZE_MAX);
    if (*err->expected && !strstr(err->text, err->expected))
        strbuf_printf(&more, "; expected %s", err->expected);
    if (*err->received && !strstr(err->text, err->received))
        strbuf_printf(&more, "; received %s", err->received);
    if (err->line > 0)
        strbuf_printf(&more, "; line %u, column %u", err->line, err->column);
    say("triaged: %s%s%s%s\n", err->where, *err->where ? ": " : "", err->text,
        more.length > 0 && !more.has_failed ? more.bytes : "");
    strbuf_release(&more);
    if (err->status != STATUS_BAD_OPTION)
        return EXIT_FAILED;
    fputs("triaged --help lists the options\n", stderr);
    return EXIT_USAGE;
}

/* The same for a failure after options_read, which may be about an option. */
static int fail_with(const struct options *options, struct error *err)
{
    options_name_place(options, err);
    return fail(err);
}

/* Print a result on standard output.  Returns the exit status. */
static int print(struct strbuf *text)
{
    if (text->has_failed) {
        say("triaged: out of memory\n");
    } else {
        if (fwrite(text->bytes, 1, text->length, stdout) == text->length &&
            fflush(stdout) == 0)
            return EXIT_OK;
        say("triaged: standard output: could not write: %s\n", strerror(errno));
    }
    return EXIT_FAILED;
}

static int print_help(struct options *options)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    options_write_help(options, terminal_columns(STDOUT_FILENO), &text);
    int code = print(&text);
    strbuf_release(&text);
    return code;
}

/* Whether there are variables that mean nothing; text, which is initialised, receives the warning. */
static bool find_unknown_variables(struct options *options, struct strbuf *text)
{
    struct strbuf names;
    strbuf_init(text, SIZE_MAX);
    strbuf_init(&names, SIZE_MAX);
    size_t count = options_write_unknown_variables(options, &names);
    if (count > 0 && !names.has_failed)
        strbuf_printf(text, "unknown environment variable%s %s", count == 1 ? "" : "s",
                      names.bytes);
    strbuf_release(&names);
    return text->length > 0 && !text->has_failed;
}

static int print_config(struct options *options)
{
    struct strbuf text;
    struct error err = {0};
    if (find_unknown_variables(options, &text) && options->log_level != LOG_NONE &&
        !options->wants_check) /* serve warns */
        say("warning: %s\n", text.bytes);
    strbuf_clear(&text);
    enum status status = options_write_config(options, &text, &err);
    int code = status == STATUS_OK ? print(&text) : fail_with(options, &err);
    strbuf_release(&text);
    return code;
}

static int print_version(void)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "triaged " TRIAGE_VERSION "\n");
    int code = print(&text);
    strbuf_release(&text);
    return code;
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

/* ---- signals --------------------------------------------------------------------------- */

/*
 * No signal that can be caught ends the service without draining it.  All are blocked and received
 * by sigwait, except those of job control and those whose default is to do nothing.  A fault of the
 * program itself (SIGSEGV and the like) ends it in spite of being blocked: the kernel sees to that.
 * With a sanitizer they stay open, because it reports them.
 *
 * Threads inherit the mask of the thread that starts them, so this comes before the first one.
 * Writing to a closed connection or beyond the limit on file sizes fails instead of raising a signal.
 */
static void block_signals(sigset_t *signals)
{
    static const int open[] = {SIGTSTP, SIGTTIN,  SIGTTOU, SIGCONT, SIGCHLD,
                               SIGURG,  SIGWINCH, SIGPIPE, SIGXFSZ};
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    static const int reported[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                   SIGABRT, SIGTRAP, SIGSYS};
#endif
    sigfillset(signals);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        sigdelset(signals, open[i]);
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    for (size_t i = 0; i < sizeof reported / sizeof *reported; i++)
        sigdelset(signals, reported[i]);
#endif
    sigset_t blocked = *signals;
    sigaddset(&blocked, WAKE_UP);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* "SIGTERM"; of a signal without a name its number. */
static const char *signal_name(int number, char buffer[SIGNAL_NAME])
{
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(buffer, SIGNAL_NAME, "SIG%s", name);
    else
        snprintf(buffer, SIGNAL_NAME, "signal %d", number);
    return buffer;
}

/* Wait for the next signal; SIGHUP only leaves a line in the log. */
static int wait_for_signal(const sigset_t *signals, struct log *log)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP)
            return number;
        if (log_begin(log, "info", "SIGHUP: nothing can be read again while it runs"))
            log_end(log);
    }
}

/* A thread that ends the process at a signal.  Nothing has been accepted yet. */
static void *end_at_signal(void *context)
{
    struct start *start = context;
    char name[SIGNAL_NAME];
    int number;
    sigset_t signals = *start->signals;
    sigaddset(&signals, WAKE_UP);
    do {
        number = wait_for_signal(&signals, start->log);
        if (atomic_load(&start->has_loaded)) {
            if (number != WAKE_UP)
                kill(getpid(), number); /* it is for wait_until_stopped */
            return NULL;
        }
    } while (number == WAKE_UP);
    say("triaged: ended by %s before it was listening\n", signal_name(number, name));
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    _exit(128 + number); /* process 1 of a container ignores signals by default */
}

/*
 * Load the models; meanwhile a signal ends the process.  pthread_cancel would need a descriptor and
 * libgcc_s to end the thread.
 */
static struct server *load(const struct options *options, struct start *start,
                           struct error *err)
{
    pthread_t thread;
    bool has_thread = pthread_create(&thread, NULL, end_at_signal, start) == 0;
    struct server *server = server_load(options, err);
    if (has_thread) {
        atomic_store(&start->has_loaded, true);
        pthread_kill(thread, WAKE_UP);
        pthread_join(thread, NULL);
    }
    return server;
}

/*
 * The first signal makes the server drain; a second SIGTERM, SIGINT or SIGQUIT makes it stop at
 * once.  Returns the first.
 */
static int wait_until_stopped(struct server *server, const struct start *start)
{
    const struct timespec pause = {.tv_nsec = DRAIN_CHECK_NS};
    char name[SIGNAL_NAME];
    int first = wait_for_signal(start->signals, start->log);
    server_drain(server);
    if (log_begin(start->log, "info", "stopping")) {
        log_text(start->log, "reason", signal_name(first, name));
        log_end(start->log);
    }
    while (!server_has_ended(server)) {
        int number = sigtimedwait(start->signals, NULL, &pause);
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT)
            server_hurry(server);
    }
    return first;
}

/* ---- serving --------------------------------------------------------------------------- */

/*
 * By default three quarters of the container's memory: the kernel needs the rest for socket
 * buffers and the page cache.
 */
static uint64_t memory_limit(const struct options *options)
{
    return options->max_memory > 0 ? options->max_memory
                                   : resources_memory_limit() / 4 * 3;
}

static void warn_of_variables(struct options *options, struct log *log)
{
    struct strbuf text;
    if (find_unknown_variables(options, &text) && log_begin(log, "warning", text.bytes))
        log_end(log);
    strbuf_release(&text);
}

static void log_stop(struct log *log, const struct server *server, int number)
{
    char name[SIGNAL_NAME];
    if (!log_begin(log, "info", "stopped"))
        return;
    log_text(log, "reason", signal_name(number, name));
    log_number(log, "requests", server_requests(server));
    log_end(log);
}

/* Tell whoever waits for it that the service answers now. */
static void announce(const struct server *server, uint64_t memory_bytes, struct log *log)
{
    bool is_printed = printf("listening on %s\n", server_url(server)) > 0;
    is_printed = fflush(stdout) == 0 && is_printed;
    if (!is_printed && log_begin(log, "warning", "standard output: could not write")) {
        log_text(log, "reason", strerror(errno));
        log_end(log);
    }
    server_log_start(server, memory_bytes, log);
}

/* Say that the configuration is valid: on standard output, unless that has the configuration. */
static int report_check(const struct options *options, size_t models)
{
    static const char format[] = "the configuration is valid; models: %zu\n";
    if (options->wants_config) {
        if (options->log_level != LOG_NONE)
            say(format, models);
        return EXIT_OK;
    }
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_printf(&text, format, models);
    int code = print(&text);
    strbuf_release(&text);
    return code;
}

/* Load and check everything; then, unless only this was asked for, serve until a signal. */
static int serve(struct options *options, struct start *start)
{
    struct error err = {0};
    warn_of_variables(options, start->log);
    struct server *server = load(options, start, &err);
    if (!server)
        return fail_with(options, &err);
    int code = EXIT_OK;
    if (options->wants_check) {
        code = report_check(options, server_models(server));
    } else if (server_listen(server, &err) != STATUS_OK) {
        server_hurry(server);
        code = fail_with(options, &err);
    } else {
        uint64_t memory_bytes = memory_limit(options);
        if (memory_bytes > 0)
            resources_limit_memory(memory_bytes);
        announce(server, memory_bytes, start->log);
        log_stop(start->log, server, wait_until_stopped(server, start));
    }
    server_free(server);
    return code;
}

static int start(struct options *options)
{
    sigset_t signals;
    struct log log;
    block_signals(&signals);
    log_init(&log, options);
    struct start start = {.signals = &signals, .log = &log};
    int code = serve(options, &start);
    log_release(&log);
    return code;
}

static int run(struct options *options)
{
    if (options->wants_help)
        return print_help(options);
    if (options->wants_version)
        return print_version();
    if (options->wants_config) {
        int code = print_config(options);
        if (code != EXIT_OK || !options->wants_check)
            return code;
    }
    if (!options->wants_healthcheck)
        return start(options);
    struct error err = {0};
    return check_health(options->listen, &err) == STATUS_OK ? EXIT_OK
                                                            : fail_with(options, &err);
}

enum { LARGE_BLOCK_BYTES = 1 << 17 };

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    file_open_standard_descriptors();
    /* the memory of large bodies and answers is given back when it is freed */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    triage_init();
    enum status status = options_read(&options, argc, argv, &err);
    int code = status == STATUS_OK ? run(&options) : fail(&err);
    options_release(&options);
    return code;
}
