/*
 * Validates a JSON value against a JSON Schema (2020-12), with the keywords that the project's own
 * schemas use.  An unknown keyword, unless it is an annotation, makes the value invalid, so that no
 * schema is applied in part.
 */
#ifndef TRIAGE_JSON_SCHEMA_VALIDATOR_H
#define TRIAGE_JSON_SCHEMA_VALIDATOR_H

#include <jansson.h>
#include <stdbool.h>

struct violation {
    char pointer[160]; /* JSON Pointer into the value */
    char text[256];
};

/* Whether the value is valid; violation says why not.  "$ref" points into document. */
bool json_schema_accepts(const json_t *document, const json_t *schema,
                         const json_t *value, struct violation *violation);

/*
 * The same, but an open object that lists properties may have no others.  For what we write
 * ourselves: clients have to expect new members, but each member that there is must be described.
 */
bool json_schema_describes(const json_t *document, const json_t *schema,
                           const json_t *value, struct violation *violation);

/* The value at a JSON Pointer, which may begin with '#'; NULL if there is none. */
const json_t *json_pointer_resolve(const json_t *document, const char *pointer);

#endif
