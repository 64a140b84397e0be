/* All routes of the service. */
#ifndef TRIAGE_ROUTES_H
#define TRIAGE_ROUTES_H

#include "api/router.h"

extern const struct router router;

#endif
