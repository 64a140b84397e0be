/*
 * triaged: options, start, wait for a signal, drain, stop.
 *
 * Results go to standard output, talk to standard error.  Exit 0 when all went well, 1 when
 * something failed, 2 when it was called wrongly.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loop/server.h"
#include "service/healthcheck.h"
#include "service/memory.h"
#include "service/options.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, TICK_NS = 10000000 };

static int fail(const struct error *err)
{
    fprintf(stderr, "triaged: %s%s%s", err->where, *err->where ? ": " : "", err->text);
    if (*err->expected && !strstr(err->text, err->expected))
        fprintf(stderr, "; expected %s", err->expected);
    if (*err->received && !strstr(err->text, err->received))
        fprintf(stderr, "; received %s", err->received);
    if (err->line)
        fprintf(stderr, "; line %u, column %u", err->line, err->column);
    fputc('\n', stderr);
    if (err->status != STATUS_BAD_OPTION)
        return EXIT_FAILED;
    fputs("triaged --help lists the settings\n", stderr);
    return EXIT_USAGE;
}

static int show(struct options *options, void (*write)(struct options *, struct strbuf *))
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write(options, &text);
    bool is_shown = !text.has_failed && fputs(text.bytes, stdout) >= 0 && !fflush(stdout);
    strbuf_release(&text);
    return is_shown ? EXIT_OK : EXIT_FAILED;
}

/* Blocked before any thread starts, so that they all leave them to sigwait. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The first signal asks to finish what was accepted, a second one not to wait for it. */
static void wait_for_the_end(struct server *server, const sigset_t *signals)
{
    const struct timespec tick = {0, TICK_NS};
    int which = 0;
    sigwait(signals, &which);
    server_drain(server);
    while (!server_has_ended(server))
        if (sigtimedwait(signals, NULL, &tick) > 0)
            server_hurry(server);
}

/* The rest is for what the kernel keeps of it: buffers of sockets, pages of files. */
static void limit_memory(const struct options *options)
{
    uint64_t container = memory_of_container();
    uint64_t bytes = options->max_memory ? options->max_memory : container / 4 * 3;
    if (bytes)
        memory_limit(bytes);
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
    wait_for_the_end(server, &signals);
    server_free(server);
    return EXIT_OK;
}

static int run(struct options *options)
{
    struct error err = {0};
    if (options->wants_help)
        return show(options, options_write_help);
    if (options->wants_version)
        return puts("triaged " TRIAGE_VERSION) >= 0 && !fflush(stdout) ? EXIT_OK
                                                                       : EXIT_FAILED;
    if (options->wants_config)
        return show(options, options_write_values);
    if (options->wants_healthcheck)
        return healthcheck(options->listen, &err) ? fail(&err) : EXIT_OK;
    return serve(options);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    int code = options_read(&options, argc, argv, &err) ? fail(&err) : run(&options);
    options_release(&options);
    return code;
}
