/*
 * How far learning is, on stderr: on a terminal a bar, otherwise a line per epoch.  SIGINT
 * ends learning with the best model so far; a second one ends the program.
 */
#ifndef TRIAGE_PROGRESS_H
#define TRIAGE_PROGRESS_H

#include <stdbool.h>
#include <time.h>

#include "trainer.h"

struct screen {
    bool is_terminal;
    bool has_validated;
    double validation_loss, validation_accuracy; /* of the last epoch that ended */
    struct timespec start, drawn;
};

/* From now on SIGINT is caught. */
void screen_init(struct screen *screen);

/*
 * What a terminal of so many columns shows after so many seconds: the bar and the figures, in
 * fewer characters than columns.  The narrower it is, the less is said: first the bar shrinks.
 */
void progress_line(char *room, size_t size, const struct screen *screen,
                   const struct progress *progress, double seconds, unsigned columns);

/* For the trainer; borrows the screen. */
struct progress_callback screen_callback(struct screen *screen);

#endif
