/* Drawing the progress, and the signal handler that ends a training early. */
#include "progress.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/strbuf.h"

enum {
    DEFAULT_COLUMNS = 80,
    WIDE_COLUMNS = 100, /* a terminal this wide shows the long text */
    MAX_BAR = 24,
    MIN_BAR = 4,  /* a bar that would be shorter is left out */
    BAR_FRAME = 3 /* brackets and a space */
};
static const double draw_interval_s = 0.1;

static atomic_bool interrupted; /* read by the threads of a search, too */

/* A second request to end is obeyed at once.  Other signals may come again, such as SIGXCPU. */
static void on_signal(int number)
{
    bool is_request = number == SIGINT || number == SIGTERM || number == SIGQUIT;
    if (interrupted && is_request) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = true;
}

/*
 * Handle every signal that would end the program, except those of its own faults.  SIGHUP stays
 * ignored under nohup.
 */
static void handle_signals(void)
{
    static const int left[] = {SIGSEGV, SIGBUS,   SIGFPE,  SIGILL,  SIGABRT, SIGTRAP,
                               SIGSYS,  SIGTSTP,  SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD,
                               SIGURG,  SIGWINCH, SIGPIPE, SIGXFSZ, SIGKILL, SIGSTOP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
    sigset_t handled;
    sigfillset(&handled);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        sigdelset(&handled, left[i]);
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        sigdelset(&handled, SIGHUP);
    sigemptyset(&action.sa_mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&handled, number) == 1)
            sigaction(number, &action, NULL); /* libc keeps a few for itself */
}

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) +
           1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

/* "29 s", "14 min", "3.2 h" */
static void format_duration(double seconds, char *buffer, size_t size)
{
    if (seconds < 100)
        (void)snprintf(buffer, size, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        (void)snprintf(buffer, size, "%.0f min", seconds / 60);
    else
        (void)snprintf(buffer, size, "%.1f h", seconds / 3600);
}

/* The line without the bar. */
static void format_text(const struct progress_display *display, const struct progress *p,
                        double left_s, bool is_wide, char *buffer, size_t size)
{
    char network[32] = "", validation[64] = "", accuracy[32] = "", duration[32];
    if (p->members > 1)
        (void)snprintf(network, sizeof network, "network %u/%u  ", p->member, p->members);
    if (display->has_validation && is_wide)
        (void)snprintf(accuracy, sizeof accuracy, ", %.1f %%",
                       100 * display->validation_accuracy);
    if (display->has_validation)
        (void)snprintf(validation, sizeof validation, "  validation %.4f%s",
                       display->validation_loss, accuracy);
    format_duration(left_s, duration, sizeof duration);
    (void)snprintf(buffer, size, "%s%sepoch %u/%u  loss %.4f%s  norm %.2f  %s%s left",
                   network, p->is_refit ? "refit " : "", p->epoch, p->epochs,
                   p->train_loss, validation, p->norm, is_wide ? "at most " : "",
                   duration);
}

void progress_display_line(const struct progress_display *display,
                           const struct progress *progress, double elapsed_s,
                           unsigned columns, char *buffer, size_t size)
{
    static const char full[] = "========================",
                      empty[] = "                        ";
    const struct progress *p = progress;
    double done =
        ((double)(p->epoch - 1) * p->steps + p->step) / ((double)p->epochs * p->steps);
    if (p->members > 1)
        done = ((double)(p->member - 1) + done) / p->members;
    double left_s = elapsed_s * (1.0 - done) / (done > 0 ? done : 1);
    size_t max_length = columns > 1 ? columns - 1 : 0;
    char text[256];
    format_text(display, p, left_s, columns >= WIDE_COLUMNS, text, sizeof text);
    size_t text_length = strlen(text) + BAR_FRAME;
    size_t bar = max_length > text_length ? max_length - text_length : 0;
    bar = bar < MAX_BAR ? bar : MAX_BAR;
    int filled = (int)(done * (double)bar);
    if (max_length < size)
        size = max_length + 1;
    if (bar < MIN_BAR)
        (void)snprintf(buffer, size, "%s", text);
    else
        (void)snprintf(buffer, size, "[%.*s%.*s] %s", filled, full, (int)bar - filled,
                       empty, text);
}

/* The terminal's width: a longer line would wrap, and the next one would not overwrite it. */
static unsigned terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
               ? size.ws_col
               : DEFAULT_COLUMNS;
}

static void draw_bar(struct progress_display *display, const struct progress *p)
{
    char line[320];
    progress_display_line(display, p, seconds_since(&display->start), terminal_columns(),
                          line, sizeof line);
    fprintf(stderr, "\r%s\033[K", line);
    clock_gettime(CLOCK_MONOTONIC, &display->drawn);
}

static void print_epoch(struct progress_display *display, const struct progress *p)
{
    if (display->is_terminal)
        fputs("\r\033[K", stderr);
    if (p->members > 1)
        fprintf(stderr, "network %u/%u  ", p->member, p->members);
    fprintf(stderr, "%sepoch %u/%u  loss %.4f", p->is_refit ? "refit " : "", p->epoch,
            p->epochs, p->train_loss);
    if (p->has_validation)
        fprintf(stderr, "  validation loss %.4f", p->validation_loss);
    if (p->has_validation && p->validation_end_loss != p->validation_loss)
        fprintf(stderr, ", at the end %.4f", p->validation_end_loss);
    if (p->has_validation)
        fprintf(stderr, " accuracy %.4f", p->validation_accuracy);
    fprintf(stderr, "  norm %.2f  clipped %.0f %%%s\n", p->norm, 100 * p->clip_rate,
            p->is_best ? "  best so far" : "");
    display->has_validation = p->has_validation;
    display->validation_loss = p->validation_loss;
    display->validation_accuracy = p->validation_accuracy;
}

/* One JSON object a line, complete at every time: another program may follow the file. */
static void log_epoch(FILE *log, const struct progress *p)
{
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX);
    triage_progress_write(p, &line);
    strbuf_add(&line, "\n");
    if (!line.has_failed)
        (void)fwrite(line.bytes, 1, line.length, log);
    strbuf_release(&line);
    (void)fflush(log); /* main checks ferror at the end */
}

/* Say when the limit of epochs is raised, and when the refit begins. */
static void announce(struct progress_display *display, const struct progress *p)
{
    const char *clear = display->is_terminal ? "\r\033[K" : "";
    if (p->is_refit && !display->is_refit) {
        fprintf(
            stderr,
            "%straining again, on training and validation data together: %u epoch%s\n",
            clear, p->epochs, p->epochs == 1 ? "" : "s");
        clock_gettime(CLOCK_MONOTONIC, &display->start);
        display->has_validation = false;
    } else if (!p->is_refit && display->epochs > 0 && p->epochs > display->epochs) {
        fprintf(stderr, "%sthe loss still falls: going on to epoch %u, at most\n", clear,
                p->epochs);
    }
    display->epochs = p->epochs;
    display->is_refit = p->is_refit;
}

static bool on_progress(void *context, const struct progress *p)
{
    struct progress_display *display = context;
    announce(display, p);
    if (p->has_epoch_ended)
        print_epoch(display, p);
    if (p->has_epoch_ended && display->log)
        log_epoch(display->log, p);
    if (!p->has_epoch_ended && display->is_terminal &&
        seconds_since(&display->drawn) > draw_interval_s)
        draw_bar(display, p);
    if (interrupted)
        fprintf(stderr,
                "%sinterrupted: saving the best model so far; a second interrupt ends "
                "without saving\n",
                display->is_terminal ? "\n" : "");
    return !interrupted;
}

void progress_display_init(struct progress_display *display, FILE *log)
{
    *display =
        (struct progress_display){.is_terminal = isatty(STDERR_FILENO) == 1, .log = log};
    clock_gettime(CLOCK_MONOTONIC, &display->start);
    progress_catch_signals();
}

void progress_catch_signals(void)
{
    static bool is_caught;
    if (!is_caught)
        handle_signals(); /* SIGTERM is how a container is stopped */
    is_caught = true;
}

bool progress_was_interrupted(void)
{
    return interrupted;
}

struct progress_callback progress_display_callback(struct progress_display *display)
{
    return (struct progress_callback){.call = on_progress, .context = display};
}
