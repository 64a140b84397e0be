/*
 * The schemas of /openapi.json: those that every service has, and those of each model that is
 * loaded, called after it.
 */
#ifndef TRIAGE_SCHEMAS_H
#define TRIAGE_SCHEMAS_H

#include "base/text.h"
#include "options.h"
#include "registry.h"

/* Append an object with a schema for each name. */
void schemas_write(struct text *text, const struct registry *registry,
                   const struct options *options);

#endif
