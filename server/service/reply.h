/*
 * Answering a request.
 *
 * An answer replaces the previous one.  If memory runs out while an answer is written, the answer is a 503 that needs no memory.
 */
#ifndef TRIAGE_REPLY_H
#define TRIAGE_REPLY_H

#include "base/error.h"
#include "service/problem.h"
#include "service/request.h"

/* Answer with request->answer, which holds a complete JSON text. */
void reply_json(struct request *request, int code);

/* The same with another Content-Type; type is borrowed until the request is freed. */
void reply_text(struct request *request, int code, const char *type);

/* Answer without a body. */
void reply_empty(struct request *request, int code);

/* The same, with an ETag: 304 without a body if the client has it already (If-None-Match). */
void reply_tagged(struct request *request, const char *type);

/* Answer with a problem (RFC 9457) of the kind of err->status.  Of a 500 only the log says why. */
void reply_error(struct request *request, const struct error *err);

/* Answer with a problem of another kind. */
void reply_problem(struct request *request, enum problem_kind kind,
                   const struct error *err);

/* Append that problem to text, for an error inside an answer. */
void reply_write_problem(struct strbuf *text, const struct error *err);

/* Answer 504: the deadline of the client or of the service has passed. */
void reply_late(struct request *request);

/* Answer 503 without allocating. */
void reply_no_memory(struct request *request);

/* The body of the answer, NULL for one without; borrowed until the request is freed. */
char *reply_bytes(const struct request *request, size_t *length);

/* How a failure is counted; REJECTION_NONE if it is no rejection. */
enum rejection reply_rejection(enum status status);

/* The reason phrase of an HTTP status, "Not Found" for 404.  Valid forever. */
const char *reply_title(int code);

/* Copy value, cut to size - 1 bytes, with '?' for all but printable ASCII.  Returns buffer. */
char *reply_printable(char *buffer, size_t size, const char *value);

#endif
