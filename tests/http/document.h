/*
 * The service's own document (/openapi.json), held against what it answers.
 *
 * main.c has every answer looked at that a test's client receives: its status must be declared for
 * what was asked, its headers must be there and be what the document says, its type must be
 * declared, and its body must fit that type's schema.
 */
#ifndef TRIAGE_DOCUMENT_H
#define TRIAGE_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "service/options.h"
#include "support/client.h"

/* What a server with those settings would show; json_decref it. */
json_t *document_read(const struct options *options);

/* False with a complaint in room when the answer is not as promised. */
bool document_allows(const json_t *document, const struct question *question,
                     const struct answer *answer, char *room, size_t size);

/* Whether a body of POST /predict is one that it describes; likewise. */
bool document_describes(const json_t *document, const char *body, char *room,
                        size_t size);

#endif
