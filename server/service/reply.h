/*
 * Answering a request.
 *
 * The only place where a failure (enum status) becomes an HTTP status.  An answer replaces the
 * previous one.  If memory runs out while an answer is written, it becomes a 503 that needs none.
 */
#ifndef TRIAGE_REPLY_H
#define TRIAGE_REPLY_H

#include "base/error.h"
#include "service/request.h"

/* Answer with request->answer, which holds a complete JSON text. */
void reply_json(struct request *request, int code);

/* The same for another Content-Type; type is borrowed until the request is freed. */
void reply_text(struct request *request, int code, const char *type);

/* What a client may see of a failure: of one with code 500, only the text of the status. */
struct error reply_visible_error(const struct error *err);

/* Answer with a problem (RFC 9457) made from what a client may see of err. */
void reply_error(struct request *request, const struct error *err);

/* The same with an HTTP status that no enum status maps to. */
void reply_problem(struct request *request, int code, const struct error *err);

/* Answer 504, because the client's deadline or ours has passed. */
void reply_late(struct request *request);

/* Answer 503 without allocating. */
void reply_no_memory(struct request *request);

/* The body of the answer; borrowed until the request is freed. */
char *reply_bytes(const struct request *request, size_t *length);

/* The HTTP status of a failure. */
int reply_code(enum status status);

/* The reason that a failure is counted as; REJECTION_NONE if the request itself was wrong. */
enum rejection reply_rejection(enum status status);

/* "Not Found" for 404.  Valid forever. */
const char *reply_title(int code);

/* Copy value, at most size - 1 bytes, with '?' for all but visible ASCII.  Returns buffer. */
char *reply_printable(char *buffer, size_t size, const char *value);

#endif
