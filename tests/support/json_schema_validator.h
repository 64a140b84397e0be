/*
 * Whether a value fits a JSON Schema (2020-12), as far as our own document needs it.
 *
 * A keyword that is not known here, and is no mere annotation, is a violation: a schema is never
 * half understood.
 */
#ifndef TRIAGE_JSON_SCHEMA_VALIDATOR_H
#define TRIAGE_JSON_SCHEMA_VALIDATOR_H

#include <jansson.h>
#include <stdbool.h>

struct violation {
    char pointer[160]; /* JSON Pointer into the value */
    char text[256];
};

/* document: what "$ref" points into.  False with a violation when it does not fit. */
bool json_schema_accepts(const json_t *document, const json_t *schema,
                         const json_t *value, struct violation *violation);

/* What a JSON Pointer, with or without a '#' before it, leads to; NULL when nothing. */
const json_t *json_pointer_resolve(const json_t *document, const char *pointer);

#endif
