/* The service without threads that the targets http and stream send requests to. */
#ifndef TRIAGE_FUZZED_SERVICE_H
#define TRIAGE_FUZZED_SERVICE_H

#include "support/drive.h"

/* The service, created at the first call. */
struct drive *fuzzed_service(void);

/* Require that no connection, job or event is left and that a valid request gets its answer. */
void fuzzed_service_check(struct drive *drive);

#endif
