/*
 * Requests drawn at random for tests of the decoder: of the grammar of requests, with unusual
 * members, and damaged.  Every draw depends on the state of the generator only.
 */
#ifndef TRIAGE_DRAWN_REQUESTS_H
#define TRIAGE_DRAWN_REQUESTS_H

#include "base/random.h"
#include "base/strbuf.h"

/*
 * Schemas as JSON: names alone; every kind of field; and two with trained keys, of which the last
 * reads times in milliseconds.
 */
enum { DRAWN_SCHEMAS = 4 };
extern const char *const drawn_schemas[DRAWN_SCHEMAS];

enum oddity {
    ODDITY_NONE, /* the decoder accepts it, if the schema is of this request */
    ODDITY_SOME, /* one or two members that are usually refused */
    ODDITY_MUCH
};

/* Append a request for a model of the schema drawn_schemas[schema]. */
void drawn_request(struct strbuf *text, struct random *random, unsigned schema,
                   enum oddity oddity);

/* Insert, remove, repeat or replace a few bytes or tokens. */
void drawn_damage(struct strbuf *text, struct random *random);

#endif
