/*
 * The kinds of problems (RFC 9457) that the service answers with.
 *
 * A problem's "code" and "type" name its kind.  Clients compare them, so a kind may be added but
 * never renamed; GET /problems lists all of them, and server/README.md has the same table.
 */
#ifndef TRIAGE_PROBLEM_H
#define TRIAGE_PROBLEM_H

#include "base/status.h"
#include "engine.h"

enum problem_kind {
    PROBLEM_NONE,
    PROBLEM_INVALID_HEAD,
    PROBLEM_INVALID_TARGET,
    PROBLEM_INVALID_ENCODING,
    PROBLEM_INVALID_JSON,
    PROBLEM_FOREIGN_ORIGIN,
    PROBLEM_FOREIGN_HOST,
    PROBLEM_UNKNOWN_PATH,
    PROBLEM_UNKNOWN_MODEL,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_REQUEST_TIMEOUT,
    PROBLEM_BODY_TOO_LARGE,
    PROBLEM_INPUT_TOO_LARGE,
    PROBLEM_UNSUPPORTED_TYPE,
    PROBLEM_UNSUPPORTED_ENCODING,
    PROBLEM_UNSUPPORTED_EXPECTATION,
    PROBLEM_INVALID_INPUT,
    PROBLEM_HEAD_TOO_LARGE,
    PROBLEM_NOT_FINITE,
    PROBLEM_INTERNAL_ERROR,
    PROBLEM_UNKNOWN_METHOD,
    PROBLEM_TOO_MANY_CONNECTIONS,
    PROBLEM_OVERLOADED,
    PROBLEM_OUT_OF_MEMORY,
    PROBLEM_STOPPING,
    PROBLEM_DEADLINE_PASSED,
    PROBLEM_UNSUPPORTED_VERSION,
    PROBLEM_KINDS
};

/* The problem of a kind, which is not PROBLEM_NONE. */
struct problem problem_of(enum problem_kind kind);

/* When a kind is answered and what to do about it: one or two sentences; valid forever. */
const char *problem_about(enum problem_kind kind);

/* The kind of a failure, which is not STATUS_OK.  Only here a status becomes one of HTTP. */
enum problem_kind problem_kind_of(enum status status);

/* The kind with that code; PROBLEM_NONE: there is none. */
enum problem_kind problem_find(const char *code);

#endif
