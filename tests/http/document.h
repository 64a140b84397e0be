/*
 * Validation of what the service answers against its own /openapi.json.
 *
 * main.c validates every answer that a test's client receives: the status must be declared for the
 * operation, the headers must be present and valid, the content type must be declared, and the body
 * must fit the schema of that type.
 */
#ifndef TRIAGE_DOCUMENT_H
#define TRIAGE_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "service/options.h"
#include "support/client.h"

/* The document, and the schemas of the models of these options; json_decref it. */
json_t *document_read(const struct options *options);

/* Whether the answer is valid; if not, text says why. */
bool document_allows(const json_t *document, const struct sent_request *request,
                     const struct answer *answer, char *text, size_t size);

/*
 * Whether the body of a POST is valid for a definition ("PredictRequest") of the document and of the
 * schema of the model that it names, else of model; if not, text says why.
 */
bool document_describes(const json_t *document, const char *model, const char *definition,
                        const char *body, char *text, size_t size);

#endif
