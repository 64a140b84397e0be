/*
 * The progress of training, on stderr: a bar on a terminal, otherwise a line for each epoch.
 *
 * The first SIGINT or SIGTERM ends the training with the best model so far; a second one ends
 * the program.
 */
#ifndef TRIAGE_PROGRESS_H
#define TRIAGE_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "trainer.h"

struct progress_display {
    bool is_terminal;
    FILE *log;       /* borrowed, or NULL: a JSON object for each epoch */
    uint32_t epochs; /* the limit that was announced last */
    bool is_refit;
    bool has_validation;                         /* otherwise the next two are not set */
    double validation_loss, validation_accuracy; /* of the last epoch that has ended */
    struct timespec start, drawn;                /* of the training; of the last bar */
};

/* Start the clock, and catch SIGINT and SIGTERM from now on. */
void progress_display_init(struct progress_display *display, FILE *log);

/* Only catch them, before there is anything to display.  Has one come since? */
void progress_catch_signals(void);
bool progress_was_interrupted(void);

/*
 * Write to buffer the line that a terminal of that many columns shows elapsed_s seconds after the
 * start.  It always has fewer characters than columns: on a narrow terminal the bar is shorter or
 * left out, then parts of the text are left out, then the text is cut.
 */
void progress_display_line(const struct progress_display *display,
                           const struct progress *progress, double elapsed_s,
                           unsigned columns, char *buffer, size_t size);

/* The callback for triage_trainer_train; borrows the display. */
struct progress_callback progress_display_callback(struct progress_display *display);

#endif
