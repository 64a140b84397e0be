/* See progress.h. */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
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
}

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) +
           1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void draw_bar(struct screen *screen, const struct progress *p)
{
    enum { WIDTH = 24 };
    static const char full[] = "========================",
                      none[] = "                        ";
    double done =
        ((double)(p->epoch - 1) * p->steps + p->step) / ((double)p->epochs * p->steps);
    double left = seconds_since(&screen->start) * (1.0 - done) / (done > 0 ? done : 1);
    int filled = (int)(done * WIDTH);

    fprintf(stderr, "\r[%.*s%.*s] epoch %u/%u  loss %.4f", filled, full, WIDTH - filled,
            none, p->epoch, p->epochs, p->learn_loss);
    if (screen->has_validated)
        fprintf(stderr, "  validation %.4f, %.1f %%", screen->validation_loss,
                100 * screen->validation_accuracy);
    fprintf(stderr, "  norm %.2f  at most %.0f s left \033[K", p->norm, left);
    clock_gettime(CLOCK_MONOTONIC, &screen->drawn);
}

static void print_epoch(struct screen *screen, const struct progress *p)
{
    fprintf(stderr, "%sepoch %u/%u  loss %.4f", screen->is_terminal ? "\r\033[K" : "",
            p->epoch, p->epochs, p->learn_loss);
    if (p->validates)
        fprintf(stderr, "  validation loss %.4f accuracy %.4f", p->validation_loss,
                p->validation_accuracy);
    fprintf(stderr, "  norm %.2f  clipped %.0f %%%s\n", p->norm, 100 * p->clip_rate,
            p->is_best ? "  best so far" : "");
    screen->has_validated = p->validates;
    screen->validation_loss = p->validation_loss;
    screen->validation_accuracy = p->validation_accuracy;
}

static bool look(void *context, const struct progress *p)
{
    struct screen *screen = context;

    if (p->epoch_ended)
        print_epoch(screen, p);
    else if (screen->is_terminal && seconds_since(&screen->drawn) > 0.1)
        draw_bar(screen, p);
    return !interrupted;
}

void screen_init(struct screen *screen)
{
    *screen = (struct screen){.is_terminal = isatty(STDERR_FILENO) == 1};
    clock_gettime(CLOCK_MONOTONIC, &screen->start);
    catch_interrupt();
}

struct watcher screen_watcher(struct screen *screen)
{
    return (struct watcher){look, screen};
}
