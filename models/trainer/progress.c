/* See progress.h. */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND; /* the second one ends the program */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL); /* what stops a container */
}

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) +
           1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

/* "29 s", "14 min", "3.2 h" */
static void write_duration(char *room, size_t size, double seconds)
{
    if (seconds < 100)
        (void)snprintf(room, size, "%.0f s", seconds);
    else if (seconds < 100 * 60)
        (void)snprintf(room, size, "%.0f min", seconds / 60);
    else
        (void)snprintf(room, size, "%.1f h", seconds / 3600);
}

/* The figures of the line, without the bar; the narrow one says less. */
static void write_figures(char *room, size_t size, const struct screen *screen,
                          const struct progress *p, double left, bool is_wide)
{
    char validation[64] = "", accuracy[32] = "", duration[32];

    if (screen->has_validated && is_wide)
        (void)snprintf(accuracy, sizeof accuracy, ", %.1f %%",
                       100 * screen->validation_accuracy);
    if (screen->has_validated)
        (void)snprintf(validation, sizeof validation, "  validation %.4f%s",
                       screen->validation_loss, accuracy);
    write_duration(duration, sizeof duration, left);
    (void)snprintf(room, size, "epoch %u/%u  loss %.4f%s  norm %.2f  %s%s left", p->epoch,
                   p->epochs, p->train_loss, validation, p->norm,
                   is_wide ? "at most " : "", duration);
}

void progress_line(char *room, size_t size, const struct screen *screen,
                   const struct progress *p, double seconds, unsigned columns)
{
    enum { WIDEST = 24, NARROWEST = 4, FRAME = 3, WIDE = 100 };
    static const char full[] = "========================",
                      none[] = "                        ";
    double done =
        ((double)(p->epoch - 1) * p->steps + p->step) / ((double)p->epochs * p->steps);
    char figures[256];
    size_t most = columns > 1 ? columns - 1 : 0, width;

    write_figures(figures, sizeof figures, screen, p,
                  seconds * (1.0 - done) / (done > 0 ? done : 1), columns >= WIDE);
    width = strlen(figures) + FRAME;
    width = most > width ? most - width : 0;
    width = width < WIDEST ? width : WIDEST;
    int filled = (int)(done * (double)width);
    most = most < size ? most + 1 : size;
    if (width < NARROWEST)
        (void)snprintf(room, most, "%s", figures);
    else
        (void)snprintf(room, most, "[%.*s%.*s] %s", filled, full, (int)width - filled,
                       none, figures);
}

/* Of the terminal; a line that is longer would not be overwritten by the next. */
static unsigned terminal_columns(void)
{
    enum { USUAL = 80 };
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : USUAL;
}

static void draw_bar(struct screen *screen, const struct progress *p)
{
    char line[320];

    progress_line(line, sizeof line, screen, p, seconds_since(&screen->start),
                  terminal_columns());
    fprintf(stderr, "\r%s\033[K", line);
    clock_gettime(CLOCK_MONOTONIC, &screen->drawn);
}

static void print_epoch(struct screen *screen, const struct progress *p)
{
    fprintf(stderr, "%sepoch %u/%u  loss %.4f", screen->is_terminal ? "\r\033[K" : "",
            p->epoch, p->epochs, p->train_loss);
    if (p->has_validation)
        fprintf(stderr, "  validation loss %.4f accuracy %.4f", p->validation_loss,
                p->validation_accuracy);
    fprintf(stderr, "  norm %.2f  clipped %.0f %%%s\n", p->norm, 100 * p->clip_rate,
            p->is_best ? "  best so far" : "");
    screen->has_validated = p->has_validation;
    screen->validation_loss = p->validation_loss;
    screen->validation_accuracy = p->validation_accuracy;
}

static bool on_progress(void *context, const struct progress *p)
{
    struct screen *screen = context;

    if (p->has_epoch_ended)
        print_epoch(screen, p);
    else if (screen->is_terminal && seconds_since(&screen->drawn) > 0.1)
        draw_bar(screen, p);
    if (interrupted)
        fprintf(stderr,
                "%sinterrupted: the best so far is being saved; once more ends at once, "
                "without it\n",
                screen->is_terminal ? "\n" : "");
    return !interrupted;
}

void screen_init(struct screen *screen)
{
    *screen = (struct screen){.is_terminal = isatty(STDERR_FILENO) == 1};
    clock_gettime(CLOCK_MONOTONIC, &screen->start);
    catch_interrupt();
}

struct progress_callback screen_callback(struct screen *screen)
{
    return (struct progress_callback){.call = on_progress, .context = screen};
}
