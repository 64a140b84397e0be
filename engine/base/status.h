/*
 * The statuses that a call can return, and struct error, which says where and why it failed.
 *
 * STATUS_LIST is the only list of statuses: the enum, the names, the codes and the texts are made from
 * it.  A code names a kind of failure to users (see triage_problem_write); several statuses that
 * users cannot tell apart share one.
 * This header is installed with the public ones and includes no other.
 */
#ifndef TRIAGE_STATUS_H
#define TRIAGE_STATUS_H

#define STATUS_LIST(X)                                                                   \
    X(OK, "ok", "success")                                                               \
    X(NO_MEMORY, "out-of-memory", "out of memory")                                       \
    X(IO, "internal-error", "could not read or write a file")                            \
    X(BAD_FORMAT, "internal-error", "file is not a model this build can read")           \
    X(BAD_JSON, "invalid-json", "input is not JSON")                                     \
    X(BAD_ENCODING, "invalid-encoding", "the compressed body is damaged")                \
    X(BAD_INPUT, "invalid-input", "input does not fit the schema")                       \
    X(BAD_OPTION, "internal-error", "setting cannot be used")                            \
    X(TOO_LARGE, "input-too-large", "input exceeds a limit")                             \
    X(NOT_FOUND, "unknown-model", "there is no such model")                              \
    X(BUSY, "overloaded", "too much work is waiting")                                    \
    X(TIMED_OUT, "deadline-passed", "the deadline passed")                               \
    X(INTERRUPTED, "stopping", "stopped by a signal")                                    \
    X(NOT_FINITE, "not-finite", "a computation produced a value that is not finite")

#define STATUS_ENUMERATOR(name, code, text) STATUS_##name,
enum status { STATUS_LIST(STATUS_ENUMERATOR) STATUS_COUNT };
#undef STATUS_ENUMERATOR

/*
 * Where and why a call failed.  The caller owns it, usually on its stack, sets it to zero before
 * use, and passes NULL when only the status matters.  The first failure written to it is kept.
 */
struct error {
    enum status status;
    char where[96];        /* JSON Pointer, file name or tensor name; "" if none */
    char text[160];        /* lower case, no full stop: what failed and why */
    char expected[48];     /* "" if there is nothing to add */
    char received[64];     /* "" if there is nothing to add */
    unsigned line, column; /* in the input text; 0 if unknown */
};

/* "NO_MEMORY"; valid forever. */
const char *triage_status_name(enum status status);

/* "out-of-memory"; valid forever. */
const char *triage_status_code(enum status status);

/* "out of memory"; valid forever. */
const char *triage_status_text(enum status status);

#endif
