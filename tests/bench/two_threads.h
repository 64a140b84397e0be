/* Two threads that use the engine at once, each pinned to a processor, compared with one. */
#ifndef TRIAGE_TWO_THREADS_H
#define TRIAGE_TWO_THREADS_H

#include "engine.h"

struct two_threads {
    int cpus[2]; /* the last two that this process may use; -1: none */
};

/* Find the processors.  Call this before two_threads_pin_caller. */
void two_threads_init(struct two_threads *threads);
bool two_threads_have_cpus(const struct two_threads *threads);

/* Pin the calling thread to the last processor. */
void two_threads_pin_caller(const struct two_threads *threads);

/*
 * Histories per second of two threads divided by those of one, measured one after the other for ms
 * milliseconds each with count histories per call.  NAN if threads or memory ran out.
 */
double two_threads_speedup(const struct two_threads *threads, const struct model *model,
                           const struct history *histories, size_t count, double ms);

#endif
