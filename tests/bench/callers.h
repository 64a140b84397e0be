/*
 * Two callers of the engine at once, each a thread on a processor of its own, against one.
 */
#ifndef TRIAGE_CALLERS_H
#define TRIAGE_CALLERS_H

#include "engine.h"

struct callers {
    int cpus[2]; /* the last two that this process may use; -1: there is none */
};

/* Looks before anything is pinned. */
void callers_init(struct callers *callers);
bool callers_are_two(const struct callers *callers);

/* The calling thread stays on the last processor from now on. */
void callers_pin(const struct callers *callers);

/*
 * How many times the histories a second of one are those of two, measured one after the other
 * for so many milliseconds each, count histories a call.  NAN when threads or memory ran out.
 */
double callers_ratio(const struct callers *callers, const struct model *model,
                     const struct history *histories, size_t count, double ms);

#endif
