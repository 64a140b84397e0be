/*
 * The schemas of /openapi.json: those that every service has, and those of each model that is
 * loaded, called after it.
 */
#ifndef TRIAGE_SCHEMAS_H
#define TRIAGE_SCHEMAS_H

#include "base/strbuf.h"
#include "service/options.h"
#include "service/registry.h"

/* Append an object with a schema for each name. */
void schemas_write(struct strbuf *text, const struct registry *registry,
                   const struct options *options);

#endif
