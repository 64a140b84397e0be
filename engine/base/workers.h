/*
 * A few threads that share out numbered tasks.
 *
 * What a task computes must depend on its number alone and go to its own place; then the
 * result does not depend on how many workers there are or who took what.
 */
#ifndef TRIAGE_WORKERS_H
#define TRIAGE_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct workers;

/* The number of threads for a setting: what it asks for, or, for 0, one per online processor. */
uint32_t workers_threads(uint32_t requested);

/* threads in all, the caller's among them; at least 1. */
struct workers *workers_new(uint32_t threads, struct error *err);
void workers_free(struct workers *workers);

/* How many threads there are, the caller's among them. */
uint32_t workers_count(const struct workers *workers);

/* Call task(context, i) for i = 0 .. count-1, and return when all are done. */
void workers_run(struct workers *workers, void (*task)(void *context, size_t i),
                 void *context, size_t count);

#endif
