/* The service that the targets http and stream talk to; made once. */
#ifndef TRIAGE_DRIVEN_H
#define TRIAGE_DRIVEN_H

#include "support/drive.h"

struct drive *driven(void);

/* Nothing is left of what went before, and a good request gets its answer. */
void driven_check(struct drive *drive);

#endif
