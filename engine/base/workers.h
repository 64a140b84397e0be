/*
 * A few threads that share numbered tasks.
 *
 * What a task computes must depend only on its number, and be stored where no other task writes;
 * then the result depends neither on the number of threads nor on which thread ran which task.
 */
#ifndef TRIAGE_WORKERS_H
#define TRIAGE_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct workers;

/* The number of threads that a setting means: 0 is one for each online processor. */
uint32_t workers_threads(uint32_t requested);

/*
 * Start threads - 1 threads; the caller of workers_run is the other one.  threads is at least 1.
 * There are fewer if some cannot be started.  NULL with err when memory runs out.
 */
struct workers *workers_new(uint32_t threads, struct error *err);
void workers_free(struct workers *workers);

/* The number of threads, counting the calling one. */
uint32_t workers_count(const struct workers *workers);

/* Call task(context, i) for i = 0 .. count-1, and return when all calls have returned. */
void workers_run(struct workers *workers, void (*task)(void *context, size_t i),
                 void *context, size_t count);

#endif
