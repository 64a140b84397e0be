/*
 * What a request is answered with.
 *
 * The only place where what went wrong (enum status) becomes an HTTP status.  An answer
 * replaces the one before, and when memory runs out while it is written it becomes a 503
 * that needs none.
 */
#ifndef TRIAGE_REPLY_H
#define TRIAGE_REPLY_H

#include "base/error.h"
#include "service/request.h"

/* What request->answer holds is JSON, whole; answer with it. */
void reply_json(struct request *request, int code);

/* The same for what is no JSON; type is kept until the request is freed. */
void reply_typed(struct request *request, int code, const char *type);

/* A problem (RFC 9457) saying what err says; what is our own fault is said in general. */
void reply_error(struct request *request, const struct error *err);

/* A problem whose HTTP status no enum status stands for. */
void reply_problem(struct request *request, int code, const struct error *err);

/* A 503 that takes no memory. */
void reply_no_memory(struct request *request);

/* What to send of an answered request; borrowed until the request is freed. */
char *reply_bytes(const struct request *request, size_t *length);

/* Send the answer, which must_close, on the bare socket, as far as it goes at once; shut it. */
void reply_on_socket(const struct request *request, int client);

/* The HTTP status that a status stands for. */
int reply_code(enum status status);

/* What it is counted as; REJECTION_NONE when it says something of what was asked. */
enum rejection reply_rejection(enum status status);

/* Of an HTTP status: "Not Found".  Borrowed, for ever. */
const char *reply_title(int code);

/* value's visible ASCII, anything else as '?', cut to size - 1 bytes.  Returns room. */
char *reply_printable(char *room, size_t size, const char *value);

#endif
