/* The JSON Schema (2020-12) of what a model takes and answers; engine.h describes it. */
#ifndef TRIAGE_JSON_SCHEMA_H
#define TRIAGE_JSON_SCHEMA_H

#include "base/strbuf.h"
#include "model/trained_model.h"

void json_schema_write(const struct trained_model *model, const char *name,
                       struct strbuf *out);

#endif
