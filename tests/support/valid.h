/*
 * Whether a value fits a JSON Schema (2020-12), as far as our own document needs it.
 *
 * A keyword that is not known here, and is no mere annotation, is a complaint: a schema is never
 * half understood.
 */
#ifndef TRIAGE_VALID_H
#define TRIAGE_VALID_H

#include <jansson.h>
#include <stdbool.h>

struct complaint {
    char where[160]; /* JSON Pointer into the value */
    char text[256];
};

/* document: what "$ref" points into.  False with a complaint when it does not fit. */
bool valid_fits(const json_t *document, const json_t *schema, const json_t *value,
                struct complaint *complaint);

/* What a JSON Pointer, with or without a '#' before it, leads to; NULL when nothing. */
const json_t *valid_resolve(const json_t *document, const char *pointer);

#endif
