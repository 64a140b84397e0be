/* The threads that share out the judging: task(context, lane) for every lane. */
#ifndef TRIAGE_CREW_H
#define TRIAGE_CREW_H

#include "base/workers.h"

struct crew {
    struct workers *workers;
    uint32_t lanes; /* at least 1; no result depends on how many */
};

static inline void crew_run(const struct crew *crew,
                            void (*task)(void *context, size_t lane), void *context)
{
    workers_run(crew->workers, task, context, crew->lanes);
}

#endif
