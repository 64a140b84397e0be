/*
 * Answering a request.
 *
 * Only reply_code maps a failure (enum status) to an HTTP status.  An answer replaces the previous
 * one.  If memory runs out while an answer is written, the answer is a 503 that needs no memory.
 */
#ifndef TRIAGE_REPLY_H
#define TRIAGE_REPLY_H

#include "base/error.h"
#include "service/request.h"

/* Answer with request->answer, which holds a complete JSON text. */
void reply_json(struct request *request, int code);

/* The same with another Content-Type; type is borrowed until the request is freed. */
void reply_text(struct request *request, int code, const char *type);

/* The part of err that a client may see: for code 500, only the text of its status. */
struct error reply_visible_error(const struct error *err);

/* Answer with a problem (RFC 9457) made from the visible part of err. */
void reply_error(struct request *request, const struct error *err);

/* Answer with a problem made from err, with an HTTP status that reply_code does not return. */
void reply_problem(struct request *request, int code, const struct error *err);

/* Answer 504: the deadline of the client or of the service has passed. */
void reply_late(struct request *request);

/* Answer 503 without allocating. */
void reply_no_memory(struct request *request);

/* The body of the answer; borrowed until the request is freed. */
char *reply_bytes(const struct request *request, size_t *length);

/* The HTTP status of a failure. */
int reply_code(enum status status);

/* How a failure is counted; REJECTION_NONE if it is no rejection. */
enum rejection reply_rejection(enum status status);

/* "Not Found" for 404.  Valid forever. */
const char *reply_title(int code);

/* Copy value, cut to size - 1 bytes, with '?' for all but printable ASCII.  Returns buffer. */
char *reply_printable(char *buffer, size_t size, const char *value);

#endif
